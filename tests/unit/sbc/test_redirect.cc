// Redirections as ladders: refused, relayed without the inside's names, followed by the routes.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/sbc/ladder.hh"

namespace sbc::test {

using namespace std::chrono_literals;
using sip::HeaderName;
using sip::Message;
using sip::Method;

// In front of the ladder's own routes stand none of these: they match what the others leave.
constexpr std::string_view kRoutes = R"toml(
[[routes]]
name      = "from inside to the spare"
from      = "inside"
match     = { request_user = "^(spare|loop|many)" }
to        = ["spare"]
redirects = "follow"
[[routes]]
name      = "from inside to nobody"
from      = "inside"
match     = { request_user = "^forbidden" }
reject    = { code = 403 }
[[routes]]
name      = "from inside to the third"
from      = "inside"
match     = { request_user = "^third" }
to        = ["third"]
[[routes]]
name      = "from inside to the spare and then the third"
from      = "inside"
match     = { request_user = "^both" }
to        = ["spare", "third"]
redirects = "follow"
[peers.third]
zone = "inside"
uri  = "sip:198.51.100.12:5060"
)toml";
constexpr std::string_view kThird = "198.51.100.12:5060";

class TestRedirect : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestRedirect);
    CPPUNIT_TEST(a_redirection_is_heard_by_who_may_see_names);
    CPPUNIT_TEST(relayed_to_who_may_not_see_names_it_names_our_own_door);
    CPPUNIT_TEST(refused_it_is_480);
    CPPUNIT_TEST(followed_it_goes_by_the_routes_in_the_order_of_q);
    CPPUNIT_TEST(a_place_that_the_routes_refuse_is_not_gone_to);
    CPPUNIT_TEST(after_a_busy_place_comes_the_next_and_after_603_none);
    CPPUNIT_TEST(a_circle_is_left);
    CPPUNIT_TEST(no_more_than_five_are_followed);
    CPPUNIT_TEST(a_cancel_ends_what_is_followed);
    CPPUNIT_TEST_SUITE_END();

    static void redirect(Ladder& ladder, std::string_view peer, const Message& invite, std::string_view contacts) {
        auto moved = ladder.answer(peer, invite, 302, "moved");
        moved.add(HeaderName::contact, contacts);
        ladder.from(peer, moved);
        ladder.acknowledge();
        CPPUNIT_ASSERT(ladder.to(peer).method() == Method::ack);
    }

    static Message start(Ladder& ladder, std::string_view user) {
        auto invite = ladder.invite(kPbx, user, description(kPbx, 4000));
        ladder.from(kPbx, invite);
        ladder.skip(kPbx);
        ladder.acknowledge();
        return invite;
    }

    void a_redirection_is_heard_by_who_may_see_names() {
        Ladder ladder(kRoutes);
        start(ladder, "third");
        redirect(ladder, kThird, ladder.to(kThird), "<sip:else@198.51.100.77>");
        const auto heard = ladder.to(kPbx);
        CPPUNIT_ASSERT_EQUAL(302, heard.status());
        CPPUNIT_ASSERT_EQUAL(std::string("<sip:else@198.51.100.77>"), std::string(heard.value(HeaderName::contact)));
    }

    void relayed_to_who_may_not_see_names_it_names_our_own_door() {
        constexpr std::string_view kShy = "198.51.100.13:5060";
        Ladder ladder("[peers.shy]\nzone = \"inside\"\nuri = \"sip:198.51.100.13:5060\"\ntopology = \"hide-all\"\n"
                      "[[routes]]\nname = \"shy\"\nfrom = \"shy\"\nto = [\"spare\"]\nredirects = \"relay\"\n");
        ladder.from(kShy, ladder.invite(kShy, "desk", description(kShy, 4000)));
        ladder.skip(kShy);
        ladder.acknowledge();
        redirect(ladder, kSpare, ladder.to(kSpare), "\"Else\" <sip:else@198.51.100.77:5070;x=y>;q=0.5, <tel:1>");
        const auto heard = ladder.to(kShy);
        CPPUNIT_ASSERT_EQUAL(302, heard.status());
        CPPUNIT_ASSERT_EQUAL(std::string("\"Else\" <sip:else@198.51.100.1>;q=0.5"),
                             std::string(heard.value(HeaderName::contact)));
    }

    void refused_it_is_480() {
        Ladder ladder("[[routes]]\nname = \"no\"\nfrom = \"inside\"\nto = [\"spare\"]\nredirects = \"refuse\"\n");
        start(ladder, "desk");
        redirect(ladder, kSpare, ladder.to(kSpare), "<sip:else@198.51.100.77>");
        CPPUNIT_ASSERT_EQUAL(480, ladder.to(kPbx).status());
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void followed_it_goes_by_the_routes_in_the_order_of_q() {
        Ladder ladder(kRoutes);
        const auto invite = start(ladder, "spare");
        redirect(ladder, kSpare, ladder.to(kSpare),
                 "<sip:forbidden@198.51.100.1>;q=0.1, <sip:third@198.51.100.1?Replaces=a>;q=0.75, <sip:none@h>;q=0.7");
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        const auto far = ladder.to(kThird);
        CPPUNIT_ASSERT_EQUAL(std::string("sip:third@198.51.100.12"), std::string(far.request_uri()));
        CPPUNIT_ASSERT(!far.has(HeaderName::replaces) && far.body().find("198.51.100.1") != std::string::npos);
        ladder.from(kThird, ladder.answer(kThird, far, 200, "third", description(kThird, 6000)));
        ladder.acknowledge();
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kPbx).status());
        CPPUNIT_ASSERT_EQUAL(std::string("from inside to the third"), ladder.b2bua().calls().front().route);
    }

    void a_place_that_the_routes_refuse_is_not_gone_to() {
        Ladder ladder(kRoutes);
        start(ladder, "spare");
        redirect(ladder, kSpare, ladder.to(kSpare), "<sip:forbidden@198.51.100.1>, <sip:unknown@198.51.100.12>");
        CPPUNIT_ASSERT_EQUAL(480, ladder.to(kPbx).status());
        CPPUNIT_ASSERT(ladder.quiet(kThird));
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void after_a_busy_place_comes_the_next_and_after_603_none() {
        for (const int status : {486, 603}) {
            Ladder ladder(kRoutes);
            start(ladder, "both");
            redirect(ladder, kSpare, ladder.to(kSpare), "<sip:third1@h>, <sip:third2@h>");
            CPPUNIT_ASSERT(ladder.quiet(kThird) == false);
            const auto first = ladder.to(kThird);
            ladder.from(kThird, ladder.answer(kThird, first, status, "third"));
            ladder.acknowledge();
            CPPUNIT_ASSERT(ladder.to(kThird).method() == Method::ack);
            if (status == 603) {
                CPPUNIT_ASSERT_EQUAL(603, ladder.to(kPbx).status());
                continue;
            }
            CPPUNIT_ASSERT_EQUAL(std::string("sip:third2@198.51.100.12"), std::string(ladder.to(kThird).request_uri()));
        }
    }

    void a_circle_is_left() {
        Ladder ladder(kRoutes);
        start(ladder, "loop");
        redirect(ladder, kSpare, ladder.to(kSpare), "<sip:loop@198.51.100.1>");
        CPPUNIT_ASSERT_EQUAL(480, ladder.to(kPbx).status());
        CPPUNIT_ASSERT(ladder.quiet(kSpare));
    }

    void no_more_than_five_are_followed() {
        Ladder ladder(kRoutes);
        start(ladder, "many");
        for (int i = 0; i < 6; ++i)
            redirect(ladder, kSpare, ladder.to(kSpare), "<sip:many" + std::to_string(i) + "@198.51.100.1>");
        CPPUNIT_ASSERT_EQUAL(480, ladder.to(kPbx).status());
        CPPUNIT_ASSERT(ladder.quiet(kSpare));
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void a_cancel_ends_what_is_followed() {
        Ladder ladder(kRoutes);
        const auto invite = start(ladder, "spare");
        redirect(ladder, kSpare, ladder.to(kSpare), "<sip:third@198.51.100.1>");
        const auto far = ladder.to(kThird);
        ladder.from(kThird, ladder.answer(kThird, far, 180, "third"));
        ladder.skip(kPbx);
        ladder.from(kPbx, ladder.cancel(invite));
        CPPUNIT_ASSERT(ladder.to(kThird).method() == Method::cancel);
        ladder.from(kThird, ladder.answer(kThird, far, 487, "third"));
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestRedirect);

}  // namespace sbc::test
