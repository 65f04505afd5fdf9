// Our own registrations with time moved by hand: when they are refreshed, what follows a failure, and how they end.
#include <cppunit/extensions/HelperMacros.h>

#include "policy/loader.hh"
#include "tests/unit/sbc/accounts.hh"

namespace sbc::test {
namespace {

using namespace std::chrono_literals;
using sip::HeaderName;
using sip::Message;
using sip::Method;

struct Line {
    explicit Line(const std::string& more = {})
        : password("s3cret\n"), ladder(carrier_policy(password, "register = true\n" + more)) {}
    Secret password;
    Ladder ladder;

    Message next() {
        auto request = ladder.to(kCarrier);
        CPPUNIT_ASSERT(request.method() == Method::register_);
        return request;
    }
    void answer(const Message& request, int status, HeaderName header = HeaderName::other, std::string_view value = {}) {
        auto response = Ladder::answer(kCarrier, request, status, "registrar");
        response.remove(HeaderName::contact);
        if (status == 200) response.set(HeaderName::contact, request.value(HeaderName::contact));
        if (header != HeaderName::other) response.set(header, value);
        ladder.skip(kCarrier);   // what was sent again before the answer came
        ladder.from(kCarrier, response);
    }
    PeerView view() {
        for (const auto& peer : ladder.b2bua().peers())
            if (peer.name == "carrier") return peer;
        CPPUNIT_FAIL("no carrier");
        return {};
    }
    // How long nothing was sent to the registrar.
    base::Duration silence() {
        const auto begin = ladder.now();
        while (ladder.quiet(kCarrier)) {
            CPPUNIT_ASSERT(ladder.now() < begin + 24h);
            ladder.pass(1s);
        }
        return ladder.now() - begin;
    }
};

}  // namespace

class TestCarrierRegistration : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestCarrierRegistration);
    CPPUNIT_TEST(it_registers_at_the_start_and_proves_itself);
    CPPUNIT_TEST(it_says_what_the_policy_says);
    CPPUNIT_TEST(no_register_overtakes_another_and_no_route_is_learned);
    CPPUNIT_TEST(it_refreshes_at_four_fifths_of_what_was_granted);
    CPPUNIT_TEST(a_registrar_may_want_longer);
    CPPUNIT_TEST(failures_wait_longer_and_longer);
    CPPUNIT_TEST(retry_after_is_honoured);
    CPPUNIT_TEST(silence_is_a_failure);
    CPPUNIT_TEST(a_wrong_password_waits);
    CPPUNIT_TEST(it_ends_at_a_clean_end);
    CPPUNIT_TEST(another_worker_leaves_it_alone);
    CPPUNIT_TEST(a_call_to_the_contact_comes_from_the_peer);
    CPPUNIT_TEST(a_reload_changes_what_has_changed);
    CPPUNIT_TEST_SUITE_END();

    void it_registers_at_the_start_and_proves_itself() {
        Line line;
        const auto request = line.next();
        CPPUNIT_ASSERT_EQUAL(std::string("sip:203.0.113.70"), std::string(request.request_uri()));
        CPPUNIT_ASSERT_EQUAL(std::string("<sip:acme@203.0.113.70>"), std::string(request.value(HeaderName::to)));
        CPPUNIT_ASSERT_EQUAL(std::string("<sip:acme@203.0.113.1:5060>;expires=3600"), std::string(request.value(HeaderName::contact)));
        CPPUNIT_ASSERT(line.view().registered == false);
        line.ladder.from(kCarrier, challenged(kCarrier, request, 401, {challenge("carrier", "n", base::HashName::sha256)}));
        const auto again = line.next();
        CPPUNIT_ASSERT(proves(again, "s3cret"));
        CPPUNIT_ASSERT(request.call_id() == again.call_id() && request.from_tag() == again.from_tag());
        CPPUNIT_ASSERT_EQUAL(request.cseq() + 1, again.cseq());
        line.answer(again, 200);
        CPPUNIT_ASSERT(line.view().registered == true && line.view().expires_s == 3600 && line.view().last_failure.empty());
    }

    void it_says_what_the_policy_says() {
        Line line("aor = \"sip:+4722000000@carrier.example\"\ncontact_user = \"trunk-7\"\nexpires = \"10m\"\n");
        const auto request = line.next();
        CPPUNIT_ASSERT_EQUAL(std::string("<sip:+4722000000@carrier.example>"), std::string(request.value(HeaderName::to)));
        CPPUNIT_ASSERT_EQUAL(std::string("<sip:trunk-7@203.0.113.1:5060>;expires=600"), std::string(request.value(HeaderName::contact)));
        CPPUNIT_ASSERT_EQUAL(std::string("600"), std::string(request.value(HeaderName::expires)));
    }

    // RFC 3261, 10.2
    void no_register_overtakes_another_and_no_route_is_learned() {
        Line line;
        const auto first = line.next();
        line.ladder.pass(20s);
        while (!line.ladder.quiet(kCarrier)) CPPUNIT_ASSERT(line.next().serialize() == first.serialize());   // the same again
        line.answer(first, 200, HeaderName::record_route, "<sip:198.51.100.99;lr>");
        line.silence();
        const auto refresh = line.next();
        CPPUNIT_ASSERT(!refresh.has(HeaderName::route) && refresh.request_uri() == first.request_uri());
        CPPUNIT_ASSERT(refresh.request_uri().find('@') == std::string_view::npos);
    }

    void it_refreshes_at_four_fifths_of_what_was_granted() {
        Line line;
        auto request = line.next();
        line.answer(request, 200, HeaderName::contact, "<sip:other@192.0.2.1>;expires=7, <sip:acme@203.0.113.1:5060>;expires=100");
        CPPUNIT_ASSERT_EQUAL(100U, line.view().expires_s);
        for (int i = 0; i < 20; ++i) {
            const auto waited = line.silence();
            CPPUNIT_ASSERT_MESSAGE(std::to_string(waited / 1ms), waited >= 80s && waited <= 91s);
            const auto refresh = line.next();
            CPPUNIT_ASSERT(refresh.call_id() == request.call_id() && refresh.cseq() == request.cseq() + 1);
            line.answer(refresh, 200, HeaderName::contact, "<sip:acme@203.0.113.1:5060>;expires=100");
            request = refresh.clone();
        }
    }

    void a_registrar_may_want_longer() {
        Line line("expires = \"1m\"\n");
        line.answer(line.next(), 423, HeaderName::min_expires, "1800");
        const auto longer = line.next();
        CPPUNIT_ASSERT_EQUAL(std::string("1800"), std::string(longer.value(HeaderName::expires)));
        line.answer(longer, 423, HeaderName::min_expires, "3600");   // never satisfied
        CPPUNIT_ASSERT(line.ladder.quiet(kCarrier));
        CPPUNIT_ASSERT(line.silence() >= 15s);
        line.answer(line.next(), 423, HeaderName::min_expires, "9999999");
        CPPUNIT_ASSERT(line.ladder.quiet(kCarrier));
    }

    void failures_wait_longer_and_longer() {
        Line line;
        base::Duration most = 30s;
        for (int i = 0; i < 12; ++i) {
            line.answer(line.next(), 503);
            CPPUNIT_ASSERT_EQUAL(std::string("503 Service Unavailable"), line.view().last_failure);
            const auto waited = line.silence();
            CPPUNIT_ASSERT_MESSAGE(std::to_string(i) + " " + std::to_string(waited / 1ms), waited >= most / 2 && waited <= most + 1s);
            most = std::min<base::Duration>(2 * most, 30min);
        }
        line.answer(line.next(), 200);
        CPPUNIT_ASSERT(line.view().registered == true && line.view().last_failure.empty());
        line.silence();
        line.answer(line.next(), 500);
        CPPUNIT_ASSERT(line.view().registered == true);   // until its time is over
        CPPUNIT_ASSERT(line.silence() <= 31s);
    }

    void retry_after_is_honoured() {
        Line line;
        line.answer(line.next(), 503, HeaderName::retry_after, "300 (maintenance);duration=60");
        const auto waited = line.silence();
        CPPUNIT_ASSERT(waited >= 300s && waited <= 301s);
    }

    void silence_is_a_failure() {
        Line line;
        line.next();
        line.ladder.pass(33s);
        line.ladder.skip(kCarrier);
        CPPUNIT_ASSERT_EQUAL(std::string("no answer in time"), line.view().last_failure);
        CPPUNIT_ASSERT(line.silence() <= 31s);
    }

    void a_wrong_password_waits() {
        Line line;
        line.ladder.from(kCarrier, challenged(kCarrier, line.next(), 401, {challenge("carrier", "n")}));
        line.ladder.from(kCarrier, challenged(kCarrier, line.next(), 401, {challenge("carrier", "m")}));
        CPPUNIT_ASSERT(line.ladder.quiet(kCarrier));
        CPPUNIT_ASSERT(line.view().last_failure.starts_with("403"));
        CPPUNIT_ASSERT(line.silence() >= 15s);
    }

    void it_ends_at_a_clean_end() {
        Line line;
        line.ladder.from(kCarrier, challenged(kCarrier, line.next(), 401, {challenge("carrier", "n")}));
        line.answer(line.next(), 200);
        line.ladder.b2bua().leave_carriers(line.ladder.now());
        line.ladder.pass(1ms);
        const auto end = line.next();
        CPPUNIT_ASSERT_EQUAL(std::string("0"), std::string(end.value(HeaderName::expires)));
        CPPUNIT_ASSERT(proves(end, "s3cret"));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, line.ladder.b2bua().totals().carriers);
        line.answer(end, 200);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, line.ladder.b2bua().totals().carriers);
        CPPUNIT_ASSERT(line.ladder.is_empty_after(40s));
        // One that never came to be has nothing to end.
        Line failed;
        failed.answer(failed.next(), 403);
        failed.ladder.b2bua().leave_carriers(failed.ladder.now());
        failed.ladder.pass(1ms);
        CPPUNIT_ASSERT(failed.ladder.quiet(kCarrier));
        CPPUNIT_ASSERT(failed.ladder.is_empty_after(40s));
    }

    void another_worker_leaves_it_alone() {
        Secret password("s3cret\n");
        const auto snapshot = policy::load_text("t.toml",
            "[zones.outside]\nlisten = [\"udp:203.0.113.1:5060\"]\nmedia = { address = \"203.0.113.1\", ports = \"21000-21399\" }\n"
            "[peers.a]\nzone = \"outside\"\nuri = \"sip:203.0.113.71\"\nauth = { user = \"a\", password_file = \"" + password.path() +
            "\", register = true }\n[peers.b]\nzone = \"outside\"\nuri = \"sip:203.0.113.72\"\nauth = { user = \"b\", password_file = \"" +
            password.path() + "\", register = true }\n", {.check_local_addresses = false}).snapshot;
        CPPUNIT_ASSERT(snapshot);
        std::size_t sent = 0;
        for (std::uint8_t worker = 0; worker < 4; ++worker) {
            base::SeededEntropy entropy(worker);
            media::Relay relay;
            B2bua b2bua({{worker}, 4, &entropy, &relay}, snapshot, base::Time{1s});
            sent += b2bua.take_effects().size();
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, sent);
    }

    void a_call_to_the_contact_comes_from_the_peer() {
        Line line;
        line.answer(line.next(), 200);
        line.ladder.from(kCarrier, line.ladder.invite(kCarrier, "acme", description(kCarrier, 7000)));
        line.ladder.acknowledge();
        CPPUNIT_ASSERT(line.ladder.to(kPbx).method() == Method::invite);
        CPPUNIT_ASSERT_EQUAL(std::string("carrier"), line.ladder.b2bua().calls().front().peer_a);
    }

    void a_reload_changes_what_has_changed() {
        Secret password("s3cret\n"), other("0ther\n");
        const auto policy_of = [&](const Secret& secret, const std::string& more) {
            const auto loaded = policy::load_text("t.toml",
                "[zones.outside]\nlisten = [\"udp:203.0.113.1:5060\"]\nmedia = { address = \"203.0.113.1\", ports = \"21000-21399\" }\n"
                "[peers.carrier]\nzone = \"outside\"\nuri = \"sip:203.0.113.70\"\n" +
                (more.empty() ? std::string() : "[peers.carrier.auth]\nuser = \"acme\"\npassword_file = \"" + secret.path() + "\"\n" + more),
                {.check_local_addresses = false});
            CPPUNIT_ASSERT(loaded.snapshot);
            return loaded.snapshot;
        };
        Ladder ladder(carrier_policy(password, "register = true\n"));
        auto& b2bua = ladder.b2bua();
        const auto reload = [&](const policy::SnapshotPtr& policy) {
            b2bua.on_policy(policy, ladder.now());
            ladder.pass(1ms);
        };
        const auto answered = [&](Message request) {
            ladder.from(kCarrier, Ladder::answer(kCarrier, request, 200, "r"));
            return request;
        };
        const auto first = answered(ladder.to(kCarrier));
        reload(policy_of(password, "register = true\n"));
        CPPUNIT_ASSERT(ladder.quiet(kCarrier));                       // nothing new
        reload(policy_of(other, "register = true\n"));
        const auto second = answered(ladder.to(kCarrier));
        CPPUNIT_ASSERT(second.call_id() == first.call_id() && second.cseq() == first.cseq() + 1);
        reload(policy_of(other, "register = true\naor = \"sip:new@carrier.example\"\n"));
        const auto end = answered(ladder.to(kCarrier));               // of the old
        CPPUNIT_ASSERT_EQUAL(std::string("0"), std::string(end.value(HeaderName::expires)));
        const auto third = answered(ladder.to(kCarrier));
        CPPUNIT_ASSERT(third.call_id() != first.call_id());
        reload(policy_of(other, ""));
        CPPUNIT_ASSERT_EQUAL(std::string("0"), std::string(answered(ladder.to(kCarrier)).value(HeaderName::expires)));
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestCarrierRegistration);

}  // namespace sbc::test
