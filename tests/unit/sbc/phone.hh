// What the tests of registrations share: a policy with rules for them, a phone, and the registrar behind us.
#pragma once

#include <cppunit/TestAssert.h>

#include <string>

#include "sip/name_addr.hh"
#include "tests/unit/sbc/ladder.hh"

namespace sbc::test {

inline constexpr std::string_view kElsewhere = "203.0.113.21:5060";

// `rules`: of the phones' zone; `limits`: of the registrar.
inline std::string policy_with(std::string_view rules, std::string_view limits = {}, std::string_view more = {}) {
    const auto section = [](std::string_view name, std::string_view keys) {
        std::string text = "[" + std::string(name) + "]\n";
        for (const char c : keys) text += c == ',' ? '\n' : c;
        return text + "\n";
    };
    return section("zones.outside.register", rules) +
           (limits.empty() ? "" : section("peers.pbx.limits", limits)) + std::string(more);
}

// A phone of ann's that registers, and the registrar behind us that takes all.
struct Phone {
    explicit Phone(Ladder& ladder_, std::string_view at_ = kOutside)
        : ladder(ladder_), at(at_), from(ladder.request(at, "REGISTER", "sip:203.0.113.1")) {
        from.set(sip::HeaderName::to, "<sip:ann@203.0.113.1>");
        from.set(sip::HeaderName::from, "<sip:ann@203.0.113.1>;tag=reg");
    }

    sip::Message next() {
        auto request = ladder.request(at, "REGISTER", "sip:203.0.113.1");
        for (const auto id : {sip::HeaderName::to, sip::HeaderName::from, sip::HeaderName::call_id})
            request.set(id, from.value(id));
        request.set(sip::HeaderName::cseq, std::to_string(++cseq) + " REGISTER");
        const std::string usual(from.value(sip::HeaderName::contact));
        request.set(sip::HeaderName::contact, contact.empty() ? usual : contact);
        request.set(sip::HeaderName::expires, expires);
        if (!credentials.empty()) request.set(sip::HeaderName::authorization, credentials);
        return request;
    }
    void send() { ladder.from(at, next()); }
    // Sends, and says how long it was granted, where it was answered without the registrar; else 0.
    unsigned refreshed() {
        send();
        return ladder.quiet(kPbx) ? granted(ladder.to(at)) : 0;
    }
    // The registrar's 200 to what it is sent now.
    sip::Message taken(std::string_view more_name = {}, std::string_view more_value = {}) {
        const auto far = ladder.to(kPbx);
        CPPUNIT_ASSERT(far.method() == sip::Method::register_);
        auto ok = Ladder::answer(kPbx, far, 200, "pbx");
        ok.remove(sip::HeaderName::contact);
        for (const auto item : far.items(sip::HeaderName::contact)) ok.add(sip::HeaderName::contact, item);
        if (!more_name.empty()) ok.add(more_name, more_value);
        ladder.from(kPbx, ok);
        return far.clone();
    }
    void registered() {
        send();
        taken();
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(at).status());
    }
    static unsigned granted(const sip::Message& ok) {
        CPPUNIT_ASSERT_EQUAL(200, ok.status());
        const auto contact = sip::NameAddr::parse(ok.value(sip::HeaderName::contact));
        CPPUNIT_ASSERT(contact && contact->parameter("expires"));
        return static_cast<unsigned>(std::stoul(std::string(*contact->parameter("expires"))));
    }

    Ladder& ladder;
    std::string at, expires = "600", contact, credentials;
    sip::Message from;
    unsigned cseq = 0;
};

inline unsigned asked_of(const sip::Message& far) {
    const auto contact = sip::NameAddr::parse(far.value(sip::HeaderName::contact));
    CPPUNIT_ASSERT(contact && contact->parameter("expires"));
    return static_cast<unsigned>(std::stoul(std::string(*contact->parameter("expires"))));
}

inline std::string user_in(const sip::Message& far) {
    return sip::NameAddr::parse(far.value(sip::HeaderName::contact))->uri.user;
}

}  // namespace sbc::test
