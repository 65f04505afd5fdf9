// Phones that survive their registrar: refreshes and calls while it is gone, what is not let through, and its return.
#include <cppunit/extensions/HelperMacros.h>

#include <optional>
#include <set>

#include "sbc/home.hh"
#include "sbc/phones.hh"
#include "tests/unit/sbc/phone.hh"

namespace sbc::test {

using namespace std::chrono_literals;
using sip::HeaderName;
using sip::Message;
using sip::Method;

namespace {

constexpr std::string_view kRules = "client_expires = \"60s\", registrar_expires = \"2m\", survive = \"2h\"";
constexpr std::string_view kBob = "203.0.113.30:5060", kBobsOther = "203.0.113.31:5060";

// Ann, and where the test says so bob, have registered with the PBX.
class Site : public Ladder {
 public:
    explicit Site(std::string_view rules = kRules, std::string_view more = {}) : Ladder(policy_with(rules, {}, more)) {
        ann_.expires = "100";
        ann_.registered();
    }

    Phone phone_of(std::string_view user, std::string_view at) {
        Phone phone(*this, at);
        const auto name = "<sip:" + std::string(user) + "@203.0.113.1>";
        phone.from.set(HeaderName::to, name);
        phone.from.set(HeaderName::from, name + ";tag=" + std::string(user));
        phone.expires = "100";
        phone.contact = "<sip:" + std::string(user) + "@" + std::string(at) + ">";
        return phone;
    }
    void bob_registers() {
        phone_of("bob", kBob).registered();
    }
    // The next refresh that crosses meets silence.
    void registrar_dies() {
        for (int i = 0; i < 20; ++i) {
            pass(50s);
            if (!ann_.refreshed()) break;
        }
        pass(9s);
        skip(kPbx);
        ann_last_ = final_to(kOutside);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, b2bua().totals().registrars_gone.size());
    }
    // The scout that looks for it next is answered.
    void registrar_returns(int status = 401) {
        for (int i = 0; i < 15 && !gone().empty(); ++i) {
            skip(kPbx);
            pass(1s);
            if (!quiet(kPbx)) from(kPbx, answer(kPbx, scout(), status, "pbx"));
        }
        skip(kPbx);
    }
    Message scout() {
        auto asked = to(kPbx);
        CPPUNIT_ASSERT(asked.method() == Method::register_ && !asked.has(HeaderName::contact));
        return asked;
    }
    Message final_to(std::string_view peer) {
        auto message = to(peer);
        while (!message.is_request() && message.status() < 200) message = to(peer);
        return message;
    }
    Message call_from(std::string_view peer, std::string_view user, std::string_view called) {
        auto call = invite(peer, called, description(peer, 4000));
        call.set(HeaderName::from, "<sip:" + std::string(user) + "@203.0.113.1>;tag=" + std::string(user));
        from(peer, call);
        acknowledge();
        return call;
    }
    // A call that rings there is taken, spoken, and ended by its caller.
    void is_taken(const Message& call, std::string_view at, const Message& rung) {
        from(at, answer(at, rung, 200, "callee", description(at, 6000)));
        acknowledge();
        const auto ok = final_to(kOutside);
        CPPUNIT_ASSERT_EQUAL(200, ok.status());
        CPPUNIT_ASSERT(ok.body().find("c=IN IP4 203.0.113.1") != std::string_view::npos);
        from(kOutside, within(call, ok, "ACK"));
        CPPUNIT_ASSERT(to(at).method() == Method::ack);
        CPPUNIT_ASSERT(open() > 0);
        from(kOutside, within(call, ok, "BYE"));
        CPPUNIT_ASSERT_EQUAL(200, to(kOutside).status());
        const auto bye = to(at);
        CPPUNIT_ASSERT(bye.method() == Method::bye);
        from(at, answer(at, bye, 200, {}));
    }
    Totals totals() { return b2bua().totals(); }
    std::vector<std::string> gone() { return totals().registrars_gone; }

    Phone ann_{*this};
    std::optional<Message> ann_last_;     // what her phone heard as the registrar died
};

}  // namespace

