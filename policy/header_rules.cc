// Header rules on a message that leaves. A rule never touches what the transaction, the dialog or the framing
// live on.
#include "policy/header_rules.hh"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "base/number.hh"
#include "base/text.hh"
#include "policy/message_fields.hh"
#include "policy/value_template.hh"

namespace policy {
namespace {

constexpr std::array kProtected{sip::HeaderName::via,          sip::HeaderName::from,
                                sip::HeaderName::to,           sip::HeaderName::call_id,
                                sip::HeaderName::cseq,         sip::HeaderName::contact,
                                sip::HeaderName::route,        sip::HeaderName::record_route,
                                sip::HeaderName::max_forwards, sip::HeaderName::content_length};

bool is_protected_id(sip::HeaderName id) { return std::ranges::find(kProtected, id) != kProtected.end(); }

// "X-*", or a name in any case, long or compact.
bool names(std::string_view pattern, const sip::Header& header) {
    if (pattern.ends_with('*')) {
        const std::string_view start = pattern.substr(0, pattern.size() - 1);
        const std::string_view canonical = sip::name_of(header.id);
        return base::starts_with_ignoring_case(canonical.empty() ? header.name : canonical, start);
    }
    const sip::HeaderName id = sip::parse_header_name(pattern);
    return id == sip::HeaderName::other ? base::equals_ignoring_case(pattern, header.name) : id == header.id;
}

bool has(const sip::Message& message, std::string_view name) {
    return std::ranges::any_of(message.headers(), [&](const sip::Header& h) { return names(name, h); });
}

// Whether the conditions hold; fills the captures of `matches`.
bool holds(const HeaderRule& rule, const sip::Message& message, std::vector<std::string>& captures) {
    if (rule.requests && *rule.requests != message.is_request()) return false;
    if (!rule.methods.empty() && std::ranges::find(rule.methods, message.method_text()) == rule.methods.end())
        return false;
    if (rule.when_missing && has(message, *rule.when_missing)) return false;
    if (rule.when_present && !has(message, *rule.when_present)) return false;
    if (!rule.when_header || !rule.when_matches) return true;
    const int groups = rule.when_matches->NumberOfCapturingGroups() + 1;
    std::vector<re2::StringPiece> pieces(static_cast<std::size_t>(groups));
    for (const sip::Header& header : message.headers()) {
        if (!names(*rule.when_header, header)) continue;
        const re2::StringPiece value(header.value.data(), header.value.size());
        if (!rule.when_matches->Match(value, 0, value.size(), re2::RE2::UNANCHORED, pieces.data(), groups))
            continue;
        for (const auto& piece : pieces)
            captures.emplace_back(piece.data() ? std::string(piece) : std::string());
        return true;
    }
    return false;
}

// Every value that `name` has now, copied: the edits that follow move the headers.
std::vector<std::string> values_of(const sip::Message& message, std::string_view name) {
    std::vector<std::string> values;
    for (const sip::Header& header : message.headers())
        if (names(name, header)) values.emplace_back(header.value);
    return values;
}

bool write(const HeaderRule& rule, sip::Message& message, const std::vector<std::string>& captures) {
    MessageFields fields(message);
    const auto value = expand_template(rule.value, fields, captures);
    if (!value || !sip::is_safe_value(*value)) return false;
    if (rule.action == HeaderRule::Action::add)
        message.add(rule.header, *value);
    else
        message.set(rule.header, *value);
    return true;
}

// True unless the rule had to be refused.
bool apply_one(const HeaderRule& rule, sip::Message& message) {
    std::vector<std::string> captures;
    if (!holds(rule, message, captures)) return true;
    switch (rule.action) {
        case HeaderRule::Action::remove:
            message.remove_if(
                [&](const sip::Header& h) { return !is_protected_id(h.id) && names(rule.header, h); });
            return true;
        case HeaderRule::Action::rename:
            for (std::size_t i = 0; i < message.headers().size(); ++i)
                if (names(rule.header, message.headers()[i])) message.replace_name(i, rule.value);
            return true;
        case HeaderRule::Action::copy:
            for (const std::string& value : values_of(message, rule.header)) message.add(rule.value, value);
            return true;
        case HeaderRule::Action::add:
        case HeaderRule::Action::set:
            return write(rule, message, captures);
    }
    return true;
}

}  // namespace

bool is_protected_header(std::string_view name) { return is_protected_id(sip::parse_header_name(name)); }

int apply(const HeaderRules& rules, sip::Message& message) {
    int refused = 0;
    for (const HeaderRule& rule : rules.rules)
        if (!apply_one(rule, message)) ++refused;
    return refused;
}

}  // namespace policy
