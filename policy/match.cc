// The conditions of routes, asked in the order of their cost: method, peer, transport, source, expressions.
#include "policy/match.hh"

#include <re2/re2.h>

#include <algorithm>

#include "base/text.hh"
#include "policy/emergency.hh"

namespace policy {
namespace {

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

std::string subject_of(const Condition& condition) {
    return condition.subject == Condition::Subject::header ? "header " + condition.header
                                                           : std::string(key_of(condition.subject));
}

bool any_header_fits(const Condition& condition, const sip::Message& message, std::string& seen) {
    const sip::HeaderName id = sip::parse_header_name(condition.header);
    for (const sip::Header& header : message.headers()) {
        const bool same = id == sip::HeaderName::other
                              ? base::equals_ignoring_case(header.name, condition.header)
                              : header.id == id;
        if (!same) continue;
        seen = std::string(header.value);
        if (re2::RE2::PartialMatch(seen, *condition.regex)) return true;
    }
    return false;
}

std::string value_for(Condition::Subject subject, MessageFields& fields) {
    switch (subject) {
        case Condition::Subject::from_user:
            return unescaped(user_of(fields.from().uri));
        case Condition::Subject::from_host:
            return std::string(host_of(fields.from().uri));
        case Condition::Subject::to_user:
            return unescaped(user_of(fields.to().uri));
        case Condition::Subject::to_host:
            return std::string(host_of(fields.to().uri));
        case Condition::Subject::request_user:
            return unescaped(user_of(fields.request_uri()));
        case Condition::Subject::request_host:
            return std::string(host_of(fields.request_uri()));
        case Condition::Subject::header:
            break;
    }
    return {};
}

bool fits(const Condition& condition, MessageFields& fields, std::string* why) {
    std::string value;
    bool found = false;
    if (condition.subject == Condition::Subject::header) {
        found = any_header_fits(condition, fields.message(), value);
    } else {
        value = value_for(condition.subject, fields);
        found = re2::RE2::PartialMatch(value, *condition.regex);
    }
    if (!found && why)
        *why = subject_of(condition) + ' ' + quoted(value) + " does not match '" + condition.pattern + '\'';
    return found;
}

// Collects the first reason against; each check is asked only while there is none.
bool facts_fit(const Match& match, const Snapshot& snapshot, const Facts& facts, std::string* why) {
    const auto method = facts.request->method_text();
    if (!match.methods.empty() && std::ranges::find(match.methods, method) == match.methods.end()) {
        if (why) *why = "method " + std::string(method) + " is not " + joined(match.methods);
        return false;
    }
    if (match.peer && *match.peer != facts.peer) {
        if (why) *why = "the source is not peer " + snapshot.peer(*match.peer).name;
        return false;
    }
    if (match.transport && *match.transport != facts.transport) {
        if (why)
            *why = "transport " + std::string(base::name_of(facts.transport)) + " is not " +
                   std::string(base::name_of(*match.transport));
        return false;
    }
    const auto holds = [&](const base::Prefix& prefix) { return prefix.contains(facts.source.address); };
    if (!match.sources.empty() && std::ranges::none_of(match.sources, holds)) {
        if (why) *why = "source " + facts.source.address.to_string() + " is in none of its prefixes";
        return false;
    }
    if (match.registered && *match.registered != facts.registered) {
        if (why)
            *why = facts.registered ? "the request URI names a registered phone"
                                    : "the request URI names no registered phone";
        return false;
    }
    return true;
}

}  // namespace

std::string_view key_of(Condition::Subject subject) {
    switch (subject) {
        case Condition::Subject::from_user:
            return "from_user";
        case Condition::Subject::from_host:
            return "from_host";
        case Condition::Subject::to_user:
            return "to_user";
        case Condition::Subject::to_host:
            return "to_host";
        case Condition::Subject::request_user:
            return "request_user";
        case Condition::Subject::request_host:
            return "request_host";
        case Condition::Subject::header:
            return "header";
    }
    return {};
}

bool matches(const Match& match, const Snapshot& snapshot, const Facts& facts, MessageFields& fields,
             std::string* why) {
    if (!facts_fit(match, snapshot, facts, why)) return false;
    if (match.emergency && *match.emergency != is_emergency(snapshot, *facts.request)) {
        if (why)
            *why = *match.emergency ? "the request URI is no urn:service:sos, and no number of [emergency]"
                                    : "the request URI is urn:service:sos, or a number of [emergency]";
        return false;
    }
    for (const Condition& condition : match.conditions)
        if (!fits(condition, fields, why)) return false;
    if (why) {
        *why = match.methods.empty() ? "any method" : "method " + std::string(facts.request->method_text());
        for (const Condition& condition : match.conditions)
            *why += ", " + subject_of(condition) + " matches '" + condition.pattern + '\'';
    }
    return true;
}

bool comes_from(const std::vector<Origin>& from, const Facts& facts) {
    return std::ranges::any_of(from, [&](const Origin& o) { return o.covers({facts.zone, facts.peer}); });
}

std::string describe(const std::vector<Origin>& from, const Snapshot& snapshot) {
    std::string text;
    for (const Origin& origin : from) {
        if (!text.empty()) text += " or ";
        text += origin.peer == base::kNoPeer ? "zone " + snapshot.zone(origin.zone).name
                                             : "peer " + snapshot.peer(origin.peer).name;
    }
    return text;
}

bool covers(const Match& earlier, const Match& later) {
    const auto has_method = [&](const std::string& m) {
        return std::ranges::find(earlier.methods, m) != earlier.methods.end();
    };
    if (!earlier.methods.empty() &&
        (later.methods.empty() || !std::ranges::all_of(later.methods, has_method)))
        return false;
    const auto inside = [&](const base::Prefix& p) {
        return std::ranges::any_of(earlier.sources, [&](const base::Prefix& q) {
            return q.length <= p.length && q.contains(p.address);
        });
    };
    if (!earlier.sources.empty() && (later.sources.empty() || !std::ranges::all_of(later.sources, inside)))
        return false;
    if (earlier.peer && earlier.peer != later.peer) return false;
    if (earlier.transport && earlier.transport != later.transport) return false;
    if (earlier.registered && earlier.registered != later.registered) return false;
    if (earlier.emergency && earlier.emergency != later.emergency) return false;
    return std::ranges::all_of(earlier.conditions, [&](const Condition& c) {
        return std::ranges::any_of(later.conditions, [&](const Condition& d) {
            return c.subject == d.subject && c.header == d.header && c.pattern == d.pattern;
        });
    });
}

}  // namespace policy
