// Placeholders: {from.user} {from.host} {from.uri} {from.display}, the same for to, {request.user}
// {request.host} {request.uri}, {header.NAME}, and {1} to {9} for the captures of when.matches.
#include "policy/value_template.hh"

#include <algorithm>
#include <functional>

#include "base/number.hh"
#include "policy/complaints.hh"

namespace policy {
namespace {

constexpr std::string_view kHeader = "header.";

const std::vector<std::string>& placeholders() {
    static const std::vector<std::string> kNames{"from.user",    "from.host",    "from.uri",   "from.display",
                                                 "to.user",      "to.host",      "to.uri",     "to.display",
                                                 "request.user", "request.host", "request.uri"};
    return kNames;
}

std::string part_of(const sip::Uri& uri, std::string_view part) {
    if (part == "user") return std::string(user_of(uri));
    if (part == "host") return std::string(host_of(uri));
    return uri.scheme.empty() ? std::string() : uri.to_string();
}

std::string filled(std::string_view name, MessageFields& fields, const std::vector<std::string>& captures) {
    if (name.starts_with(kHeader)) return std::string(fields.message().value(name.substr(kHeader.size())));
    if (const auto number = base::to_number<unsigned>(name))
        return *number < captures.size() ? captures[*number] : std::string();
    const std::string_view part = name.substr(name.find('.') + 1);
    if (name.starts_with("request.")) return part_of(fields.request_uri(), part);
    const sip::NameAddr& address = name.starts_with("from.") ? fields.from() : fields.to();
    return part == "display" ? address.display_name : part_of(address.uri, part);
}

// Calls `text` for literal text and `name` for placeholders; both answer false to stop. False when a brace is
// open.
bool walk(std::string_view from, const std::function<bool(std::string_view)>& text,
          const std::function<bool(std::string_view)>& name) {
    while (!from.empty()) {
        const auto brace = from.find('{');
        if (!text(from.substr(0, brace))) return true;
        if (brace == std::string_view::npos) return true;
        from.remove_prefix(brace + 1);
        if (from.starts_with('{')) {
            if (!text("{")) return true;
            from.remove_prefix(1);
            continue;
        }
        const auto end = from.find('}');
        if (end == std::string_view::npos) return false;
        if (!name(from.substr(0, end))) return true;
        from.remove_prefix(end + 1);
    }
    return true;
}

}  // namespace

std::optional<std::string> template_error(std::string_view text, int captures) {
    std::optional<std::string> problem;
    const auto check = [&](std::string_view name) {
        if (const auto number = base::to_number<unsigned>(name)) {
            if (static_cast<int>(*number) > captures)
                problem = "{" + std::string(name) + "} stands for a capture that when.matches does not have";
        } else if (!(name.starts_with(kHeader) && name.size() > kHeader.size()) &&
                   std::ranges::find(placeholders(), name) == placeholders().end()) {
            problem = "unknown placeholder {" + std::string(name) + "}" + suggestion(name, placeholders());
        }
        return !problem;
    };
    if (!walk(
            text, [](std::string_view) { return true; }, check) &&
        !problem)
        problem = "a { is not closed; write {{ for the character itself";
    return problem;
}

std::optional<std::string> expand_template(std::string_view text, MessageFields& fields,
                                           const std::vector<std::string>& captures) {
    std::string value;
    bool complete = true;
    walk(
        text,
        [&](std::string_view literal) {
            value += literal;
            return true;
        },
        [&](std::string_view name) {
            const std::string part = filled(name, fields, captures);
            value += part;
            return complete = !part.empty();
        });
    if (!complete) return std::nullopt;
    return value;
}

}  // namespace policy
