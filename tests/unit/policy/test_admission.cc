#include <cppunit/extensions/HelperMacros.h>

#include "policy/admission.hh"
#include "policy/token_buckets.hh"
#include "tests/unit/policy/policies.hh"

namespace {

using namespace std::chrono_literals;
using base::Reason;
using policy_tests::compiled;
using policy_tests::facts_of;
using policy_tests::kZones;
using policy_tests::request;

constexpr base::Time kStart{};

class AdmissionTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(AdmissionTest);
    CPPUNIT_TEST(an_untrusted_zone_refuses_whom_no_rule_names);
    CPPUNIT_TEST(a_rule_lets_in_its_sources_and_methods_only);
    CPPUNIT_TEST(a_peer_needs_no_rule_but_one_that_names_it_counts);
    CPPUNIT_TEST(a_rule_may_name_peers);
    CPPUNIT_TEST(a_trusted_zone_lets_in_whom_no_rule_denies);
    CPPUNIT_TEST(the_first_rule_that_names_source_and_method_decides);
    CPPUNIT_TEST(each_source_has_a_bucket_of_its_own);
    CPPUNIT_TEST(an_ipv6_site_has_one_bucket);
    CPPUNIT_TEST(a_total_rate_holds_for_all_sources_together);
    CPPUNIT_TEST(a_workers_share_is_taken_of_rate_and_burst);
    CPPUNIT_TEST(a_reload_keeps_the_fill_of_rules_that_did_not_change);
    CPPUNIT_TEST(a_peers_calls_are_limited_at_once_and_per_second);
    CPPUNIT_TEST(a_call_of_an_earlier_snapshot_is_given_back_by_name);
    CPPUNIT_TEST(buckets_of_the_longest_silent_source_make_room);
    CPPUNIT_TEST_SUITE_END();

    // Sources of 198.51.100.0/24 are inside.
    static std::optional<Reason> ask(policy::Admission& admission, const policy::Snapshot& snapshot,
                                     const char* method, const char* source, base::Time now = kStart) {
        const auto message = request(method);
        const std::uint16_t zone = std::string_view(source).starts_with("198.51.100.") ? 1 : 0;
        return admission.admit(facts_of(snapshot, message, source, zone), now);
    }

    static std::optional<Reason> once(const std::string& access, const char* method, const char* source) {
        const auto snapshot = compiled(kZones + access);
        policy::Admission admission(snapshot, 1);
        return ask(admission, *snapshot, method, source);
    }

    void an_untrusted_zone_refuses_whom_no_rule_names() {
        CPPUNIT_ASSERT(once("", "INVITE", "203.0.113.7") == Reason::source_not_allowed);
        CPPUNIT_ASSERT(once("[[access]]\nfrom = \"outside\"\nsource = \"192.0.2.0/24\"\n", "INVITE",
                            "203.0.113.7") == Reason::source_not_allowed);
        // A rule of another zone is no rule here.
        CPPUNIT_ASSERT(once("[[access]]\nfrom = \"inside\"\n", "INVITE", "203.0.113.7") ==
                       Reason::source_not_allowed);
    }

    void a_rule_lets_in_its_sources_and_methods_only() {
        const std::string rule =
            "[[access]]\nfrom = \"outside\"\nsource = \"203.0.113.0/24\"\nmethods = [\"INVITE\", "
            "\"OPTIONS\"]\n";
        CPPUNIT_ASSERT(!once(rule, "INVITE", "203.0.113.7"));
        CPPUNIT_ASSERT(once(rule, "SUBSCRIBE", "203.0.113.7") == Reason::method_not_allowed);
        CPPUNIT_ASSERT(once(rule, "INVITE", "192.0.2.7") == Reason::source_not_allowed);
        CPPUNIT_ASSERT(!once("[[access]]\nfrom = \"outside\"\n", "PUBLISH", "192.0.2.7"));
    }

    void a_peer_needs_no_rule_but_one_that_names_it_counts() {
        CPPUNIT_ASSERT(!once("", "SUBSCRIBE", "203.0.113.70"));
        const std::string rule =
            "[[access]]\nfrom = \"outside\"\nsource = \"203.0.113.0/24\"\nmethods = \"INVITE\"\n";
        CPPUNIT_ASSERT(once(rule, "SUBSCRIBE", "203.0.113.70") == Reason::method_not_allowed);
        CPPUNIT_ASSERT(!once("[[access]]\nfrom = \"outside\"\nsource = \"192.0.2.1\"\nmethods = \"INVITE\"\n",
                             "SUBSCRIBE", "203.0.113.70"));
    }

