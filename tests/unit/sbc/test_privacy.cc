// Who is named to whom: asserted identities (RFC 3325), Privacy (RFC 3323), the Reason of a CANCEL (RFC 3326).
#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/sbc/ladder.hh"

namespace sbc::test {

using namespace std::chrono_literals;
using sip::HeaderName;
using sip::Message;
using sip::Method;

class TestPrivacy : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestPrivacy);
    CPPUNIT_TEST(an_identity_that_the_outside_asserts_is_not_believed);
    CPPUNIT_TEST(an_identity_leaves_unless_privacy_asks_to_keep_it);
    CPPUNIT_TEST(privacy_on_two_lines_or_behind_a_comma_is_read_whole);
    CPPUNIT_TEST(who_may_not_see_the_caller_transfers_him_to_nobody_who_sees_more);
    CPPUNIT_TEST(nobody_outside_learns_who_called_anonymously);
    CPPUNIT_TEST(nothing_is_hidden_from_who_is_trusted_or_when_nothing_is_asked);
    CPPUNIT_TEST(what_is_critical_and_unknown_is_refused);
    CPPUNIT_TEST(a_preferred_identity_is_asserted_for_who_is_trusted);
    CPPUNIT_TEST(who_was_called_before_is_hidden_as_asked);
    CPPUNIT_TEST(who_diverted_is_hidden_as_asked);
    CPPUNIT_TEST(a_callee_is_as_private_as_a_caller);
    CPPUNIT_TEST(the_reason_of_a_cancel_leaves_without_its_text);
    CPPUNIT_TEST(the_reason_of_a_cancel_passes_whole_to_who_may_see_names);
    CPPUNIT_TEST(what_rtcp_says_of_its_sender_stays_inside);
    CPPUNIT_TEST(encrypted_rtcp_is_not_touched);
    CPPUNIT_TEST_SUITE_END();

    static constexpr std::string_view kWorld =
        "[peers.world]\nzone = \"outside\"\nuri = \"sip:203.0.113.20:5060\"\n"
        "[[routes]]\nname = \"out\"\nfrom = \"inside\"\nto = [\"world\"]\n";

    static Message far_invite(Ladder& ladder, std::string_view from, std::string_view to, Message& invite) {
        ladder.from(from, invite);
        ladder.skip(from);
        ladder.acknowledge();
        return ladder.to(to);
    }

    void an_identity_that_the_outside_asserts_is_not_believed() {
        Ladder ladder;
        auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        invite.add(HeaderName::p_asserted_identity, "<sip:boss@example.org>");
        CPPUNIT_ASSERT(!far_invite(ladder, kOutside, kPbx, invite).has(HeaderName::p_asserted_identity));
    }

    void an_identity_leaves_unless_privacy_asks_to_keep_it() {
        for (const std::string_view privacy : {"", "header", "id", "user; ID;critical"}) {
            Ladder ladder(kWorld);
            auto invite = ladder.invite(kPbx, "+4722", description(kPbx, 4000));
            invite.add(HeaderName::p_asserted_identity, "<sip:boss@198.51.100.10>");
            if (!privacy.empty()) invite.add("Privacy", privacy);
            const auto far = far_invite(ladder, kPbx, kOutside, invite);
            const bool kept = privacy.empty() || privacy == "header";
            CPPUNIT_ASSERT_EQUAL(kept, far.has(HeaderName::p_asserted_identity));
            CPPUNIT_ASSERT(!far.has(HeaderName::privacy));   // it is done
        }
    }

    // A call from inside to the world with these lines, as it leaves.
    static Message leaves_with(std::vector<std::pair<std::string_view, std::string_view>> lines) {
        Ladder ladder(kWorld);
        auto invite = ladder.invite(kPbx, "+4722", description(kPbx, 4000));
        for (const auto& [name, value] : lines) invite.add(name, value);
        return far_invite(ladder, kPbx, kOutside, invite);
    }

    void privacy_on_two_lines_or_behind_a_comma_is_read_whole() {
        for (const auto& lines : {std::vector<std::string_view>{"header", "user;id"}, {"header, id", "user"}, {"user , id"}}) {
            std::vector<std::pair<std::string_view, std::string_view>> more{{"P-Asserted-Identity", "<sip:boss@198.51.100.10>"}};
            for (const auto line : lines) more.emplace_back("Privacy", line);
            const auto far = leaves_with(more);
            CPPUNIT_ASSERT(!far.has(HeaderName::p_asserted_identity) && !far.has(HeaderName::privacy));
            CPPUNIT_ASSERT(far.value(HeaderName::from).starts_with("\"Anonymous\" <sip:anonymous@"));
        }
    }

    // RFC 3323 outlives a transfer: its sender hears no name, and leads to none by calling somebody else of his.
    void who_may_not_see_the_caller_transfers_him_to_nobody_who_sees_more() {
        for (const bool asked : {true, false}) {
            Ladder ladder("[peers.world]\nzone = \"outside\"\nuri = \"sip:203.0.113.20:5060\"\ntransfer = \"carry-out\"\n"
                          "[[routes]]\nname = \"out\"\nfrom = \"inside\"\nto = [\"world\"]\n");
            auto invite = ladder.invite(kPbx, "+4722", description(kPbx, 4000));
            invite.set(HeaderName::from, "\"Boss\" <sip:boss@198.51.100.10>;tag=b");
            if (asked) invite.add("Privacy", "user");
            const auto far = far_invite(ladder, kPbx, kOutside, invite);
            ladder.from(kOutside, Ladder::answer(kOutside, far, 200, "world", description(kOutside, 6000)));
            ladder.acknowledge();
            ladder.from(kPbx, ladder.within(invite, ladder.to(kPbx), "ACK"));
            ladder.skip(kOutside);
            auto refer = ladder.backwards(kOutside, far, "REFER", "world");
            refer.add(HeaderName::refer_to, "<sip:desk@203.0.113.1>");
            refer.add("Privacy", "user;critical");
            ladder.from(kOutside, refer);
            CPPUNIT_ASSERT_EQUAL(202, ladder.to(kOutside).status());
            const auto call = ladder.to(kPbx);
            CPPUNIT_ASSERT(call.is_request() && call.method() == Method::invite && call.to_tag().empty());
            CPPUNIT_ASSERT_EQUAL(asked, call.value(HeaderName::from).find("anonymous@") != std::string_view::npos);
            CPPUNIT_ASSERT(call.value(HeaderName::from).find("Boss") == std::string_view::npos || !asked);
        }
    }

    void nobody_outside_learns_who_called_anonymously() {
        Ladder ladder(kWorld);
        auto invite = ladder.invite(kPbx, "+4722", description(kPbx, 4000));
        invite.add("Privacy", "user;id;header;session;critical");
        invite.add("P-Asserted-Identity", "<sip:ann@198.51.100.10>");
        invite.add("Remote-Party-ID", "<sip:ann@198.51.100.10>");
        invite.add("Subject", "ann here");
        invite.add("Reply-To", "<sip:ann@198.51.100.10>");
        auto far = far_invite(ladder, kPbx, kOutside, invite);
        CPPUNIT_ASSERT(far.value(HeaderName::from).starts_with("\"Anonymous\" <sip:anonymous@"));
        CPPUNIT_ASSERT(!far.from_tag().empty());
        const auto text = far.serialize();
        for (const auto* secret : {"ann", "Ann", "198.51.100"})
            CPPUNIT_ASSERT_MESSAGE(text, text.find(secret) == std::string::npos);
        CPPUNIT_ASSERT(!far.has(HeaderName::privacy));
        ladder.from(kOutside, ladder.answer(kOutside, far, 200, "far", description(kOutside, 5000)));
        ladder.acknowledge();
        const auto ok = ladder.to(kPbx);
        CPPUNIT_ASSERT(ok.value(HeaderName::from).starts_with("\"Ann\" <sip:ann@"));
        ladder.from(kPbx, ladder.ack(invite, ok));
        CPPUNIT_ASSERT(ladder.to(kOutside).value(HeaderName::from) == far.value(HeaderName::from));
    }

    void nothing_is_hidden_from_who_is_trusted_or_when_nothing_is_asked() {
        Ladder ladder;
        auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        invite.add("Privacy", "user;id");
        const auto inside = far_invite(ladder, kOutside, kPbx, invite);
        CPPUNIT_ASSERT(inside.value(HeaderName::from).starts_with("\"Ann\""));
        CPPUNIT_ASSERT_EQUAL(std::string_view("user;id"), inside.value(HeaderName::privacy));
        const auto none = leaves_with({{"Privacy", "none"}, {"P-Asserted-Identity", "<sip:ann@198.51.100.10>"}});
        CPPUNIT_ASSERT(none.has(HeaderName::p_asserted_identity) && none.value(HeaderName::privacy) == "none");
        CPPUNIT_ASSERT(none.value(HeaderName::from).starts_with("\"Ann\""));
    }

    void what_is_critical_and_unknown_is_refused() {
        Ladder ladder(kWorld);
        auto invite = ladder.invite(kPbx, "+4722", description(kPbx, 4000));
        invite.add("Privacy", "stealth;critical");
        ladder.from(kPbx, invite);
        CPPUNIT_ASSERT_EQUAL(100, ladder.to(kPbx).status());
        CPPUNIT_ASSERT_EQUAL(500, ladder.to(kPbx).status());
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
        const auto far = leaves_with({{"Privacy", "stealth;id"}});
        CPPUNIT_ASSERT_EQUAL(std::string_view("stealth"), far.value(HeaderName::privacy));
    }

    void a_preferred_identity_is_asserted_for_who_is_trusted() {
        const auto boss = leaves_with({{"P-Preferred-Identity", "<sip:boss@198.51.100.10>"}});
        CPPUNIT_ASSERT(!boss.has(HeaderName::p_preferred_identity));
        CPPUNIT_ASSERT(boss.value(HeaderName::p_asserted_identity).starts_with("<sip:boss@203.0.113.1"));
        const auto said = leaves_with({{"P-Preferred-Identity", "<sip:boss@198.51.100.10>"},
                                       {"P-Asserted-Identity", "<sip:ann@198.51.100.10>"}});
        CPPUNIT_ASSERT(said.value(HeaderName::p_asserted_identity).starts_with("<sip:ann@"));
        CPPUNIT_ASSERT(!said.has(HeaderName::p_preferred_identity));
        Ladder ladder;   // a stranger's wish is heard by those inside, and asserts nothing
        auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        invite.add("P-Preferred-Identity", "<sip:boss@example.org>");
        const auto inside = far_invite(ladder, kOutside, kPbx, invite);
        CPPUNIT_ASSERT(inside.has(HeaderName::p_preferred_identity) && !inside.has(HeaderName::p_asserted_identity));
    }

    void who_was_called_before_is_hidden_as_asked() {
        constexpr std::string_view kHistory =
            "<sip:bob@198.51.100.10?Privacy=history>;index=1, <sip:desk@198.51.100.10>;index=1.1;rc=1";
        const auto far = leaves_with({{"History-Info", kHistory}});
        const auto history = std::string(far.value(HeaderName::history_info));
        CPPUNIT_ASSERT_MESSAGE(history, history.find("bob") == std::string::npos);
        CPPUNIT_ASSERT_MESSAGE(history, history.find("198.51.100") == std::string::npos);
        CPPUNIT_ASSERT_MESSAGE(history, history.find("index=1,") != std::string::npos && history.find("desk@") != std::string::npos);
        for (const std::string_view privacy : {"history", "header", "session;id"})
            CPPUNIT_ASSERT(!leaves_with({{"History-Info", kHistory}, {"Privacy", privacy}}).has(HeaderName::history_info));
        CPPUNIT_ASSERT(leaves_with({{"History-Info", kHistory}, {"Privacy", "id"}}).has(HeaderName::history_info));
    }

    void who_diverted_is_hidden_as_asked() {
        const auto far = leaves_with({{"Diversion", "\"Bob\" <sip:bob@198.51.100.10>;reason=no-answer;privacy=full, "
                                                    "\"Eve\" <sip:eve@198.51.100.10>;reason=unconditional;privacy=\"name\", "
                                                    "\"Joe\" <sip:joe@198.51.100.10>;reason=user-busy"}});
        const auto diversion = std::string(far.value(HeaderName::diversion));
        for (const auto* secret : {"Bob", "bob", "Eve", "198.51.100"})
            CPPUNIT_ASSERT_MESSAGE(diversion, diversion.find(secret) == std::string::npos);
        for (const auto* told : {"eve@", "\"Joe\"", "joe@", "user-busy"})
            CPPUNIT_ASSERT_MESSAGE(diversion, diversion.find(told) != std::string::npos);
    }

    void a_callee_is_as_private_as_a_caller() {
        for (const bool asks : {false, true}) {
            Ladder ladder;
            auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
            const auto far = far_invite(ladder, kOutside, kPbx, invite);
            auto answer = ladder.answer(kPbx, far, 200, "far", description(kPbx, 5000));
            answer.add(HeaderName::p_asserted_identity, "<sip:bob@198.51.100.10>");
            if (asks) answer.add("Privacy", "id");
            ladder.from(kPbx, answer);
            ladder.acknowledge();
            CPPUNIT_ASSERT_EQUAL(!asks, ladder.to(kOutside).has(HeaderName::p_asserted_identity));
        }
    }

    // What the far side is told when the caller cancels.
    static std::string reason_heard(Ladder& ladder, std::string_view from, std::string_view to) {
        auto invite = ladder.invite(from, "+4722", description(from, 4000));
        const auto far = far_invite(ladder, from, to, invite);
        ladder.from(to, ladder.answer(to, far, 180, "far"));
        auto cancel = ladder.cancel(invite);
        cancel.add(HeaderName::reason, "SIP;cause=200;text=\"at secret.inside\", Q.850;cause=16");
        ladder.from(from, cancel);
        const auto heard = ladder.to(to);
        CPPUNIT_ASSERT(heard.method() == Method::cancel);
        return std::string(heard.value(HeaderName::reason));
    }

    void the_reason_of_a_cancel_leaves_without_its_text() {
        Ladder ladder(kWorld);
        CPPUNIT_ASSERT_EQUAL(std::string("SIP;cause=200, Q.850;cause=16"), reason_heard(ladder, kPbx, kOutside));
    }

    void the_reason_of_a_cancel_passes_whole_to_who_may_see_names() {
        Ladder ladder;
        CPPUNIT_ASSERT_EQUAL(std::string("SIP;cause=200;text=\"at secret.inside\", Q.850;cause=16"),
                             reason_heard(ladder, kOutside, kPbx));
    }

    // A call from outside whose description on each side is for `profile` and has `more` lines.
    struct Reporting {
        Reporting(Ladder& ladder, std::string_view profile, std::string_view caller_adds, std::string_view callee_adds)
            : ladder_(ladder) {
            auto invite = ladder.invite(kOutside, "desk", speaking(description(kOutside, 4000), profile, caller_adds));
            const auto far = far_invite(ladder, kOutside, kPbx, invite);
            const auto offer = sdp::Session::parse(far.body(), {}), said = sdp::Session::parse(description(kPbx, 6000), {});
            inner = *offer->media()[0].rtcp;
            phone = *said->media()[0].rtcp;
            ladder.from(kPbx, ladder.answer(kPbx, far, 200, "pbx", speaking(description(kPbx, 6000), profile, callee_adds)));
            ladder.acknowledge();
            const auto ok = ladder.to(kOutside);
            outer = *sdp::Session::parse(ok.body(), {})->media()[0].rtcp;
            ladder.from(kOutside, ladder.within(invite, ok, "ACK"));
        }
        static std::string speaking(std::string body, std::string_view profile, std::string_view more) {
            body.replace(body.find("RTP/AVP"), 7, profile);
            return body.append(more);
        }
        // What is left of an empty report with a CNAME.
        std::string report(const base::Endpoint& local, const base::Endpoint& from) {
            std::string packet("\x80\xc9\0\1abcd\x81\xca\0\6abcd\1\x0f" "bob@198.51.100.1\0\0", 36);
            const auto bytes = std::span(reinterpret_cast<std::uint8_t*>(packet.data()), packet.size());
            CPPUNIT_ASSERT(ladder_.media(local, from, bytes));
            return packet;
        }
        bool hides_from_outside() { return report(inner, phone).find("bob@") == std::string::npos; }
        bool hides_from_inside() { return report(outer, caller).find("bob@") == std::string::npos; }

        Ladder& ladder_;
        base::Endpoint inner, outer, phone, caller = *base::Endpoint::parse("203.0.113.20:4001");
    };

    void what_rtcp_says_of_its_sender_stays_inside() {
        Ladder ladder;
        Reporting call(ladder, "RTP/AVP", "", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n");
        CPPUNIT_ASSERT(call.hides_from_outside());
        CPPUNIT_ASSERT(!call.hides_from_inside());
        const auto before = call.report(call.inner, call.phone);
        ladder.crash();
        CPPUNIT_ASSERT_EQUAL(before, call.report(call.inner, call.phone));   // a CNAME lasts (RFC 3550, 6.5.1)
    }

    void encrypted_rtcp_is_not_touched() {
        const std::string_view key = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n";
        for (const std::string_view profile : {"RTP/AVP", "RTP/SAVP", "RTP/SAVPF"}) {
            Ladder ladder;
            CPPUNIT_ASSERT(!Reporting(ladder, profile, key, key).hides_from_outside());
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestPrivacy);

}  // namespace sbc::test
