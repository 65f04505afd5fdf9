// Service-Route (RFC 3608): what the phone is told, and which of its requests go by the registrar's.
#include <cppunit/extensions/HelperMacros.h>

#include "sbc/home.hh"
#include "tests/unit/sbc/phone.hh"

namespace sbc::test {
namespace {

using namespace std::chrono_literals;
using sip::HeaderName;
using sip::Message;

constexpr std::string_view kWay = "<sip:orig@scscf.inside.example;lr>, <sip:198.51.100.77;lr>";

Message from_ann(Message request) {
    request.set(HeaderName::from, "\"Ann\" <sip:ann@203.0.113.1>;tag=a1");
    return request;
}

}  // namespace

class TestServiceRoute : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestServiceRoute);
    CPPUNIT_TEST(the_phone_is_told_a_way_to_us);
    CPPUNIT_TEST(without_one_the_phone_is_told_none);
    CPPUNIT_TEST(what_the_phone_sends_goes_by_the_registrars_way);
    CPPUNIT_TEST(within_the_dialog_its_own_route_counts);
    CPPUNIT_TEST(another_flow_or_another_peer_has_no_part_in_it);
    CPPUNIT_TEST(the_route_that_we_gave_names_the_binding);
    CPPUNIT_TEST(the_last_answer_of_the_registrar_counts);
    CPPUNIT_TEST(it_outlives_the_process);
    CPPUNIT_TEST(what_a_phone_begins_goes_to_the_home_of_its_bindings);
    CPPUNIT_TEST_SUITE_END();

    // The registrar's 200 with its way; what the phone hears.
    static Message registered(Ladder& ladder, Phone& phone, std::string_view way = kWay) {
        phone.send();
        if (way.empty()) phone.taken();
        else phone.taken("Service-Route", way);
        auto ok = ladder.to(phone.at);
        CPPUNIT_ASSERT_EQUAL(200, ok.status());
        return ok;
    }

    static std::string ours(const Message& ok) {
        const auto items = ok.items(HeaderName::service_route);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, items.size());
        return std::string(items[0]);
    }

    static bool goes_by(const Message& request, std::string_view way) {
        std::string route;
        for (const auto item : request.items(HeaderName::route)) route.append(route.empty() ? "" : ", ").append(item);
        return route == way;
    }

    static Message far_invite(Ladder& ladder, std::string_view at, Message invite) {
        ladder.from(at, invite);
        ladder.skip(at);
        ladder.acknowledge();
        return ladder.to(kPbx);
    }

    void the_phone_is_told_a_way_to_us() {
        for (const auto& policy : {policy_with("client_expires = \"60s\""), std::string()}) {
            Ladder ladder(policy);
            Phone ann(ladder);
            const auto ok = registered(ladder, ann);
            const auto way = sip::NameAddr::parse(ours(ok));
            CPPUNIT_ASSERT(way && way->uri.host == "203.0.113.1" && way->uri.parameter("lr"));
            CPPUNIT_ASSERT(ok.serialize().find("inside.example") == std::string::npos);
            CPPUNIT_ASSERT(ok.serialize().find("198.51.100.77") == std::string::npos);
            if (policy.empty()) continue;
            ann.send();
            CPPUNIT_ASSERT(ladder.quiet(kPbx));   // answered here: the same again
            CPPUNIT_ASSERT_EQUAL(ours(ok), ours(ladder.to(kOutside)));
        }
    }

    void without_one_the_phone_is_told_none() {
        Ladder ladder;
        Phone ann(ladder);
        CPPUNIT_ASSERT(!registered(ladder, ann, {}).has(HeaderName::service_route));
        CPPUNIT_ASSERT(goes_by(far_invite(ladder, kOutside, from_ann(ladder.invite(kOutside, "desk", description(kOutside, 4000)))), {}));
    }

    void what_the_phone_sends_goes_by_the_registrars_way() {
        Ladder ladder;
        Phone ann(ladder);
        registered(ladder, ann);
        const auto far = far_invite(ladder, kOutside, from_ann(ladder.invite(kOutside, "desk", description(kOutside, 4000))));
        CPPUNIT_ASSERT(goes_by(far, kWay));
        CPPUNIT_ASSERT(far.request_uri().starts_with("sip:desk@"));
        for (const char* method : {"MESSAGE", "OPTIONS", "SUBSCRIBE"}) {
            ladder.from(kOutside, from_ann(ladder.request(kOutside, method, "sip:desk@203.0.113.1")));
            CPPUNIT_ASSERT_MESSAGE(method, goes_by(ladder.to(kPbx), kWay));
        }
        ann.send();                                     // but not its REGISTER (RFC 3608, 5)
        CPPUNIT_ASSERT(goes_by(ladder.to(kPbx), {}));
    }

    void within_the_dialog_its_own_route_counts() {
        Ladder ladder;
        Phone ann(ladder);
        registered(ladder, ann);
        const auto invite = from_ann(ladder.invite(kOutside, "desk", description(kOutside, 4000)));
        const auto far = far_invite(ladder, kOutside, invite.clone());
        auto far_ok = Ladder::answer(kPbx, far, 200, "pbx", description(kPbx, 6000));
        far_ok.add(HeaderName::record_route, "<sip:198.51.100.78;lr>");
        ladder.from(kPbx, far_ok);
        ladder.acknowledge();
        const auto ok = ladder.to(kOutside);
        ladder.from(kOutside, ladder.within(invite, ok, "ACK"));
        const auto ack = ladder.to("198.51.100.78:5060");
        CPPUNIT_ASSERT(goes_by(ack, "<sip:198.51.100.78;lr>"));
    }

    void another_flow_or_another_peer_has_no_part_in_it() {
        Ladder ladder("[[routes]]\nname = \"back\"\nfrom = \"inside\"\nto = [\"spare\"]\n");
        Phone ann(ladder);
        registered(ladder, ann);
        CPPUNIT_ASSERT(goes_by(far_invite(ladder, kElsewhere, from_ann(ladder.invite(kElsewhere, "desk", description(kElsewhere, 4000)))), {}));
        auto bob = ladder.invite(kOutside, "desk", description(kOutside, 4002));
        bob.set(HeaderName::from, "<sip:bob@203.0.113.1>;tag=b");
        CPPUNIT_ASSERT(goes_by(far_invite(ladder, kOutside, std::move(bob)), {}));
        auto twice = from_ann(ladder.invite(kOutside, "twice", description(kOutside, 4004)));
        twice.set(HeaderName::to, "<sip:twice@203.0.113.1>");
        const auto first = far_invite(ladder, kOutside, std::move(twice));
        CPPUNIT_ASSERT(goes_by(first, kWay));
        ladder.from(kPbx, Ladder::answer(kPbx, first, 503, "pbx"));
        ladder.acknowledge();
        CPPUNIT_ASSERT(goes_by(ladder.to(kSpare), {}));   // it is registered at the other
    }

    void the_route_that_we_gave_names_the_binding() {
        Ladder ladder;
        Phone ann(ladder);
        const auto way = ours(registered(ladder, ann));
        auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        invite.set(HeaderName::from, "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=x");
        invite.add(HeaderName::route, way);
        CPPUNIT_ASSERT(goes_by(far_invite(ladder, kOutside, std::move(invite)), kWay));
        auto stolen = ladder.invite(kElsewhere, "desk", description(kElsewhere, 4000));
        stolen.add(HeaderName::route, way);
        CPPUNIT_ASSERT(goes_by(far_invite(ladder, kElsewhere, std::move(stolen)), {}));
    }

    void the_last_answer_of_the_registrar_counts() {
        Ladder ladder;
        Phone ann(ladder);
        registered(ladder, ann);
        registered(ladder, ann, "<sip:new.inside.example;lr>");
        CPPUNIT_ASSERT(goes_by(far_invite(ladder, kOutside, from_ann(ladder.invite(kOutside, "desk", description(kOutside, 4000)))),
                               "<sip:new.inside.example;lr>"));
        registered(ladder, ann, "nonsense");
        CPPUNIT_ASSERT(goes_by(far_invite(ladder, kOutside, from_ann(ladder.invite(kOutside, "desk", description(kOutside, 4002)))), {}));
    }

    void it_outlives_the_process() {
        Ladder ladder;
        Phone ann(ladder);
        registered(ladder, ann);
        ladder.crash();
        CPPUNIT_ASSERT(goes_by(far_invite(ladder, kOutside, from_ann(ladder.invite(kOutside, "desk", description(kOutside, 4000)))), kWay));
    }

    void what_a_phone_begins_goes_to_the_home_of_its_bindings() {
        Ladder ladder;
        Phone ann(ladder);
        const auto home = home_of(ann.next(), 16, true);
        for (int i = 0; i < 4; ++i) {
            const auto invite = from_ann(ladder.invite(kOutside, "desk", {}));   // a Call-ID of its own
            CPPUNIT_ASSERT(home_of(invite, 16, true) == home);
            CPPUNIT_ASSERT(home_of(Ladder::cancel(invite), 16, true) == home);
        }
        auto anonymous = ladder.invite(kOutside, "desk", {});
        anonymous.set(HeaderName::from, "<sip:anonymous@anonymous.invalid>;tag=x");
        anonymous.add(HeaderName::route, "<sip:s0b0123456789ab@203.0.113.1;lr>");
        CPPUNIT_ASSERT_EQUAL(11, int{home_of(anonymous, 16).value});
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestServiceRoute);

}  // namespace sbc::test