    void a_rule_may_name_peers() {
        const std::string rules =
            "[[access]]\nfrom = \"outside\"\npeer = \"carrier\"\n"
            "[[access]]\nfrom = \"outside\"\nsource = \"203.0.113.0/24\"\nmethods = \"INVITE\"\n";
        CPPUNIT_ASSERT(!once(rules, "SUBSCRIBE", "203.0.113.70"));
        CPPUNIT_ASSERT(once(rules, "SUBSCRIBE", "203.0.113.7") == Reason::method_not_allowed);
    }

    void a_trusted_zone_lets_in_whom_no_rule_denies() {
        CPPUNIT_ASSERT(!once("", "INVITE", "198.51.100.77"));
        const std::string deny =
            "[[access]]\nfrom = \"inside\"\nsource = \"198.51.100.77\"\nmethods = \"INVITE\"\naction = "
            "\"deny\"\n";
        CPPUNIT_ASSERT(once(deny, "INVITE", "198.51.100.77") == Reason::source_not_allowed);
        CPPUNIT_ASSERT(!once(deny, "OPTIONS", "198.51.100.77"));
        CPPUNIT_ASSERT(
            !once("[[access]]\nfrom = \"inside\"\nmethods = \"INVITE\"\n", "OPTIONS", "198.51.100.77"));
    }

    void the_first_rule_that_names_source_and_method_decides() {
        const std::string rules =
            "[[access]]\nfrom = \"outside\"\nsource = \"203.0.113.7\"\naction = \"deny\"\n"
            "[[access]]\nfrom = \"outside\"\nsource = \"203.0.113.0/24\"\n";
        CPPUNIT_ASSERT(once(rules, "INVITE", "203.0.113.7") == Reason::source_not_allowed);
        CPPUNIT_ASSERT(!once(rules, "INVITE", "203.0.113.8"));
    }

    static const inline std::string kRated = "[[access]]\nfrom = \"outside\"\nrate = \"2/s burst 3\"\n";

    void each_source_has_a_bucket_of_its_own() {
        const auto snapshot = compiled(kZones + kRated);
        policy::Admission admission(snapshot, 1);
        for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(!ask(admission, *snapshot, "INVITE", "203.0.113.7"));
        CPPUNIT_ASSERT(ask(admission, *snapshot, "INVITE", "203.0.113.7") == Reason::rate_exceeded);
        CPPUNIT_ASSERT(!ask(admission, *snapshot, "INVITE", "203.0.113.8"));
        CPPUNIT_ASSERT(!ask(admission, *snapshot, "INVITE", "203.0.113.7", kStart + 500ms));
        CPPUNIT_ASSERT(ask(admission, *snapshot, "INVITE", "203.0.113.7", kStart + 500ms) ==
                       Reason::rate_exceeded);
        for (int i = 0; i < 3; ++i)
            CPPUNIT_ASSERT(!ask(admission, *snapshot, "INVITE", "203.0.113.7", kStart + 1h));
        CPPUNIT_ASSERT(ask(admission, *snapshot, "INVITE", "203.0.113.7", kStart + 1h) ==
                       Reason::rate_exceeded);
    }

    void an_ipv6_site_has_one_bucket() {
        const auto snapshot = compiled(kZones + kRated);
        policy::Admission admission(snapshot, 1);
        for (const char* source : {"2001:db8:1::1", "2001:db8:1::2", "2001:db8:1::3"})
            CPPUNIT_ASSERT(!ask(admission, *snapshot, "INVITE", source));
        CPPUNIT_ASSERT(ask(admission, *snapshot, "INVITE", "2001:db8:1::4") == Reason::rate_exceeded);
        CPPUNIT_ASSERT(!ask(admission, *snapshot, "INVITE", "2001:db8:1:1::4"));
    }

    void a_total_rate_holds_for_all_sources_together() {
        const auto snapshot =
            compiled(kZones + "[[access]]\nfrom = \"outside\"\ntotal_rate = \"1/s burst 2\"\n");
        policy::Admission admission(snapshot, 1);
        CPPUNIT_ASSERT(!ask(admission, *snapshot, "INVITE", "203.0.113.7"));
        CPPUNIT_ASSERT(!ask(admission, *snapshot, "INVITE", "203.0.113.8"));
        CPPUNIT_ASSERT(ask(admission, *snapshot, "INVITE", "203.0.113.9") == Reason::rate_exceeded);
    }

