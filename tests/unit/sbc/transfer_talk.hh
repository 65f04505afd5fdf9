// What the tests of transfers that we carry out share: who refers whom, and what each hears of it.
#pragma once

#include <cppunit/TestAssert.h>

#include "tests/unit/sbc/phone_call.hh"

namespace sbc::test {

struct TransferTalk {
    using Message = sip::Message;
    using Method = sip::Method;
    using HeaderName = sip::HeaderName;

    static constexpr std::string_view kDesk = "198.51.100.12:5060", kThird = "198.51.100.13:5060";
    static constexpr std::string_view kPolicy = R"toml(
[peers.desk]
zone     = "inside"
uri      = "sip:198.51.100.12:5060"
transfer = "carry-out"
limits   = { calls = 9 }
[peers.third]
zone = "inside"
uri  = "sip:198.51.100.13:5060"
[[routes]]
name  = "to the desk"
from  = "inside"
to    = ["desk"]
match = { request_user = "^desk" }
[[routes]]
name     = "to the third"
from     = "inside"
to       = ["third", "spare"]
match    = { request_user = "^third" }
failover = { on = [503] }
)toml";
    static constexpr std::string_view kTarget = "<sip:third@198.51.100.1>";

    static Message refer(Ladder& ladder, const PhoneCall& talk, std::string_view to = kTarget, std::string_view more = {}) {
        auto message = ladder.backwards(kDesk, talk.far, "REFER", "callee");
        message.add(HeaderName::refer_to, to);
        if (!more.empty()) message.add(HeaderName::refer_sub, more);
        ladder.from(kDesk, message);
        return message;
    }

    static void ok(Ladder& ladder, std::string_view peer, const Message& request, std::string body = {}) {
        ladder.from(peer, ladder.answer(peer, request, 200, "", std::move(body)));
    }

    // What the referrer is told next.
    static void told(Ladder& ladder, std::string_view status_line, std::string_view state, std::string_view who = kDesk) {
        const auto notify = ladder.to(who);
        CPPUNIT_ASSERT(notify.method() == Method::notify && notify.is_request());
        CPPUNIT_ASSERT_EQUAL(std::string("SIP/2.0 ").append(status_line).append("\r\n"), std::string(notify.body()));
        CPPUNIT_ASSERT(notify.value(HeaderName::subscription_state).starts_with(state));
        CPPUNIT_ASSERT(notify.value(HeaderName::event).starts_with("refer;id="));
        ok(ladder, who, notify);
    }

    static void accepted(Ladder& ladder, std::string_view who = kDesk) {
        CPPUNIT_ASSERT_EQUAL(202, ladder.to(who).status());
        told(ladder, "100 Trying", "active;expires=", who);
    }

    static void hang_up(Ladder& ladder, std::string_view peer) {
        const auto bye = ladder.to(peer);
        CPPUNIT_ASSERT(bye.method() == Method::bye);
        ok(ladder, peer, bye);
    }

    // The INVITE that the target gets; it asks for an offer.
    static Message call(Ladder& ladder, std::string_view target = kThird) {
        auto invite = ladder.to(target);
        CPPUNIT_ASSERT(invite.method() == Method::invite && invite.is_request() && invite.body().empty());
        return invite;
    }

    static void answer(Ladder& ladder, const Message& invite, std::string_view target = kThird) {
        ladder.from(target, ladder.answer(target, invite, 200, "target", description(target, 7000)));
        ladder.acknowledge();
    }

    static Message re_invite(Ladder& ladder, const PhoneCall& talk) {
        auto invite = ladder.to(kPbx);
        CPPUNIT_ASSERT(invite.method() == Method::invite && invite.is_request() && invite.has_sdp());
        CPPUNIT_ASSERT_EQUAL(std::string(talk.invite.call_id()), std::string(invite.call_id()));
        CPPUNIT_ASSERT_EQUAL(std::string(talk.invite.from_tag()), std::string(invite.to_tag()));
        return invite;
    }

    static void refuse(Ladder& ladder, std::string_view peer, const Message& invite, int status) {
        ladder.from(peer, ladder.answer(peer, invite, status, "target"));
        CPPUNIT_ASSERT(ladder.to(peer).method() == Method::ack);
    }

    // Both ends of the first call hear each other still, and end it.
    static void is_as_before(Ladder& ladder, const PhoneCall& talk) {
        ladder.from(kPbx, ladder.within(talk.invite, talk.ok, "INFO"));
        const auto info = ladder.to(kDesk);
        CPPUNIT_ASSERT(info.method() == Method::info);
        ok(ladder, kDesk, info);
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kPbx).status());
        ladder.from(kDesk, ladder.backwards(kDesk, talk.far, "BYE", "callee"));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kDesk).status());
        hang_up(ladder, kPbx);
        CPPUNIT_ASSERT(ladder.quiet(kPbx) && ladder.quiet(kDesk));
    }

    static std::string origin_version(const Message& message) {
        const auto body = message.body();
        const auto line = body.substr(body.find("o=- ") + 4);
        const auto version = line.substr(line.find(' ') + 1);
        return std::string(line.substr(0, line.find(' '))) + '+' + std::string(version.substr(0, version.find(' ')));
    }
};

}  // namespace sbc::test
