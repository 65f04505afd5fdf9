#include "sip/auth_parameters.hh"

#include <algorithm>

#include "base/text.hh"
#include "sip/scan.hh"

namespace sip {
namespace {

constexpr std::size_t kMostSchemes = 8, kMostParameters = 24, kLongestValue = 2048;

// Walks the text once; every step answers whether it found what it wants.
class Reader {
 public:
    explicit Reader(std::string_view text) : text_(text) {}

    bool at_end() const { return at_ == text_.size(); }
    bool skip_blanks() {
        const auto begin = at_;
        while (!at_end() && is_blank(text_[at_])) ++at_;
        return at_ > begin;
    }
    bool take(char c) {
        if (at_end() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    std::string_view token() {
        const auto begin = at_;
        while (!at_end() && is_char(text_[at_], kTokenChar)) ++at_;
        return text_.substr(begin, at_ - begin);
    }
    bool value(AuthScheme::Parameter& parameter) {
        if (at_end() || text_[at_] != '"') {
            parameter.value = token();
            return !parameter.value.empty();
        }
        const auto end = skip_quoted(text_, at_);
        if (end == std::string_view::npos) return false;
        parameter.quoted = true;
        parameter.value = text_.substr(at_ + 1, end - at_ - 2);
        at_ = end;
        return true;
    }

 private:
    std::string_view text_;
    std::size_t at_ = 0;
};

bool add(AuthScheme& scheme, AuthScheme::Parameter parameter) {
    if (scheme.parameters.size() >= kMostParameters || parameter.value.size() > kLongestValue) return false;
    if (scheme.find(parameter.name)) return false;
    scheme.parameters.push_back(parameter);
    return true;
}

}  // namespace

const AuthScheme::Parameter* AuthScheme::find(std::string_view parameter) const {
    const auto found = std::ranges::find_if(
        parameters, [&](const Parameter& p) { return base::equals_ignoring_case(p.name, parameter); });
    return found == parameters.end() ? nullptr : &*found;
}

std::string_view AuthScheme::value(std::string_view parameter) const {
    const auto* found = find(parameter);
    return found ? found->value : std::string_view{};
}

std::optional<std::string_view> AuthScheme::quoted(std::string_view parameter) const {
    const auto* found = find(parameter);
    return found && found->quoted ? std::optional(found->value) : std::nullopt;
}

std::optional<std::vector<AuthScheme>> parse_auth(std::string_view value) {
    std::vector<AuthScheme> schemes;
    Reader reader(value);
    reader.skip_blanks();
    while (true) {
        const auto name = reader.token();
        if (name.empty()) return std::nullopt;
        const bool blank = reader.skip_blanks();
        if (!reader.take('=')) {   // no parameter: the next scheme, and its first parameter follows without a comma
            if (!blank || schemes.size() >= kMostSchemes) return std::nullopt;
            schemes.push_back({name, {}});
            continue;
        }
        reader.skip_blanks();
        AuthScheme::Parameter parameter{name, {}, false};
        if (schemes.empty() || !reader.value(parameter) || !add(schemes.back(), parameter)) return std::nullopt;
        reader.skip_blanks();
        if (reader.at_end()) return schemes;
        if (!reader.take(',')) return std::nullopt;
        reader.skip_blanks();
    }
}

}  // namespace sip