    void a_workers_share_is_taken_of_rate_and_burst() {
        const auto snapshot = compiled(kZones + "[[access]]\nfrom = \"outside\"\nrate = \"4/s burst 8\"\n");
        policy::Admission admission(snapshot, 0.25);
        CPPUNIT_ASSERT(!ask(admission, *snapshot, "INVITE", "203.0.113.7"));
        CPPUNIT_ASSERT(!ask(admission, *snapshot, "INVITE", "203.0.113.7"));
        CPPUNIT_ASSERT(ask(admission, *snapshot, "INVITE", "203.0.113.7") == Reason::rate_exceeded);
        CPPUNIT_ASSERT(ask(admission, *snapshot, "INVITE", "203.0.113.7", kStart + 900ms) ==
                       Reason::rate_exceeded);
        CPPUNIT_ASSERT(!ask(admission, *snapshot, "INVITE", "203.0.113.7", kStart + 1s));
    }

    void a_reload_keeps_the_fill_of_rules_that_did_not_change() {
        const auto before = compiled(kZones + kRated);
        policy::Admission admission(before, 1);
        for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(!ask(admission, *before, "INVITE", "203.0.113.7"));
        const auto same = compiled(kZones + "[[access]]\nfrom = \"inside\"\n" + kRated);
        admission.take_over(same);
        CPPUNIT_ASSERT(ask(admission, *same, "INVITE", "203.0.113.7") == Reason::rate_exceeded);
        const auto other = compiled(kZones + "[[access]]\nfrom = \"outside\"\nrate = \"2/s burst 4\"\n");
        admission.take_over(other);
        CPPUNIT_ASSERT(!ask(admission, *other, "INVITE", "203.0.113.7"));
    }

    void a_peers_calls_are_limited_at_once_and_per_second() {
        const auto snapshot = compiled(kZones);
        policy::Admission admission(snapshot, 1);
        const base::PeerId carrier{3}, pbx{0};
        CPPUNIT_ASSERT(!admission.begin_call(carrier, kStart));
        CPPUNIT_ASSERT(!admission.begin_call(carrier, kStart));
        CPPUNIT_ASSERT(admission.begin_call(carrier, kStart + 10s) == Reason::peer_limit);  // 2 at once
        admission.end_call(carrier);
        CPPUNIT_ASSERT(!admission.begin_call(carrier, kStart + 10s));
        admission.end_call(carrier);
        admission.end_call(carrier);
        CPPUNIT_ASSERT(!admission.begin_call(carrier, kStart + 10s));
        admission.end_call(carrier);
        CPPUNIT_ASSERT(admission.begin_call(carrier, kStart + 10s) == Reason::peer_limit);  // 2 a second
        CPPUNIT_ASSERT(!admission.begin_call(carrier, kStart + 11s));
        for (int i = 0; i < 1000; ++i) CPPUNIT_ASSERT(!admission.begin_call(pbx, kStart));
        CPPUNIT_ASSERT(!admission.begin_call(base::kNoPeer, kStart));
        admission.end_call(base::kNoPeer);
    }

    void a_call_of_an_earlier_snapshot_is_given_back_by_name() {
        const auto before = compiled(kZones);
        policy::Admission admission(before, 1);
        CPPUNIT_ASSERT(!admission.begin_call(base::PeerId{3}, kStart));
        CPPUNIT_ASSERT(!admission.begin_call(base::PeerId{3}, kStart));
        const auto after =
            compiled("[peers.first]\nzone = \"inside\"\nuri = \"sip:198.51.100.9\"\n" + kZones);
        admission.take_over(after);
        const base::PeerId carrier{4};
        CPPUNIT_ASSERT_EQUAL(std::string("carrier"), after->peer(carrier).name);
        CPPUNIT_ASSERT(admission.begin_call(carrier, kStart + 10s) == Reason::peer_limit);
        admission.end_call("carrier");
        CPPUNIT_ASSERT(!admission.begin_call(carrier, kStart + 10s));
        admission.end_call("gone");
    }

    void buckets_of_the_longest_silent_source_make_room() {
        policy::SourceBuckets buckets(3);
        const policy::Rate rate{1, 1};
        const auto at = [&](std::uint32_t source) -> policy::TokenBucket& {
            return buckets.at(1, base::Address::v4(source), rate, kStart);
        };
        for (const std::uint32_t source : {1U, 2U, 3U}) CPPUNIT_ASSERT(at(source).take(rate, kStart));
        CPPUNIT_ASSERT(!at(1).take(rate, kStart));  // now 2 is the oldest
        CPPUNIT_ASSERT(at(4).take(rate, kStart));
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, buckets.size());
        CPPUNIT_ASSERT(!at(1).take(rate, kStart));
        CPPUNIT_ASSERT(!at(3).take(rate, kStart));
        CPPUNIT_ASSERT(at(2).take(rate, kStart));  // forgotten, so full again
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AdmissionTest);

}  // namespace
