#include "sbc/topology.hh"

#include <algorithm>
#include <array>
#include <functional>

#include "base/number.hh"
#include "base/text.hh"
#include "sbc/context.hh"
#include "sbc/description.hh"
#include "sbc/home.hh"
#include "sip/dialog_name.hh"

namespace sbc {
namespace {

using policy::LeakPlace;
using sip::HeaderName;

// How a header's value is made harmless when its place is hidden.
enum class Cure : std::uint8_t { drop, rewrite_host, our_door, replace_agent, replace_names, drop_if_named };

struct Rule {
    HeaderName header;
    LeakPlace place;
    Cure cure;
};

constexpr std::array kRules{
    Rule{HeaderName::p_asserted_identity, LeakPlace::identity, Cure::rewrite_host},
    Rule{HeaderName::p_preferred_identity, LeakPlace::identity, Cure::rewrite_host},
    Rule{HeaderName::remote_party_id, LeakPlace::identity, Cure::rewrite_host},
    Rule{HeaderName::p_called_party_id, LeakPlace::identity, Cure::rewrite_host},
    Rule{HeaderName::p_served_user, LeakPlace::identity, Cure::rewrite_host},
    Rule{HeaderName::reply_to, LeakPlace::identity, Cure::rewrite_host},
    Rule{HeaderName::p_visited_network_id, LeakPlace::charging, Cure::drop},
    Rule{HeaderName::p_access_network_info, LeakPlace::charging, Cure::drop},
    Rule{HeaderName::p_charging_vector, LeakPlace::charging, Cure::drop},
    Rule{HeaderName::p_charging_function_addresses, LeakPlace::charging, Cure::drop},
    Rule{HeaderName::referred_by, LeakPlace::referred_by, Cure::rewrite_host},
    Rule{HeaderName::refer_to, LeakPlace::refer_to, Cure::our_door},
    Rule{HeaderName::history_info, LeakPlace::history_info, Cure::rewrite_host},
    Rule{HeaderName::diversion, LeakPlace::diversion, Cure::rewrite_host},
    Rule{HeaderName::replaces, LeakPlace::replaces, Cure::drop_if_named},
    Rule{HeaderName::join, LeakPlace::replaces, Cure::drop_if_named},
    Rule{HeaderName::target_dialog, LeakPlace::replaces, Cure::drop_if_named},
    Rule{HeaderName::in_reply_to, LeakPlace::call_id, Cure::drop},
    Rule{HeaderName::warning, LeakPlace::warning, Cure::replace_agent},
    Rule{HeaderName::reason, LeakPlace::reason, Cure::replace_names},
    Rule{HeaderName::user_agent, LeakPlace::user_agent, Cure::drop},
    Rule{HeaderName::server, LeakPlace::server, Cure::drop},
    Rule{HeaderName::organization, LeakPlace::organization, Cure::drop},
    Rule{HeaderName::alert_info, LeakPlace::info_urls, Cure::drop},
    Rule{HeaderName::call_info, LeakPlace::info_urls, Cure::drop},
    Rule{HeaderName::error_info, LeakPlace::info_urls, Cure::drop},
    Rule{HeaderName::geolocation, LeakPlace::geolocation, Cure::drop},
    Rule{HeaderName::path, LeakPlace::path, Cure::drop},
    Rule{HeaderName::service_route, LeakPlace::service_route, Cure::drop},
    Rule{HeaderName::session_id, LeakPlace::session_id, Cure::drop},
    Rule{HeaderName::event, LeakPlace::subscription, Cure::replace_names},
    Rule{HeaderName::subscription_state, LeakPlace::subscription, Cure::replace_names},
};

// Ours, or end to end by nature: challenges and credentials, negotiation, numbers.
constexpr std::array kUntouched{
    HeaderName::via, HeaderName::from, HeaderName::to, HeaderName::call_id, HeaderName::cseq, HeaderName::contact,
    HeaderName::max_forwards, HeaderName::route, HeaderName::record_route, HeaderName::content_type,
    HeaderName::content_length, HeaderName::www_authenticate, HeaderName::proxy_authenticate,
    HeaderName::authorization, HeaderName::proxy_authorization, HeaderName::authentication_info,
    HeaderName::allow, HeaderName::supported, HeaderName::require, HeaderName::expires, HeaderName::rseq,
    HeaderName::rack, HeaderName::session_expires, HeaderName::min_se, HeaderName::identity,
};

const Rule* rule_of(HeaderName header) {
    const auto found = std::ranges::find(kRules, header, &Rule::header);
    return found == kRules.end() ? nullptr : found;
}

bool names_any(std::string_view text, const std::vector<std::string>& names) {
    return std::ranges::any_of(names, [&](const std::string& name) { return text.find(name) != text.npos; });
}

// Brackets around an IPv6 address go with it: `ours` brings its own.
std::string with_names_replaced(std::string_view text, const std::vector<std::string>& names, std::string_view ours) {
    std::string result(text);
    for (const auto& name : names) {
        for (auto at = result.find(name); at != result.npos; at = result.find(name, at + ours.size())) {
            const std::size_t end = at + name.size();
            const bool bracketed = at > 0 && result[at - 1] == '[' && end < result.size() && result[end] == ']';
            if (bracketed) --at;
            result.replace(at, name.size() + (bracketed ? 2 : 0), ours);
        }
    }
    return result;
}

// A host as sip::Uri holds it: an IPv6 address without its brackets.
std::string_view unbracketed(std::string_view host) {
    return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

// Each name-addr of a list, with our host for its own.
std::string with_host(std::string_view value, std::string_view host) {
    std::string result;
    for (const auto item : sip::split_list(value)) {
        if (!result.empty()) result += ", ";
        auto name_addr = sip::NameAddr::parse(item);
        if (!name_addr || !name_addr->uri.is_sip()) {
            result += item;
            continue;
        }
        name_addr->uri.host = unbracketed(host);
        name_addr->uri.port = 0;
        name_addr->uri.headers.clear();
        result += name_addr->to_string();
    }
    return result;
}

// Of the headers within a Refer-To's URI only the name of a dialog of ours is left, as its owner knows it from us.
bool names_our_dialog(const std::pair<std::string, std::string>& header) {
    const auto name = sip::DialogName::parse(sip::unescaped(header.second));
    return base::equals_ignoring_case(header.first, "Replaces") && name && worker_of_token(name->from_tag);
}

std::string at_our_door(std::string_view refer_to, const Party& to) {
    auto target = sip::NameAddr::parse(refer_to);
    if (!target || !target->uri.is_sip()) return std::string(refer_to);
    auto headers = std::exchange(target->uri.headers, {});
    const auto method = std::optional<std::string>(target->uri.parameter("method"));
    move_to_our_door(target->uri, to);
    if (method) target->uri.set_parameter("method", *method);
    std::erase_if(headers, std::not_fn(names_our_dialog));
    target->uri.headers = std::move(headers);
    return target->to_string();
}

void add_name(std::vector<std::string>& names, std::string name) {
    if (name.size() > 3 && std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
}

bool is_text(std::string_view type) {
    return base::starts_with_ignoring_case(type, "text/") || base::starts_with_ignoring_case(type, "multipart/") ||
           base::starts_with_ignoring_case(type, "message/") || type.find("xml") != type.npos ||
           type.find("message-summary") != type.npos;
}

// Warning: code, agent, text (RFC 3261, 20.43). The agent is a host or a pseudonym of the inside; it becomes ours.
std::string with_agent(std::string_view value, const std::vector<std::string>& names, std::string_view ours) {
    const auto code_end = value.find(' ');
    const auto agent_end = value.find(' ', code_end + 1);
    if (code_end == value.npos || agent_end == value.npos) return "399 " + std::string(ours) + " \"\"";
    return std::string(value.substr(0, code_end + 1)).append(ours) +
           with_names_replaced(value.substr(agent_end), names, ours);
}

// Private by its name: nobody outside can know what it tells of the inside.
bool is_private(const sip::Header& header) {
    return header.id == HeaderName::other && base::starts_with_ignoring_case(header.name, "X-");
}

struct Editor {
    const std::vector<std::string>& names;
    const Party& to;
    const policy::Topology& topology;
    std::string ours;
    std::vector<const char*> doomed;   // header names' addresses: stable while we only replace values

    void edit(sip::Message& message, std::size_t index) {
        const auto& header = message.headers()[index];
        if (std::ranges::find(kUntouched, header.id) != kUntouched.end()) return;
        static constexpr Rule kOther{HeaderName::other, LeakPlace::other_headers, Cure::drop_if_named};
        const Rule* rule = rule_of(header.id);
        if (!rule) rule = &kOther;
        const auto& treatment = topology[rule->place];
        if (treatment.kind == policy::Treatment::Kind::keep) return;
        if (treatment.kind == policy::Treatment::Kind::fixed && rule != &kOther)
            return message.replace_value(index, treatment.value);
        switch (rule->cure) {
            case Cure::drop: doomed.push_back(header.name.data()); break;
            case Cure::rewrite_host: message.replace_value(index, with_host(header.value, ours)); break;
            case Cure::our_door: message.replace_value(index, at_our_door(header.value, to)); break;
            case Cure::replace_agent:
                message.replace_value(index, with_agent(header.value, names, ours));
                break;
            case Cure::replace_names:
                if (names_any(header.value, names))
                    message.replace_value(index, with_names_replaced(header.value, names, ours));
                break;
            case Cure::drop_if_named:
                if (is_private(header) || names_any(header.value, names)) doomed.push_back(header.name.data());
                break;
        }
    }
};

// Most messages hold nothing that is searched for names: then nobody collects them.
bool needs_names(const sip::Message& message) {
    if (!message.body().empty() && !message.has_sdp()) return true;
    return std::ranges::any_of(message.headers(), [](const sip::Header& header) {
        if (std::ranges::find(kUntouched, header.id) != kUntouched.end()) return false;
        const auto* rule = rule_of(header.id);
        return !rule || rule->cure == Cure::replace_agent ||
               rule->cure == Cure::replace_names || rule->cure == Cure::drop_if_named;
    });
}

// Names in text bodies. A session description is left as it is: it is anchored and hidden line by line.
void hide_body(sip::Message& message, const std::vector<std::string>& names, std::string_view ours) {
    const auto body = message.body();
    if (body.empty() || message.has_sdp() || !is_text(message.value(HeaderName::content_type)) || !names_any(body, names))
        return;
    const auto sdp = description_of(message);
    const auto before = sdp.empty() ? body : body.substr(0, static_cast<std::size_t>(sdp.data() - body.data()));
    const auto after = body.substr(before.size() + sdp.size());
    message.set_body(with_names_replaced(before, names, ours) + std::string(sdp) + with_names_replaced(after, names, ours));
}

bool is_fragment(const sip::Message& message) {
    return base::starts_with_ignoring_case(message.value(HeaderName::content_type), "message/sipfrag");
}

// How a referred call goes (RFC 3515, 2.4.5) is told by its status alone; phrase and headers are the inside's.
void hide_fragment(sip::Message& message) {
    constexpr std::string_view kVersion = "SIP/2.0 ";
    const auto body = message.body();
    const auto status = body.starts_with(kVersion) ? base::to_number<std::uint16_t>(body.substr(kVersion.size(), 3)) : std::nullopt;
    if (!status || *status < 100 || *status > 699) return drop_body(message);
    message.set_body(std::string(kVersion) + std::to_string(*status) + ' ' + std::string(sip::reason_phrase_of(*status)) + "\r\n");
}

}  // namespace

std::vector<std::string> own_names(const Context& context, const sip::Message& message, const Party& from) {
    std::vector<std::string> names;
    if (!needs_names(message)) return names;
    add_name(names, from.flow.remote.address.to_string());
    add_name(names, from.flow.local.address.to_string());
    for (const auto place : {HeaderName::contact, HeaderName::route, HeaderName::record_route})
        for (const auto item : message.items(place))
            if (const auto name_addr = sip::NameAddr::parse(item); name_addr && name_addr->uri.is_sip())
                add_name(names, name_addr->uri.host);
    if (message.is_request())   // a response's Vias are those of whom it goes to
        for (const auto item : message.items(HeaderName::via)) {
            const auto blank = item.find_last_of(" \t", item.find(';'));
            if (blank == item.npos) continue;
            auto host = item.substr(blank + 1, item.find(';') - blank - 1);
            add_name(names, std::string(host.front() == '[' ? host.substr(1, host.find(']') - 1)
                                                            : host.substr(0, host.find(':'))));
        }
    if (has_description(message))
        if (const auto session = sdp::Session::parse(description_of(message), context.policy->sdp_limits)) {
            if (const auto origin = session->origin_address()) add_name(names, origin->to_string());
            for (const auto& media : session->media())
                if (media.address) add_name(names, media.address->to_string());
        }
    std::ranges::sort(names, std::greater{}, &std::string::size);
    return names;
}

void hide(sip::Message& message, const std::vector<std::string>& names, const Party& to) {
    if (!to.topology) return;
    Editor editor{names, to, *to.topology, our_host(to), {}};
    for (std::size_t i = 0; i < message.headers().size(); ++i) editor.edit(message, i);
    if (!editor.doomed.empty())
        message.remove_if([&](const sip::Header& header) {
            return std::ranges::find(editor.doomed, header.name.data()) != editor.doomed.end();
        });
    if (is_fragment(message) && to.topology->hides(LeakPlace::sipfrag)) hide_fragment(message);
    if (to.topology->hides(LeakPlace::bodies)) hide_body(message, names, editor.ours);
}

void move_to_our_door(sip::Uri& uri, const Party& party) {
    uri.host = party.ours.address.to_string();
    uri.port = party.ours.port == base::default_port(party.flow.transport) ? 0 : party.ours.port;
    uri.parameters.clear();
    uri.headers.clear();
    if (party.flow.transport != base::Transport::udp)
        uri.set_parameter("transport", base::uri_name_of(party.flow.transport));
}

std::string our_host(const Party& party) {
    return base::host_text(party.ours.address);
}

std::string hidden_identity(std::string_view value, const Party& to, LeakPlace place, std::string_view host) {
    auto identity = sip::NameAddr::parse(value);
    if (!identity) return std::string(value);
    identity->remove_parameter("tag");
    if (to.topology && to.topology->hides(place) && identity->uri.is_sip()) {
        const auto& treatment = (*to.topology)[place];
        const bool fixed = treatment.kind == policy::Treatment::Kind::fixed;
        identity->uri.host = unbracketed(fixed ? treatment.value : host.empty() ? our_host(to) : std::string(host));
        identity->uri.port = 0;
        identity->uri.parameters.clear();
    }
    return identity->to_string();
}

}  // namespace sbc