class TestSurvival : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestSurvival);
    CPPUNIT_TEST(who_was_registered_stays_so_for_as_long_as_the_policy_says);
    CPPUNIT_TEST(nobody_else_is_registered);
    CPPUNIT_TEST(one_answer_to_a_scout_and_all_goes_through_again);
    CPPUNIT_TEST(who_says_503_is_gone_and_who_is_only_slow_is_not);
    CPPUNIT_TEST(a_call_goes_straight_to_the_phone);
    CPPUNIT_TEST(the_first_call_finds_out_by_itself);
    CPPUNIT_TEST(a_refusal_of_the_living_registrar_stands);
    CPPUNIT_TEST(all_phones_of_a_user_ring);
    CPPUNIT_TEST(a_caller_who_gives_up_meanwhile_is_heard);
    CPPUNIT_TEST(strangers_call_nobody);
    CPPUNIT_TEST(other_requests_go_to_the_phone_that_came_last);
    CPPUNIT_TEST(without_the_key_nothing_is_different);
    CPPUNIT_TEST(a_crash_forgets_no_phone);
    CPPUNIT_TEST(a_reload_without_the_key_ends_it);
    CPPUNIT_TEST(routes_may_lead_to_phones);
    CPPUNIT_TEST(another_worker_is_asked_for_its_phones);
    CPPUNIT_TEST(the_first_worker_watches_for_all);
    CPPUNIT_TEST_SUITE_END();

 public:
    void who_was_registered_stays_so_for_as_long_as_the_policy_says() {
        Site site;
        site.registrar_dies();
        auto granted = Phone::granted(*site.ann_last_);
        const auto since = site.now();
        std::set<unsigned> all;
        while (site.now() < since + 100min) {
            CPPUNIT_ASSERT(granted >= 45 && granted <= 60);
            all.insert(granted);
            site.pass(std::chrono::seconds(granted) - 5s);
            site.skip(kPbx);
            granted = site.ann_.refreshed();
        }
        CPPUNIT_ASSERT(all.size() > 5);                      // they will not come back together
        CPPUNIT_ASSERT(site.totals().registers_survived > 50);
        CPPUNIT_ASSERT(site.b2bua().registrations().at(0).surviving);
        for (int i = 0; i < 30 && granted; ++i) {
            site.pass(40s);
            site.skip(kPbx);
            site.ann_.send();
            const auto heard = site.final_to(kOutside);
            granted = heard.status() == 200 ? Phone::granted(heard) : 0;
            if (!granted) CPPUNIT_ASSERT_EQUAL(480, heard.status());
        }
        CPPUNIT_ASSERT_EQUAL(0u, granted);
        site.pass(80s);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, site.totals().registrations);
    }

    void nobody_else_is_registered() {
        Site site;
        site.registrar_dies();
        auto eve = site.phone_of("eve", kElsewhere), same = site.phone_of("ann", kElsewhere);
        same.contact = "<sip:phone@" + std::string(kOutside) + ">";
        for (auto* phone : {&eve, &same}) {
            phone->send();
            CPPUNIT_ASSERT_EQUAL(480, site.final_to(kElsewhere).status());
        }
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, site.totals().registrations);
    }

    void one_answer_to_a_scout_and_all_goes_through_again() {
        Site site("client_expires = \"60s\", registrar_expires = \"10m\", survive = \"2h\"");
        site.registrar_dies();
        for (int i = 0; i < 3; ++i) {
            site.pass(9s);
            site.skip(kPbx);
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, site.gone().size());
        }
        CPPUNIT_ASSERT(site.ann_.refreshed() > 0);
        site.registrar_returns();
        CPPUNIT_ASSERT(site.gone().empty());
        CPPUNIT_ASSERT_EQUAL(0u, site.ann_.refreshed());
        site.ann_.taken();
        CPPUNIT_ASSERT_EQUAL(60u, Phone::granted(site.final_to(kOutside)));
        site.pass(20s);
        CPPUNIT_ASSERT(site.ann_.refreshed() > 0 && !site.b2bua().registrations().at(0).surviving);
        site.pass(80s);
        site.skip(kPbx);
        CPPUNIT_ASSERT(site.is_empty_after(40s));
    }

    void who_says_503_is_gone_and_who_is_only_slow_is_not() {
        Site site;
        auto eve = site.phone_of("eve", kElsewhere);
        for (const bool dead : {false, true}) {
            eve.send();
            site.from(kPbx, Ladder::answer(kPbx, site.to(kPbx), 503, "pbx"));
            CPPUNIT_ASSERT_EQUAL(503, site.final_to(kElsewhere).status());
            site.from(kPbx, Ladder::answer(kPbx, site.scout(), dead ? 503 : 404, "pbx"));
            CPPUNIT_ASSERT_EQUAL(dead, !site.gone().empty());
            if (!dead) site.pass(33s);
        }
        site.registrar_returns(200);
        CPPUNIT_ASSERT(site.gone().empty());
        site.pass(40s);
        site.skip(kPbx);
        eve.send();
        const auto late = site.to(kPbx);
        site.pass(5s);
        site.skip(kElsewhere);
        site.to(kPbx);
        for (auto asked = site.to(kPbx);; asked = site.to(kPbx)) {   // repeated, or the scout
            if (asked.has(HeaderName::contact)) continue;
            site.from(kPbx, Ladder::answer(kPbx, asked, 401, "pbx"));
            break;
        }
        site.pass(10s);
        CPPUNIT_ASSERT(site.gone().empty());
        site.from(kPbx, Ladder::answer(kPbx, late, 404, "pbx"));
        CPPUNIT_ASSERT_EQUAL(404, site.final_to(kElsewhere).status());
    }

    void a_call_goes_straight_to_the_phone() {
        Site site;
        site.bob_registers();
        site.registrar_dies();
        const auto call = site.call_from(kOutside, "ann", "bob");
        const auto rung = site.to(kBob);
        CPPUNIT_ASSERT_EQUAL(std::string("sip:bob@203.0.113.30:5060"), std::string(rung.request_uri()));
        CPPUNIT_ASSERT(rung.serialize().find("203.0.113.20") == std::string::npos);
        site.is_taken(call, kBob, rung);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, site.totals().calls_survived);
        site.call_from(kOutside, "ann", "nobody");
        CPPUNIT_ASSERT_EQUAL(480, site.final_to(kOutside).status());
    }

    void the_first_call_finds_out_by_itself() {
        Site site;
        site.bob_registers();
        const auto call = site.call_from(kOutside, "ann", "bob");
        CPPUNIT_ASSERT(site.to(kPbx).method() == Method::invite);
        CPPUNIT_ASSERT(site.quiet(kBob));
        site.pass(5s);
        site.acknowledge();
        const auto rung = site.to(kBob);
        site.is_taken(call, kBob, rung);
        site.pass(4s);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, site.gone().size());
    }

    void a_refusal_of_the_living_registrar_stands() {
        Site site;
        site.bob_registers();
        for (const int status : {404, 486, 408, 500}) {
            site.skip(kPbx);
            site.call_from(kOutside, "ann", "bob");
            site.from(kPbx, Ladder::answer(kPbx, site.to(kPbx), status, "pbx"));
            CPPUNIT_ASSERT_EQUAL(status, site.final_to(kOutside).status());
        }
        const auto call = site.call_from(kOutside, "ann", "bob");
        site.from(kOutside, Ladder::cancel(call));
        site.pass(9s);
        CPPUNIT_ASSERT(site.quiet(kBob) && site.gone().empty());
    }

    void all_phones_of_a_user_ring() {
        Site site;
        site.bob_registers();
        auto other = site.phone_of("bob", kBobsOther);
        other.registered();
        site.registrar_dies();
        const auto call = site.call_from(kOutside, "ann", "bob");
        const auto rung = site.to(kBob), rung_too = site.to(kBobsOther);
        CPPUNIT_ASSERT(rung.call_id() != rung_too.call_id());
        site.from(kBobsOther, Ladder::answer(kBobsOther, rung_too, 180, "two"));
        site.is_taken(call, kBob, rung);
        const auto cancel = site.to(kBobsOther);
        CPPUNIT_ASSERT(cancel.method() == Method::cancel);
        site.from(kBobsOther, Ladder::answer(kBobsOther, cancel, 200, "two"));
        site.from(kBobsOther, Ladder::answer(kBobsOther, rung_too, 487, "two"));
        CPPUNIT_ASSERT(site.to(kBobsOther).method() == Method::ack);
        site.pass(40s);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, site.totals().calls);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, site.open());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, site.records().size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, site.records().front()->branches.size());
    }

    void a_caller_who_gives_up_meanwhile_is_heard() {
        const auto policy = policy_with(kRules, {}, "[[routes]]\nname = \"phones\"\nfrom = \"inside\"\nto = \"registered\"\n");
        Ladder ladder(policy);
        ladder.crash(policy, base::WorkerId{static_cast<std::uint8_t>(1 - home_of_record("sip:bob@198.51.100.1", 2).value)}, 2);
        const auto call = ladder.invite(kPbx, "bob", description(kPbx, 4000));
        ladder.from(kPbx, call);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.phone_questions.size());
        ladder.skip(kPbx);
        ladder.from(kPbx, Ladder::cancel(call));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kPbx).status());
        CPPUNIT_ASSERT_EQUAL(487, ladder.to(kPbx).status());
        for (std::size_t i = 0; i < ladder.phone_questions.size(); ++i) {
            ladder.b2bua().on_phones(ladder.phone_questions[i].number, std::make_shared<const std::vector<sbc::Phone>>(), ladder.now());
            ladder.collect();
        }
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void strangers_call_nobody() {
        Site site;
        site.bob_registers();
        site.registrar_dies();
        for (const auto* name : {"eve", "ann", "bob"}) {
            site.call_from(kElsewhere, name, "bob");
            CPPUNIT_ASSERT_EQUAL(480, site.final_to(kElsewhere).status());
        }
        CPPUNIT_ASSERT(site.quiet(kBob));
    }

    void other_requests_go_to_the_phone_that_came_last() {
        Site site;
        site.bob_registers();
        site.pass(2s);
        site.phone_of("bob", kBobsOther).registered();
        site.registrar_dies();
        auto text = site.request(kOutside, "MESSAGE", "sip:bob@203.0.113.1:5060");
        text.set(HeaderName::from, "<sip:ann@203.0.113.1>;tag=m");
        site.from(kOutside, text);
        CPPUNIT_ASSERT(site.quiet(kBob));
        const auto far = site.to(kBobsOther);
        CPPUNIT_ASSERT(far.method() == Method::message);
        site.from(kBobsOther, Ladder::answer(kBobsOther, far, 200, "two"));
        CPPUNIT_ASSERT_EQUAL(200, site.final_to(kOutside).status());
        text = site.request(kElsewhere, "MESSAGE", "sip:bob@203.0.113.1");
        site.from(kElsewhere, text);
        CPPUNIT_ASSERT_EQUAL(480, site.final_to(kElsewhere).status());
    }

    void without_the_key_nothing_is_different() {
        Site site("client_expires = \"60s\", registrar_expires = \"10m\"");
        site.bob_registers();
        site.call_from(kOutside, "ann", "bob");
        site.pass(33s);
        CPPUNIT_ASSERT_EQUAL(408, site.final_to(kOutside).status());
        CPPUNIT_ASSERT(site.quiet(kBob) && site.gone().empty());
        site.skip(kPbx);
        auto eve = site.phone_of("eve", kElsewhere);
        eve.send();
        site.pass(33s);
        CPPUNIT_ASSERT_EQUAL(408, site.final_to(kElsewhere).status());
        CPPUNIT_ASSERT(site.gone().empty());
    }

    void a_crash_forgets_no_phone() {
        Site site;
        site.registrar_dies();
        for (int i = 0; i < 20; ++i) {                       // far beyond what the registrar gave
            site.pass(40s);
            CPPUNIT_ASSERT(site.ann_.refreshed() > 0 || (site.skip(kPbx), Phone::granted(site.final_to(kOutside)) > 0));
            site.skip(kPbx);
        }
        site.crash(policy_with(kRules));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, site.totals().registrations);
        site.pass(40s);
        site.ann_.send();                                    // nobody knows yet that the registrar is gone
        CPPUNIT_ASSERT(site.to(kPbx).method() == Method::register_);
        site.pass(9s);
        CPPUNIT_ASSERT(Phone::granted(site.final_to(kOutside)) >= 45);
    }

    void a_reload_without_the_key_ends_it() {
        Site site;
        site.registrar_dies();
        site.reload(policy_with("client_expires = \"60s\""));
        CPPUNIT_ASSERT(site.gone().empty());
        site.pass(100s);
        site.skip(kPbx);
        CPPUNIT_ASSERT(site.is_empty_after(1h));
    }

    void routes_may_lead_to_phones() {
        Site site(kRules, "[[routes]]\nname = \"phones\"\nfrom = \"inside\"\nto = \"registered\"\n");
        auto second = site.phone_of("ann", kElsewhere);
        second.registered();
        auto call = site.invite(kPbx, "ann", description(kPbx, 4000));
        call.set_request_uri("sip:ann@203.0.113.1");
        site.from(kPbx, call);
        site.acknowledge();
        CPPUNIT_ASSERT(site.to(kOutside).method() == Method::invite && site.to(kElsewhere).method() == Method::invite);
        site.skip(kPbx);
        site.from(kPbx, Ladder::cancel(call));
        CPPUNIT_ASSERT_EQUAL(200, site.to(kPbx).status());
        CPPUNIT_ASSERT_EQUAL(487, site.to(kPbx).status());
        call = site.invite(kPbx, "carol", description(kPbx, 4000));
        site.from(kPbx, call);
        CPPUNIT_ASSERT_EQUAL(480, site.final_to(kPbx).status());
    }

    void another_worker_is_asked_for_its_phones() {
        const auto policy = policy_with(kRules, {}, "[[routes]]\nname = \"phones\"\nfrom = \"inside\"\nto = \"registered\"\n");
        const auto home = home_of_record("sip:bob@example.com", 2);
        Ladder ladder(policy);
        ladder.crash(policy, base::WorkerId{static_cast<std::uint8_t>(1 - home.value)}, 2);
        auto call = ladder.invite(kPbx, "bob", description(kPbx, 4000));
        call.set_request_uri("sip:bob@Example.COM:5060;transport=udp");
        ladder.from(kPbx, call);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.phone_questions.size());
        const auto& question = ladder.phone_questions.front();
        CPPUNIT_ASSERT(question.home == home && question.aor == "sip:bob@example.com");
        const base::Flow flow{{}, base::Transport::udp, *base::Endpoint::parse("203.0.113.1:5060"), *base::Endpoint::parse(kBob), {}};
        const std::vector<sbc::Phone> phones{{"sip:bob@10.0.0.9", {}, flow, "pbx", true, {}}};
        ladder.b2bua().on_phones(question.number, std::make_shared<const std::vector<sbc::Phone>>(phones), ladder.now());
        ladder.collect();
        ladder.acknowledge();
        CPPUNIT_ASSERT_EQUAL(std::string("sip:bob@10.0.0.9"), std::string(ladder.to(kBob).request_uri()));
    }

    void the_first_worker_watches_for_all() {
        const auto policy = policy_with(kRules);
        Ladder other(policy);
        other.crash(policy, base::WorkerId{1}, 2);
        auto message = other.request(kOutside, "MESSAGE", "sip:bob@203.0.113.1");
        for (int i = 0; i < 3; ++i) {
            message = other.request(kOutside, "MESSAGE", "sip:bob@203.0.113.1");
            other.from(kOutside, message);
            other.from(kPbx, Ladder::answer(kPbx, other.to(kPbx), 503, "pbx"));
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, other.news.size());
        CPPUNIT_ASSERT(other.news.front().kind == RegistrarNews::Kind::suspected && other.news.front().to == base::WorkerId{});
        Ladder first(policy);
        first.crash(policy, base::WorkerId{0}, 2);
        first.b2bua().on_news(other.news.front(), first.now());
        first.collect();
        first.pass(5s);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, first.news.size());
        CPPUNIT_ASSERT(first.news.front().kind == RegistrarNews::Kind::gone && !first.news.front().to);
        other.b2bua().on_news(first.news.front(), other.now());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, other.b2bua().totals().registrars_gone.size());
        first.skip(kPbx);
        first.pass(5s);
        first.from(kPbx, Ladder::answer(kPbx, first.to(kPbx), 200, "pbx"));
        CPPUNIT_ASSERT(first.news.back().kind == RegistrarNews::Kind::back);
        other.b2bua().on_news(first.news.back(), other.now());
        CPPUNIT_ASSERT(other.b2bua().totals().registrars_gone.empty());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestSurvival);

}  // namespace sbc::test
