// What a transfer that we carried out leaves behind: counts of peers that are gone.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/sbc/transfer_talk.hh"

namespace sbc::test {

using namespace std::chrono_literals;

class TestTransferLeft : public CppUnit::TestFixture, private TransferTalk {
    CPPUNIT_TEST_SUITE(TestTransferLeft);
    CPPUNIT_TEST(an_end_whose_peer_is_gone_counts_for_nobody);
    CPPUNIT_TEST_SUITE_END();

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
