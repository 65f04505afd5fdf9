// Refreshes that are answered in the registrar's place, and those that are not; a registrar that is busy or silent.
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <set>

#include "tests/unit/sbc/accounts.hh"
#include "tests/unit/sbc/phone.hh"

namespace sbc::test {

using namespace std::chrono_literals;
using sip::HeaderName;
using sip::Message;

class TestRefreshes : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestRefreshes);
    CPPUNIT_TEST(the_phone_is_told_less_than_the_registrar_gave);
    CPPUNIT_TEST(refreshes_are_answered_here_until_the_registrars_time_nears_its_end);
    CPPUNIT_TEST(nothing_is_answered_here_before_the_registrar_said_yes);
    CPPUNIT_TEST(what_is_not_the_same_goes_through);
    CPPUNIT_TEST(another_flow_goes_through);
    CPPUNIT_TEST(a_repeated_refresh_is_answered_again_and_an_old_one_is_not);
    CPPUNIT_TEST(the_answer_says_what_the_registrar_said);
    CPPUNIT_TEST(credentials_must_be_the_same_where_the_policy_says_so);
    CPPUNIT_TEST(a_challenge_of_our_own_is_not_skipped);
    CPPUNIT_TEST(without_rules_every_register_crosses);
    CPPUNIT_TEST(a_restart_changes_nothing_for_a_phone_over_udp);
    CPPUNIT_TEST(a_busy_registrar_is_spared);
    CPPUNIT_TEST(a_silent_registrar_is_stood_in_for);
    CPPUNIT_TEST_SUITE_END();

 public:
    void the_phone_is_told_less_than_the_registrar_gave() {
        Ladder ladder(policy_with("client_expires = \"60s\", registrar_expires = \"2h\""));
        Phone ann(ladder);
        ann.send();
        const auto far = ann.taken();
        CPPUNIT_ASSERT_EQUAL(7200u, asked_of(far));
        CPPUNIT_ASSERT(!far.has(HeaderName::expires));
        CPPUNIT_ASSERT_EQUAL(60u, Phone::granted(ladder.to(kOutside)));
        ann.expires = "30";                                  // what it asks for is no more than it gets
        ladder.pass(20s);
        CPPUNIT_ASSERT_EQUAL(30u, ann.refreshed());
        ann.expires = "0";
        ann.send();
        CPPUNIT_ASSERT_EQUAL(0u, asked_of(ann.taken()));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void refreshes_are_answered_here_until_the_registrars_time_nears_its_end() {
        Ladder ladder(policy_with("client_expires = \"60s\", registrar_expires = \"1h\""));
        Phone ann(ladder);
        ann.registered();
        unsigned here = 0, through = 0;
        for (int i = 0; i < 720; ++i) {                      // ten hours
            ladder.pass(50s);
            if (ann.refreshed()) {
                ++here;
                continue;
            }
            ++through;
            ann.taken();
            CPPUNIT_ASSERT_EQUAL(60u, Phone::granted(ladder.to(kOutside)));
        }
        CPPUNIT_ASSERT_EQUAL(720u, here + through);
        CPPUNIT_ASSERT(through >= 10 && through <= 21);      // between half and nine tenths of an hour
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{here}, ladder.b2bua().totals().registers_answered);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{through} + 1, ladder.b2bua().totals().registers_relayed);
    }

    void nothing_is_answered_here_before_the_registrar_said_yes() {
        Ladder ladder(policy_with("client_expires = \"60s\""));
        Phone ann(ladder);
        for (const int status : {401, 503, 408}) {
            ann.send();
            ladder.from(kPbx, Ladder::answer(kPbx, ladder.to(kPbx), status, "pbx"));
            CPPUNIT_ASSERT_EQUAL(status, ladder.to(kOutside).status());
            ladder.pass(40s);
        }
        CPPUNIT_ASSERT_EQUAL(0u, ann.refreshed());
        ladder.to(kPbx);
        ann.send();
        CPPUNIT_ASSERT(ladder.quiet(kPbx) && ladder.quiet(kOutside));   // the first is still under way
    }

    void what_is_not_the_same_goes_through() {
        Ladder ladder(policy_with("client_expires = \"60s\""));
        Phone ann(ladder);
        const auto goes_through = [&] {
            const bool through = ann.refreshed() == 0;
            if (through) challenge(ladder);
            return through;
        };
        ann.contact = "<sip:ann@203.0.113.20:5060>;q=0.5";
        ann.registered();
        CPPUNIT_ASSERT(!goes_through());
        ann.contact = "<sip:ann@203.0.113.20:5060>;q=0.6";
        CPPUNIT_ASSERT(goes_through());
        ann.contact = "<sip:ann@203.0.113.20:5062>;q=0.5";
        CPPUNIT_ASSERT(goes_through());
        ann.contact = "<sip:ann@203.0.113.20:5060>;q=0.5, <sip:ann@203.0.113.20:5070>";
        CPPUNIT_ASSERT(goes_through());
        ann.contact = "<sip:ann@203.0.113.20:5060>;q=0.5;expires=300";   // how long may differ
        CPPUNIT_ASSERT(!goes_through());
        auto other_series = ann.next();
        other_series.set(HeaderName::call_id, "another");
        ladder.from(kOutside, other_series);
        challenge(ladder);
        auto query = ann.next();
        query.remove(HeaderName::contact);
        ladder.from(kOutside, query);
        challenge(ladder);
        auto extension = ann.next();
        extension.set(HeaderName::require, "path");
        ladder.from(kOutside, extension);
        challenge(ladder);
        ann.contact = "<sip:ann@203.0.113.20:5060>;q=0.5;expires=0";
        CPPUNIT_ASSERT(goes_through());
    }

    void another_flow_goes_through() {
        Ladder ladder(policy_with("client_expires = \"60s\""));
        Phone ann(ladder);
        ann.contact = "<sip:ann@10.0.0.2:5060>";
        ann.registered();
        for (const auto place : {kElsewhere, std::string_view("203.0.113.20:5061")}) {
            ladder.from(place, ann.next());
            CPPUNIT_ASSERT(ladder.quiet(place));
            const auto far = ladder.to(kPbx);
            ladder.from(kPbx, Ladder::answer(kPbx, far, 401, "pbx"));    // no challenge is skipped
            CPPUNIT_ASSERT_EQUAL(401, ladder.to(place).status());
        }
        CPPUNIT_ASSERT(ann.refreshed() > 0);                             // and the first flow has lost nothing
    }

    void a_repeated_refresh_is_answered_again_and_an_old_one_is_not() {
        Ladder ladder(policy_with("client_expires = \"60s\""));
        Phone ann(ladder);
        ann.registered();
        const auto refresh = ann.next();
        std::string first;
        for (int i = 0; i < 3; ++i) {
            ladder.from(kOutside, refresh);
            const auto ok = ladder.to(kOutside);
            if (first.empty()) first = ok.serialize();
            CPPUNIT_ASSERT_EQUAL(first, ok.serialize());
        }
        CPPUNIT_ASSERT(ann.refreshed() > 0);
        auto late = refresh.clone();
        late.set(HeaderName::via, "SIP/2.0/UDP 203.0.113.20:5060;branch=z9hG4bKlate;rport");
        ladder.from(kOutside, late);
        CPPUNIT_ASSERT_EQUAL(500, ladder.to(kOutside).status());
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
    }

    void the_answer_says_what_the_registrar_said() {
        Ladder ladder(policy_with("client_expires = \"60s\", registrar_expires = \"1h\""));
        Phone ann(ladder);
        ann.contact = "<sip:ann@203.0.113.20:5060>;q=0.5";
        ann.send();
        const auto far = ladder.to(kPbx);
        auto ok = Ladder::answer(kPbx, far, 200, "pbx");
        ok.set(HeaderName::contact, std::string(far.value(HeaderName::contact)) + ", <sip:desk@198.51.100.77>;expires=50");
        ok.add("Service-Route", "<sip:198.51.100.10;lr>");
        ok.add(HeaderName::supported, "outbound, path");
        ok.add("P-Associated-URI", "<sip:ann@example.com>");
        ok.add("P-Associated-URI", "<tel:+4722>");
        ok.add(HeaderName::date, "Sat, 13 Nov 2010 23:29:00 GMT");
        ok.add(HeaderName::expires, "3600");
        ok.add("Authentication-Info", "nextnonce=\"once\"");
        ladder.from(kPbx, ok);
        const auto crossed = ladder.to(kOutside);
        ladder.pass(25s);
        ann.send();
        const auto said = ladder.to(kOutside);
        for (const auto* name : {"Service-Route", "P-Associated-URI", "Supported"})
            CPPUNIT_ASSERT_EQUAL(std::string(crossed.value(name)), std::string(said.value(name)));
        CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{2}, std::ranges::count(said.headers(), "P-Associated-URI", &sip::Header::name));
        CPPUNIT_ASSERT(said.value(HeaderName::supported) == "outbound, path" && !said.has(HeaderName::service_route));
        CPPUNIT_ASSERT(!said.has(HeaderName::date) && !said.has(HeaderName::expires) && !said.has(HeaderName::authentication_info));
        CPPUNIT_ASSERT(!crossed.has(HeaderName::expires));
        CPPUNIT_ASSERT_EQUAL(std::string("<sip:ann@203.0.113.20:5060>;q=0.5;expires=60"), std::string(said.value(HeaderName::contact)));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, said.items(HeaderName::contact).size());
        CPPUNIT_ASSERT(!said.to_tag().empty());
    }

    void credentials_must_be_the_same_where_the_policy_says_so() {
        const std::string anns = "Digest username=\"ann\", realm=\"r\", nonce=\"n\", uri=\"sip:r\", response=\"0\"";
        const std::string bobs = "Digest username=\"bob\", realm=\"r\", nonce=\"n\", uri=\"sip:r\", response=\"0\"";
        for (const bool strict : {false, true}) {
            Ladder ladder(policy_with(strict ? "proof = \"credentials\"" : "proof = \"flow\""));
            Phone ann(ladder);
            ann.credentials = anns;
            ann.registered();
            CPPUNIT_ASSERT(ann.refreshed() > 0);
            ann.credentials.clear();
            CPPUNIT_ASSERT_EQUAL(strict, ann.refreshed() == 0);
            if (strict) challenge(ladder);
            ann.credentials = bobs;
            CPPUNIT_ASSERT_EQUAL(0u, ann.refreshed());
            challenge(ladder);
            ann.credentials = anns;
            CPPUNIT_ASSERT(ann.refreshed() > 0);
        }
    }

    void a_challenge_of_our_own_is_not_skipped() {
        Ladder open(policy_with("client_expires = \"60s\""));
        Phone ann(open);
        ann.registered();
        const auto journal = open.journal();
        // The same binding, in a life whose policy asks for a password.
        const Secret users("ann:r:" + std::string(32, '0') + "\n");
        const auto policy = policy_with("client_expires = \"60s\"", {},
                                        "[zones.outside.auth]\nrealm = \"r\"\nalgorithms = \"MD5\"\nusers_file = \"" + users.path() + "\"\n");
        Ladder ladder(policy);
        ladder.journal() = journal;
        ladder.crash(policy);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, ladder.b2bua().totals().registrations);
        ladder.from(kOutside, ann.next());
        CPPUNIT_ASSERT_EQUAL(401, ladder.to(kOutside).status());
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
    }

    void without_rules_every_register_crosses() {
        Ladder ladder;
        Phone ann(ladder);
        ann.send();
        const auto far = ann.taken();
        CPPUNIT_ASSERT_EQUAL(std::string("600"), std::string(far.value(HeaderName::expires)));
        ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(0u, ann.refreshed());
    }

    void a_restart_changes_nothing_for_a_phone_over_udp() {
        const auto policy = policy_with("client_expires = \"60s\", registrar_expires = \"1h\"");
        Ladder ladder(policy);
        Phone ann(ladder);
        ann.registered();
        for (int i = 0; i < 10; ++i) {
            ladder.pass(55s);
            CPPUNIT_ASSERT(ann.refreshed() > 0);
        }
        const auto records = ladder.journal();
        ladder.pass(55s);
        ann.refreshed();
        CPPUNIT_ASSERT(records == ladder.journal());         // a refresh that is answered here is not written down
        ladder.crash(policy);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, ladder.b2bua().totals().registrations);
        ladder.pass(55s);
        CPPUNIT_ASSERT_EQUAL(60u, ann.refreshed());
        ladder.skip(kPbx);
        ladder.crash(policy);
        ladder.pass(75s);                                    // nobody came
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, ladder.b2bua().totals().registrations);
        CPPUNIT_ASSERT_EQUAL(0u, asked_of(ladder.to(kPbx)));
        CPPUNIT_ASSERT(ladder.journal().empty());
    }

    void a_busy_registrar_is_spared() {
        Ladder ladder(policy_with("client_expires = \"60s\"",
                                  "registers = 2, registers_per_second = 3, retry_after = \"20s\""));
        Phone ann(ladder);
        ann.registered();
        std::vector<Phone> crowd;
        for (int i = 0; i < 40; ++i) crowd.emplace_back(ladder, "203.0.113.1" + std::to_string(10 + i) + ":5060");
        std::set<unsigned> waits;
        unsigned refused = 0;
        for (auto& phone : crowd) {
            phone.from.set(HeaderName::to, "<sip:" + phone.at.substr(0, phone.at.find(':')) + "@203.0.113.1>");
            phone.send();
            if (ladder.quiet(phone.at)) continue;
            const auto no = ladder.to(phone.at);
            CPPUNIT_ASSERT_EQUAL(503, no.status());
            const auto wait = static_cast<unsigned>(std::stoul(std::string(no.value(HeaderName::retry_after))));
            CPPUNIT_ASSERT(wait >= 10 && wait <= 30);
            waits.insert(wait);
            ++refused;
        }
        CPPUNIT_ASSERT_EQUAL(38u, refused);
        CPPUNIT_ASSERT(waits.size() > 8);                    // they do not come together again
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{38}, ladder.b2bua().refusals()[static_cast<std::size_t>(base::Reason::peer_limit)]);
        ladder.pass(50s);                                    // those under way have failed; they come again at once
        ladder.skip(kPbx);
        for (auto& phone : crowd) phone.send();
        ladder.skip(kPbx);
        CPPUNIT_ASSERT(ann.refreshed() > 0);                 // who is registered notices nothing
        // ... not even where his refresh ought to have gone through.
        Ladder due(policy_with("client_expires = \"60s\", registrar_expires = \"2m\"", "registers = 1"));
        Phone bob(due), eve(due, kElsewhere);
        bob.expires = "60";
        bob.registered();
        due.pass(30s);
        eve.from.set(HeaderName::to, "<sip:eve@203.0.113.1>");
        eve.send();
        due.to(kPbx);
        CPPUNIT_ASSERT_EQUAL(60u, bob.refreshed());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, due.b2bua().refusals()[static_cast<std::size_t>(base::Reason::peer_limit)]);
    }

    void a_silent_registrar_is_stood_in_for() {
        Ladder ladder(policy_with("client_expires = \"60s\", registrar_expires = \"1h\""));
        Phone ann(ladder);
        ann.registered();
        unsigned through = 0;
        for (int i = 0; through < 2; ++i) {                  // it says 503 first, and nothing then
            CPPUNIT_ASSERT(i < 80);
            ladder.pass(45s);
            ann.send();
            if (!ladder.quiet(kPbx)) {
                const auto far = ladder.to(kPbx);
                if (++through == 1) ladder.from(kPbx, Ladder::answer(kPbx, far, 503, "pbx"));
                else ladder.pass(33s);
                ladder.skip(kPbx);
            }
            auto heard = ladder.to(kOutside);
            if (heard.status() == 100) heard = ladder.to(kOutside);
            CPPUNIT_ASSERT_EQUAL(60u, Phone::granted(heard));
        }
        CPPUNIT_ASSERT(ann.refreshed() > 0);                 // the next does not try it at once
    }

 private:
    // The registrar wants to know who that is: the binding stays as it is.
    static void challenge(Ladder& ladder) {
        const auto far = ladder.to(kPbx);
        CPPUNIT_ASSERT(far.method() == sip::Method::register_);
        ladder.from(kPbx, Ladder::answer(kPbx, far, 401, "pbx"));
        CPPUNIT_ASSERT_EQUAL(401, ladder.to(kOutside).status());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestRefreshes);

}  // namespace sbc::test
