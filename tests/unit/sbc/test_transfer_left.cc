// What a transfer that we carried out leaves behind: dialogs that another call has now, counts of peers that are gone.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/sbc/transfer_talk.hh"

namespace sbc::test {

using namespace std::chrono_literals;

class TestTransferLeft : public CppUnit::TestFixture, private TransferTalk {
    CPPUNIT_TEST_SUITE(TestTransferLeft);
    CPPUNIT_TEST(the_successor_keeps_a_dialog_whose_forks_are_forgotten);
    CPPUNIT_TEST(an_end_whose_peer_is_gone_counts_for_nobody);
    CPPUNIT_TEST_SUITE_END();

    // All forks have one tag of ours: it is forgotten with the first call only where that has it still.
    void the_successor_keeps_a_dialog_whose_forks_are_forgotten() {
        Ladder ladder(kPolicy);
        const auto invite = ladder.invite(kDesk, "third", description(kDesk, 4000));
        ladder.from(kDesk, invite);
        ladder.acknowledge();
        ladder.skip(kDesk);
        const auto far = ladder.to(kThird);
        ladder.from(kThird, ladder.answer(kThird, far, 183, "fork", description(kThird, 6100)));
        ladder.acknowledge();
        ladder.skip(kDesk);
        ladder.from(kThird, ladder.answer(kThird, far, 200, "callee", description(kThird, 6000)));
        ladder.acknowledge();
        const auto answered = ladder.to(kDesk);
        ladder.from(kDesk, ladder.within(invite, answered, "ACK"));
        ladder.skip(kThird);
        auto refer = ladder.within(invite, answered, "REFER");
        refer.add(HeaderName::refer_to, "<sip:third2@198.51.100.1>");
        ladder.from(kDesk, refer);
        accepted(ladder);
        answer(ladder, call(ladder));
        const auto asked = ladder.to(kThird);
        CPPUNIT_ASSERT(asked.method() == Method::invite && asked.to_tag() == "callee");
        ok(ladder, kThird, asked, description(kThird, 6000));
        told(ladder, "200 OK", "terminated");
        hang_up(ladder, kDesk);
        ladder.pass(40s);                                    // no other fork is waited for any more
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.b2bua().calls().size());
        ladder.skip(kThird);
        ladder.from(kThird, ladder.backwards(kThird, far, "INFO", "callee"));
        const auto info = ladder.to(kThird);
        CPPUNIT_ASSERT(info.is_request() && info.method() == Method::info && info.to_tag() == "target");
        ok(ladder, kThird, info);
        ladder.skip(kThird);
        ladder.from(kThird, ladder.backwards(kThird, far, "BYE", "callee"));
        ladder.skip(kThird);
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void an_end_whose_peer_is_gone_counts_for_nobody() {
        const auto with_guest = [](std::string_view limit) {
            return "[peers.guest]\nzone = \"inside\"\nuri = \"sip:198.51.100.14:5060\"\nlimits = { calls = " + std::string(limit) + " }\n";
        };
        constexpr std::string_view kGuest = "198.51.100.14:5060";
        Ladder ladder(std::string(kPolicy) + with_guest("1"));
        const PhoneCall talk(ladder, kGuest, kDesk);
        ladder.reload(kPolicy);                              // nobody knows the guest any more
        refer(ladder, talk);
        accepted(ladder);
        answer(ladder, call(ladder));
        const auto asked = ladder.to(kGuest);
        ok(ladder, kGuest, asked, description(kGuest, 4020));
        CPPUNIT_ASSERT(ladder.to(kGuest).method() == Method::ack);
        told(ladder, "200 OK", "terminated");
        hang_up(ladder, kDesk);
        ladder.skip(kThird);
        ladder.from(kGuest, ladder.within(talk.invite, talk.ok, "BYE"));
        hang_up(ladder, kThird);
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
        ladder.reload(std::string(kPolicy) + with_guest("1"));
        ladder.skip(kGuest);
        const PhoneCall again(ladder, kGuest, kDesk);        // there is room for one, as before
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.b2bua().calls().size());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestTransferLeft);

}  // namespace sbc::test
