// Sorting of complaints, and the guess what a mistyped name was meant to be.
#include "policy/complaints.hh"

#include <algorithm>
#include <tuple>

#include "base/text.hh"

namespace policy {
namespace {

// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours, ignoring case.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
    const auto same = [](char x, char y) { return base::lower(x) == base::lower(y); };
    for (std::size_t i = 1; i <= a.size(); ++i)
        for (std::size_t j = 1; j <= b.size(); ++j) {
            cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                                   cost[i - 1][j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1)});
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    return cost[a.size()][b.size()];
}

constexpr std::size_t kLongestName = 64;  // what is longer is no typing error
constexpr std::size_t kListedNames = 8;

}  // namespace

bool Complaints::has_errors() const { return std::ranges::any_of(list_, &Complaint::is_error); }

std::vector<Complaint> Complaints::sorted(const std::vector<std::string>& files) const {
    std::vector<Complaint> all = list_;
    const auto key = [&](const Complaint& c) {
        return std::tuple(std::ranges::find(files, c.place.file) - files.begin(), c.place.line,
                          c.place.column);
    };
    std::ranges::stable_sort(all, {}, key);
    return all;
}

std::string suggestion(std::string_view wrong, const std::vector<std::string>& known) {
    const std::string* best = nullptr;
    std::size_t least = (wrong.size() < 4 ? 1 : std::max<std::size_t>(2, wrong.size() / 3)) + 1;
    if (wrong.size() <= kLongestName)
        for (const std::string& name : known)
            if (name.size() <= kLongestName)
                if (const auto d = distance(wrong, name); d < least) {
                    least = d;
                    best = &name;
                }
    if (best) return "; did you mean \"" + *best + "\"?";
    if (known.empty() || known.size() > kListedNames) return {};
    std::string text = "; known are";
    for (const std::string& name : known) text += (&name == &known.front() ? " \"" : ", \"") + name + '"';
    return text;
}

}  // namespace policy
