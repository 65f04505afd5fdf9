// Owns: RFC 3323, 5 as far as a B2BUA does it (what "header" and "session" ask for is its nature: Via, Contact, Call-ID and
// the media are ours), RFC 3325, 7 and 9, RFC 7044's and RFC 5806's part on privacy.
#include "sbc/privacy.hh"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.hh"
#include "sip/name_addr.hh"
#include "sip/parameters.hh"

namespace sbc {
namespace {

using sip::HeaderName;

constexpr std::string_view kAnonymous = "\"Anonymous\" <sip:anonymous@anonymous.invalid>";   // RFC 3323, 4.1.1.3
constexpr std::string_view kNobody = "<sip:anonymous@anonymous.invalid>";
constexpr std::array<std::string_view, 7> kKnown{"header", "session", "user", "none", "id", "history", "critical"};

// What a user agent says of its user without need (RFC 3323, 5.3).
constexpr std::array kOfTheUser{HeaderName::subject, HeaderName::call_info, HeaderName::organization,
                                HeaderName::user_agent, HeaderName::reply_to, HeaderName::in_reply_to};

// The priv-values; they are set apart by semicolons (4.2), but some write commas, or several headers.
std::vector<std::string_view> asked(const sip::Message& message) {
    std::vector<std::string_view> values;
    for (auto rest : message.items(HeaderName::privacy)) {
        while (!rest.empty()) {
            const auto end = std::min(rest.find_first_of(";,"), rest.size());
            if (const auto value = base::trimmed(rest.substr(0, end)); !value.empty()) values.push_back(value);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return values;
}

bool holds(const std::vector<std::string_view>& values, std::string_view value) {
    return std::ranges::any_of(values, [&](std::string_view v) { return base::equals_ignoring_case(v, value); });
}

bool is_known(std::string_view value) {
    return std::ranges::any_of(kKnown, [&](std::string_view known) { return base::equals_ignoring_case(known, value); });
}

// Each entry of a list, as `cure` leaves it; empty: it goes.
template <class Cure>
void edit_entries(sip::Message& message, HeaderName id, Cure&& cure) {
    std::string list;
    for (const auto item : message.items(id)) {
        const std::string entry = cure(item);
        if (!entry.empty()) list.append(list.empty() ? "" : ", ").append(entry);
    }
    message.remove(id);
    if (!list.empty()) message.add(id, list);
}

// An entry of History-Info that asks for itself (RFC 7044, 10.1.2): somebody was asked, nobody learns who.
std::string history_entry(std::string_view item) {
    const auto entry = sip::NameAddr::parse(item);
    const bool asks = entry && std::ranges::any_of(entry->uri.headers, [](const auto& header) {
        return base::equals_ignoring_case(header.first, "Privacy") && header.second != "none";
    });
    if (!asks) return std::string(item);
    auto hidden = *sip::NameAddr::parse(kNobody);
    hidden.parameters = entry->parameters;   // its index
    return hidden.to_string();
}

// RFC 5806: privacy is "full", "name", "uri" or "off".
std::string diversion_entry(std::string_view item) {
    auto entry = sip::NameAddr::parse(item);
    if (!entry) return std::string(item);
    const auto privacy = entry->parameter("privacy").value_or("off");
    const auto is = [&](std::string_view word) {
        const bool quoted = privacy.size() > 1 && privacy.front() == '"';
        return base::equals_ignoring_case(quoted ? privacy.substr(1, privacy.size() - 2) : privacy, word);
    };
    if (is("full") || is("uri")) return {};
    if (is("name")) entry->display_name.clear();
    return entry->to_string();
}

// What was asked for is done; what nobody here knows is left for others.
void mark_done(sip::Message& message, const std::vector<std::string_view>& values) {
    std::string left;
    for (const auto value : values)
        if (!is_known(value)) left.append(left.empty() ? "" : ";").append(value);
    if (!left.empty() && holds(values, "critical")) left += ";critical";
    message.remove(HeaderName::privacy);
    if (!left.empty()) message.add(HeaderName::privacy, left);
}

}  // namespace

std::optional<base::Reason> hide_sender(sip::Message& request, const Party& to) {
    if (to.trusted) return std::nullopt;
    const auto values = asked(request);
    if (holds(values, "none")) return std::nullopt;
    if (holds(values, "critical") && !std::ranges::all_of(values, is_known)) return base::Reason::internal;
    if (!holds(values, "user")) return std::nullopt;
    const auto from = sip::NameAddr::parse(request.value(HeaderName::from));
    auto hidden = *sip::NameAddr::parse(kAnonymous);
    if (from) hidden.set_parameter("tag", from->tag());
    request.set(HeaderName::from, hidden.to_string());
    return std::nullopt;
}

void settle_identities(sip::Message& message, const Party& from, const Party& to) {
    if (!from.trusted) message.remove(HeaderName::p_asserted_identity);
    // What somebody trusted would like to be called is what he is (RFC 3325, 9.1); a stranger's wish is for those inside
    // who may know him, and for nobody else (9.2).
    if (from.trusted && message.has(HeaderName::p_preferred_identity)) {
        if (!message.has(HeaderName::p_asserted_identity))
            message.add(HeaderName::p_asserted_identity, std::string(message.value(HeaderName::p_preferred_identity)));
        message.remove(HeaderName::p_preferred_identity);
    } else if (!to.trusted) {
        message.remove(HeaderName::p_preferred_identity);
    }
    if (to.trusted) return;
    if (message.has(HeaderName::history_info)) edit_entries(message, HeaderName::history_info, history_entry);
    if (message.has(HeaderName::diversion)) edit_entries(message, HeaderName::diversion, diversion_entry);
    const auto values = asked(message);
    if (values.empty() || holds(values, "none")) return;
    if (holds(values, "id"))
        for (const auto id : {HeaderName::p_asserted_identity, HeaderName::remote_party_id}) message.remove(id);
    if (holds(values, "history") || holds(values, "header") || holds(values, "session"))
        message.remove(HeaderName::history_info);
    if (holds(values, "user"))
        for (const auto id : kOfTheUser) message.remove(id);
    mark_done(message, asked(message));
}

}  // namespace sbc
