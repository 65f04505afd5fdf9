// Bindings of several devices, and how they end: by their user, by their phone's silence, by the registrar.
#include <cppunit/extensions/HelperMacros.h>

#include <set>

#include "sbc/home.hh"
#include "tests/unit/sbc/phone.hh"

namespace sbc::test {

using namespace std::chrono_literals;
using sip::HeaderName;

class TestRegistration : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestRegistration);
    CPPUNIT_TEST(two_devices_have_a_binding_each);
    CPPUNIT_TEST(instance_and_reg_id_name_the_binding);
    CPPUNIT_TEST(a_phone_that_names_its_flow_hears_that_it_is_kept);
    CPPUNIT_TEST(a_star_ends_all_of_the_user_and_nothing_else);
    CPPUNIT_TEST(more_contacts_than_the_limit_are_refused);
    CPPUNIT_TEST(a_phone_that_falls_silent_is_taken_from_the_registrar);
    CPPUNIT_TEST(a_lost_connection_ends_its_bindings);
    CPPUNIT_TEST(a_lost_connection_keeps_its_bindings_where_the_policy_says_so);
    CPPUNIT_TEST(a_registrar_that_refuses_ends_the_binding);
    CPPUNIT_TEST(a_strangers_refusal_ends_nothing);
    CPPUNIT_TEST(all_bindings_of_a_user_have_one_home);
    CPPUNIT_TEST(a_reload_that_numbers_the_doors_anew_changes_nothing_for_who_is_there);
    CPPUNIT_TEST(gruus_name_us_and_not_the_inside);
    CPPUNIT_TEST(the_path_leads_to_the_phone_and_not_to_us);
    CPPUNIT_TEST(a_register_waits_for_the_one_before_and_both_have_one_binding);
    CPPUNIT_TEST(a_removal_overtakes_nothing_and_is_overtaken_by_nothing);
    CPPUNIT_TEST(what_waits_crosses_when_the_one_before_was_refused);
    CPPUNIT_TEST(few_may_wait_and_the_rest_hears_when_to_come_again);
    CPPUNIT_TEST(who_registers_over_two_flows_at_once_has_the_binding_of_the_later_answer);
    CPPUNIT_TEST_SUITE_END();

 public:
    void two_devices_have_a_binding_each() {
        Ladder ladder(policy_with("client_expires = \"60s\""));
        Phone desk(ladder), mobile(ladder, kElsewhere);
        desk.registered();
        mobile.send();
        const auto far = ladder.to(kPbx);
        auto ok = Ladder::answer(kPbx, far, 200, "pbx");
        ok.set(HeaderName::contact, far.value(HeaderName::contact));
        ladder.from(kPbx, ok);
        ladder.to(kElsewhere);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, ladder.b2bua().totals().registrations);
        mobile.send();
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, ladder.to(kElsewhere).items(HeaderName::contact).size());   // 10.3, 8: all
        mobile.expires = "0";
        mobile.send();
        mobile.taken();
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kElsewhere).status());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, ladder.b2bua().totals().registrations);
        CPPUNIT_ASSERT(desk.refreshed() > 0);
    }

    void a_reload_that_numbers_the_doors_anew_changes_nothing_for_who_is_there() {
        const auto policy = policy_with("client_expires = \"60s\"");
        Ladder ladder(policy);
        Phone ann(ladder);
        ann.registered();
        ladder.reload(policy, "[zones.elsewhere]\nlisten = [\"udp:192.0.2.1:5060\"]\n"
                               "media = [{ address = \"192.0.2.1\", ports = \"40000-40999\" }]\ntrusted = true\n");
        CPPUNIT_ASSERT(ann.refreshed() > 0);
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
    }

    void instance_and_reg_id_name_the_binding() {
        Ladder ladder(policy_with("client_expires = \"60s\""));
        Phone ann(ladder);
        const std::string device = ";+sip.instance=\"<urn:uuid:1>\";reg-id=";
        ann.contact = "<sip:ann@203.0.113.20:5060>" + device + "1";
        ann.send();
        const auto first = ann.taken();
        CPPUNIT_ASSERT(first.value(HeaderName::contact).find("+sip.instance=\"<urn:uuid:1>\"") != std::string_view::npos);
        ladder.to(kOutside);
        Phone again(ladder, kElsewhere);                     // after a restart: another port, another series
        again.contact = "<sip:ann@203.0.113.21:5060>" + device + "1";
        again.send();
        CPPUNIT_ASSERT_EQUAL(user_in(first), user_in(again.taken()));
        ladder.to(kElsewhere);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, ladder.b2bua().totals().registrations);
        CPPUNIT_ASSERT_EQUAL(0u, ann.refreshed());           // the flow is the new one's now
        ladder.skip(kPbx);
        again.contact = "<sip:ann@203.0.113.21:5060>" + device + "2";
        again.send();
        CPPUNIT_ASSERT(user_in(first) != user_in(again.taken()));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, ladder.b2bua().totals().registrations);
    }

    void a_phone_that_names_its_flow_hears_that_it_is_kept() {
        Ladder ladder(policy_with("client_expires = \"60s\""));
        const auto required = [&](std::string_view parameters, std::string_view supported, std::string_view via = {}) {
            Phone ann(ladder);
            ann.contact = "<sip:ann@203.0.113.20:5060>" + std::string(parameters);
            auto request = ann.next();
            request.set(HeaderName::supported, supported);
            if (!via.empty()) request.add(HeaderName::via, via);
            ladder.from(kOutside, request);
            ann.taken();
            return std::string(ladder.to(kOutside).value(HeaderName::require));
        };
        const char* device = ";+sip.instance=\"<urn:uuid:1>\";reg-id=1";
        CPPUNIT_ASSERT_EQUAL(std::string("outbound"), required(device, "path, outbound"));
        CPPUNIT_ASSERT_EQUAL(std::string(), required(device, "path"));
        CPPUNIT_ASSERT_EQUAL(std::string(), required(";+sip.instance=\"<urn:uuid:1>\"", "outbound"));
        CPPUNIT_ASSERT_EQUAL(std::string(), required(device, "outbound", "SIP/2.0/UDP 203.0.113.99;branch=z9hG4bKfar"));
    }

    void a_star_ends_all_of_the_user_and_nothing_else() {
        Ladder ladder(policy_with("client_expires = \"60s\""));
        Phone desk(ladder), mobile(ladder, kElsewhere), bob(ladder, "203.0.113.22:5060");
        bob.from.set(HeaderName::to, "<sip:bob@203.0.113.1>");
        for (auto* phone : {&desk, &mobile, &bob}) phone->registered();
        desk.contact = "*";
        for (const auto* wrong : {"600", ""}) {
            desk.expires = wrong;
            auto request = desk.next();
            if (!*wrong) request.remove(HeaderName::expires);
            ladder.from(kOutside, request);
            CPPUNIT_ASSERT_EQUAL(400, ladder.to(kOutside).status());
        }
        desk.expires = "0";
        auto both = desk.next();
        both.add(HeaderName::contact, "<sip:ann@203.0.113.20>");
        ladder.from(kOutside, both);
        CPPUNIT_ASSERT_EQUAL(400, ladder.to(kOutside).status());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, ladder.b2bua().totals().registrations);
        desk.send();
        const auto far = ladder.to(kPbx);
        CPPUNIT_ASSERT_EQUAL(std::string("*"), std::string(far.value(HeaderName::contact)));
        CPPUNIT_ASSERT_EQUAL(std::string("0"), std::string(far.value(HeaderName::expires)));
        auto ok = Ladder::answer(kPbx, far, 200, "pbx");
        ok.remove(HeaderName::contact);
        ladder.from(kPbx, ok);
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, ladder.b2bua().totals().registrations);
        CPPUNIT_ASSERT(bob.refreshed() > 0);
        CPPUNIT_ASSERT_EQUAL(0u, mobile.refreshed());
    }

    void more_contacts_than_the_limit_are_refused() {
        Ladder ladder(policy_with("contacts = 2"));
        Phone ann(ladder);
        for (const auto* port : {"1", "2"}) {
            ann.contact = "<sip:ann@203.0.113.20:" + std::string(port) + ">";
            ann.registered();
        }
        ann.contact = "<sip:ann@203.0.113.20:3>";
        ann.send();
        CPPUNIT_ASSERT_EQUAL(403, ladder.to(kOutside).status());
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, ladder.b2bua().refusals()[static_cast<std::size_t>(base::Reason::registration_limit)]);
        ann.contact = "<sip:ann@203.0.113.20:2>";
        CPPUNIT_ASSERT(ann.refreshed() > 0);                 // those that are there live on
    }

    void a_phone_that_falls_silent_is_taken_from_the_registrar() {
        Ladder ladder(policy_with("client_expires = \"60s\""));
        Phone ann(ladder);
        ann.send();
        const auto far = ann.taken();
        ladder.to(kOutside);
        ladder.pass(65s);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, ladder.b2bua().totals().registrations);   // a refresh may be late
        ladder.pass(10s);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, ladder.b2bua().totals().registrations);
        const auto gone = ladder.to(kPbx);
        CPPUNIT_ASSERT(gone.method() == sip::Method::register_);
        CPPUNIT_ASSERT_EQUAL(0u, asked_of(gone));
        CPPUNIT_ASSERT_EQUAL(user_in(far), user_in(gone));
        CPPUNIT_ASSERT_EQUAL(std::string(far.call_id()), std::string(gone.call_id()));
        CPPUNIT_ASSERT(gone.cseq() > far.cseq());
        CPPUNIT_ASSERT_EQUAL(std::string(far.value(HeaderName::to)), std::string(gone.value(HeaderName::to)));
        ladder.from(kPbx, Ladder::answer(kPbx, gone, 401, "pbx"));       // no password of ours, and no second try
        ladder.skip(kPbx);
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
    }

    void a_lost_connection_ends_its_bindings() { lose_connection(true); }

    void a_lost_connection_keeps_its_bindings_where_the_policy_says_so() { lose_connection(false); }

    void a_registrar_that_refuses_ends_the_binding() {
        Ladder ladder(policy_with("client_expires = \"60s\""));
        Phone ann(ladder);
        ann.registered();
        for (const int status : {401, 423, 403}) {
            ann.contact = std::string(ann.from.value(HeaderName::contact)) + ";q=0.1";
            ann.send();
            ladder.from(kPbx, Ladder::answer(kPbx, ladder.to(kPbx), status, "pbx"));
            CPPUNIT_ASSERT_EQUAL(status, ladder.to(kOutside).status());
            CPPUNIT_ASSERT_EQUAL(std::uint64_t{status == 403 ? 0u : 1u}, ladder.b2bua().totals().registrations);
        }
        CPPUNIT_ASSERT(ladder.journal().empty());
    }

    void a_strangers_refusal_ends_nothing() {
        Ladder ladder(policy_with("client_expires = \"60s\""));
        Phone ann(ladder);
        ann.registered();
        ladder.from(kElsewhere, ann.next());
        ladder.from(kPbx, Ladder::answer(kPbx, ladder.to(kPbx), 403, "pbx"));
        CPPUNIT_ASSERT_EQUAL(403, ladder.to(kElsewhere).status());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, ladder.b2bua().totals().registrations);
        CPPUNIT_ASSERT(ann.refreshed() > 0);
    }

    void all_bindings_of_a_user_have_one_home() {
        Ladder ladder;
        std::set<unsigned> homes;
        for (const auto* to : {"<sip:ann@example.com>", "sip:ann@example.com", "\"Ann\" <sip:ann@example.com;x=1>", "<sip:ann@example.com>;x"}) {
            auto request = ladder.request(kOutside, "REGISTER", "sip:example.com");   // a Call-ID of its own
            request.set(HeaderName::to, to);
            homes.insert(home_of(request, 16).value);
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, homes.size());
    }

    void gruus_name_us_and_not_the_inside() {
        Ladder ladder(policy_with("client_expires = \"60s\""));
        Phone ann(ladder);
        ann.send();
        const auto far = ladder.to(kPbx);
        auto ok = Ladder::answer(kPbx, far, 200, "pbx");
        ok.set(HeaderName::contact, std::string(far.value(HeaderName::contact)) +
                                        ";pub-gruu=\"sip:ann@198.51.100.10:5070;gr=urn:uuid:1\";temp-gruu=\"sip:tgruu.7@198.51.100.10;gr\"");
        ladder.from(kPbx, ok);
        const auto crossed = std::string(ladder.to(kOutside).value(HeaderName::contact));
        CPPUNIT_ASSERT(crossed.find("pub-gruu=\"sip:ann@203.0.113.1;gr=urn:uuid:1\"") != std::string::npos);
        CPPUNIT_ASSERT(crossed.find("temp-gruu=\"sip:tgruu.7@203.0.113.1;gr\"") != std::string::npos);
        CPPUNIT_ASSERT(crossed.find("198.51.100.") == std::string::npos);
        ann.send();
        CPPUNIT_ASSERT_EQUAL(crossed, std::string(ladder.to(kOutside).value(HeaderName::contact)));
        // Who calls one comes to the device that it was given to.
        ladder.from(kElsewhere, ladder.request(kElsewhere, "MESSAGE", "sip:ann@203.0.113.1;gr=urn:uuid:1"));
        CPPUNIT_ASSERT_EQUAL(std::string("sip:ann@198.51.100.10;gr=urn:uuid:1"), std::string(ladder.to(kPbx).request_uri()));
        auto invite = ladder.invite(kElsewhere, "x", description(kElsewhere, 4000));
        invite.set_request_uri("sip:tgruu.7@203.0.113.1;gr");
        ladder.from(kElsewhere, invite);
        ladder.acknowledge();
        CPPUNIT_ASSERT_EQUAL(std::string("sip:tgruu.7@198.51.100.10;gr"), std::string(ladder.to(kPbx).request_uri()));
    }

    void the_path_leads_to_the_phone_and_not_to_us() {
        const auto policy = policy_with("client_expires = \"60s\"");
        Ladder ladder(policy);
        Phone ann(ladder);
        const auto with_path = [&] {
            auto request = ann.next();
            request.add(HeaderName::path, "<sip:edge.example;lr;ob>, <sip:flow7@192.0.2.7;lr>");
            return request;
        };
        ladder.from(kOutside, with_path());
        const auto far = ann.taken();
        CPPUNIT_ASSERT(!far.has(HeaderName::path));
        const auto echoed = [&] {
            const auto ok = ladder.to(kOutside);
            const auto items = ok.items(HeaderName::path);
            return items.size() == 2 && items[0] == "<sip:edge.example;lr;ob>" && items[1] == "<sip:flow7@192.0.2.7;lr>";
        };
        CPPUNIT_ASSERT(echoed());                            // RFC 3327, 5.3
        ladder.from(kOutside, with_path());
        CPPUNIT_ASSERT(ladder.quiet(kPbx) && echoed());
        ladder.crash(policy);
        auto invite = ladder.invite(kPbx, "x", description(kPbx, 6000));
        invite.set_request_uri("sip:" + user_in(far) + "@198.51.100.1");
        auto text = ladder.request(kPbx, "MESSAGE", invite.request_uri());
        for (const auto* request : {&invite, &text}) {
            ladder.skip(kOutside);
            ladder.from(kPbx, *request);
            ladder.acknowledge();
            const auto crossed = ladder.to(kOutside);
            CPPUNIT_ASSERT_EQUAL(std::string("sip:phone@203.0.113.20:5060"), std::string(crossed.request_uri()));
            CPPUNIT_ASSERT_EQUAL(std::size_t{2}, crossed.items(HeaderName::route).size());
            CPPUNIT_ASSERT(crossed.items(HeaderName::route)[0] == "<sip:edge.example;lr;ob>");
        }
        ladder.skip(kPbx);
        ladder.from(kOutside, ann.next());                   // without it is another way
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == sip::Method::register_);
    }

    void a_register_waits_for_the_one_before_and_both_have_one_binding() {
        Ladder ladder(policy_with("client_expires = \"60s\""));
        Phone ann(ladder);
        ann.send();
        ann.send();                                          // RFC 3261, 10.2: it must not
        const auto far = ladder.to(kPbx);
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        take(ladder, far);
        CPPUNIT_ASSERT(ladder.quiet(kPbx));                  // what the second asks for is there
        CPPUNIT_ASSERT_EQUAL(60u, Phone::granted(ladder.to(kOutside)));
        CPPUNIT_ASSERT_EQUAL(60u, Phone::granted(ladder.to(kOutside)));
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, ladder.b2bua().totals().registrations);
        ladder.pass(80s);
        CPPUNIT_ASSERT_EQUAL(user_in(far), user_in(ladder.to(kPbx)));   // the farewell: one, to what was bound
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void a_removal_overtakes_nothing_and_is_overtaken_by_nothing() {
        Ladder ladder(policy_with("client_expires = \"60s\""));
        Phone ann(ladder);
        ann.send();
        ann.expires = "0";
        ann.send();
        ann.expires = "600";
        ann.send();
        const auto bound = ladder.to(kPbx);
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        take(ladder, bound);
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
        const auto removal = ladder.to(kPbx);
        CPPUNIT_ASSERT_EQUAL(0u, asked_of(removal));
        CPPUNIT_ASSERT_EQUAL(user_in(bound), user_in(removal));
        CPPUNIT_ASSERT(ladder.quiet(kPbx) && ladder.quiet(kOutside));   // not refreshed while it is being removed
        take(ladder, removal);
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
        const auto again = ladder.to(kPbx);
        CPPUNIT_ASSERT(asked_of(again) > 0 && again.cseq() > bound.cseq());
        take(ladder, again);
        CPPUNIT_ASSERT_EQUAL(60u, Phone::granted(ladder.to(kOutside)));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, ladder.b2bua().totals().registrations);
    }

    void what_waits_crosses_when_the_one_before_was_refused() {
        Ladder ladder(policy_with("client_expires = \"60s\""));
        Phone ann(ladder);
        ann.send();
        ann.send();
        ladder.from(kPbx, Ladder::answer(kPbx, ladder.to(kPbx), 401, "pbx"));
        CPPUNIT_ASSERT_EQUAL(401, ladder.to(kOutside).status());
        ann.send();                                          // behind the second
        ann.taken();
        CPPUNIT_ASSERT_EQUAL(60u, Phone::granted(ladder.to(kOutside)));
        CPPUNIT_ASSERT_EQUAL(60u, Phone::granted(ladder.to(kOutside)));
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
    }

    void few_may_wait_and_the_rest_hears_when_to_come_again() {
        Ladder ladder(policy_with("client_expires = \"60s\""));
        Phone ann(ladder), bob(ladder, kElsewhere);
        for (int i = 0; i < 4; ++i) ann.send();
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
        ann.send();
        const auto refused = ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(500, refused.status());
        CPPUNIT_ASSERT(refused.has(HeaderName::retry_after));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, ladder.b2bua().refusals()[static_cast<std::size_t>(base::Reason::register_pending)]);
        ladder.to(kPbx);
        bob.send();                                          // a stranger's flow waits for nobody
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == sip::Method::register_);
    }

    void who_registers_over_two_flows_at_once_has_the_binding_of_the_later_answer() {
        Ladder ladder(policy_with("client_expires = \"60s\""));
        Phone ann(ladder), moved(ladder, kElsewhere);
        for (auto* phone : {&ann, &moved}) {
            phone->contact = "<sip:ann@203.0.113.20:5060>;+sip.instance=\"<urn:uuid:1>\";reg-id=1";
            phone->send();
        }
        const auto first = ladder.to(kPbx), second = ladder.to(kPbx);
        take(ladder, first);
        take(ladder, second);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, ladder.b2bua().totals().registrations);
        const auto farewell = ladder.to(kPbx);
        CPPUNIT_ASSERT_EQUAL(0u, asked_of(farewell));
        CPPUNIT_ASSERT_EQUAL(user_in(first), user_in(farewell));
        ladder.from(kPbx, Ladder::answer(kPbx, farewell, 200, "pbx"));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kElsewhere).status());
        CPPUNIT_ASSERT(moved.refreshed() > 0);
    }

 private:
    // The registrar does as it is told.
    static void take(Ladder& ladder, const sip::Message& far) {
        auto ok = Ladder::answer(kPbx, far, 200, "pbx");
        ok.remove(HeaderName::contact);
        if (asked_of(far)) ok.add(HeaderName::contact, far.value(HeaderName::contact));
        ladder.from(kPbx, ok);
    }

    static void lose_connection(bool deregister) {
        Ladder ladder(policy_with(std::string("client_expires = \"60s\", deregister = ") + (deregister ? "true" : "false")));
        ladder.speak_over(base::ConnectionId{7});
        Phone ann(ladder), bob(ladder, kElsewhere);
        ann.registered();
        ladder.speak_over(base::ConnectionId{8});
        bob.from.set(HeaderName::to, "<sip:bob@203.0.113.1>");
        bob.registered();
        ladder.lose(base::ConnectionId{7});
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{deregister ? 1u : 2u}, ladder.b2bua().totals().registrations);
        CPPUNIT_ASSERT_EQUAL(!deregister, ladder.quiet(kPbx));
        if (deregister) CPPUNIT_ASSERT_EQUAL(0u, asked_of(ladder.to(kPbx)));
        CPPUNIT_ASSERT(bob.refreshed() > 0);
        ladder.lose(base::ConnectionId{7});                  // a second time it is nobody's
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        ladder.speak_over(base::ConnectionId{9});
        CPPUNIT_ASSERT_EQUAL(0u, ann.refreshed());           // a new connection is a new flow
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestRegistration);

}  // namespace sbc::test
