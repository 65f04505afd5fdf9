// Nonces of ours: whose they are, how long they live, that no count is good twice, and that strangers fill nothing.
#include <cppunit/extensions/HelperMacros.h>

#include "sip/nonces.hh"

namespace {

using namespace std::chrono_literals;
using sip::Nonces;
using Verdict = sip::Nonces::Verdict;

class NoncesTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(NoncesTest);
    CPPUNIT_TEST(another_worker_with_the_same_key_knows_a_nonce);
    CPPUNIT_TEST(another_key_realm_or_address_makes_it_stale);
    CPPUNIT_TEST(it_lives_five_minutes);
    CPPUNIT_TEST(no_count_is_good_twice);
    CPPUNIT_TEST(counts_may_overtake_each_other);
    CPPUNIT_TEST(memory_is_bounded_and_what_was_forgotten_is_not_good_again);
    CPPUNIT_TEST(a_changed_character_makes_it_stale);
    CPPUNIT_TEST_SUITE_END();

    base::SeededEntropy entropy_{7};
    base::Key256 key_ = sip::make_key(entropy_);
    base::Time now_{1000s};
    Nonces::Client client_{"realm", *base::Address::parse("203.0.113.20")};

    void another_worker_with_the_same_key_knows_a_nonce() {
        const auto nonce = Nonces(key_).make(entropy_, client_, now_);
        Nonces other(key_);
        CPPUNIT_ASSERT(other.use(nonce, 1, client_, now_) == Verdict::good);
    }

    void another_key_realm_or_address_makes_it_stale() {
        Nonces nonces(key_), stranger(sip::make_key(entropy_));
        const auto nonce = nonces.make(entropy_, client_, now_);
        CPPUNIT_ASSERT(stranger.use(nonce, 1, client_, now_) == Verdict::stale);
        CPPUNIT_ASSERT(nonces.use(nonce, 1, {"other", client_.address}, now_) == Verdict::stale);
        CPPUNIT_ASSERT(nonces.use(nonce, 1, {"realm", *base::Address::parse("203.0.113.21")}, now_) == Verdict::stale);
        CPPUNIT_ASSERT(nonces.use("n", 1, client_, now_) == Verdict::stale);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, nonces.remembered());
    }

    void it_lives_five_minutes() {
        Nonces nonces(key_);
        const auto nonce = nonces.make(entropy_, client_, now_);
        CPPUNIT_ASSERT(nonces.use(nonce, 1, client_, now_ + 5min) == Verdict::good);
        CPPUNIT_ASSERT(nonces.use(nonce, 2, client_, now_ + 5min + 1s) == Verdict::stale);
        CPPUNIT_ASSERT(nonces.use(nonce, 3, client_, now_ - 1s) == Verdict::stale);
    }

    void no_count_is_good_twice() {
        Nonces nonces(key_);
        const auto nonce = nonces.make(entropy_, client_, now_);
        CPPUNIT_ASSERT(nonces.use(nonce, 1, client_, now_) == Verdict::good);
        CPPUNIT_ASSERT(nonces.use(nonce, 1, client_, now_) == Verdict::replayed);
        CPPUNIT_ASSERT(nonces.use(nonce, 0, client_, now_) == Verdict::replayed);
        CPPUNIT_ASSERT(nonces.use(nonce, 2, client_, now_) == Verdict::good);
    }

    void counts_may_overtake_each_other() {
        Nonces nonces(key_);
        const auto nonce = nonces.make(entropy_, client_, now_);
        for (const unsigned count : {5U, 3U, 4U, 67U, 66U, 1000U})
            CPPUNIT_ASSERT(nonces.use(nonce, count, client_, now_) == Verdict::good);
        for (const unsigned count : {5U, 3U, 66U, 67U, 900U, 1000U})
            CPPUNIT_ASSERT(nonces.use(nonce, count, client_, now_) == Verdict::replayed);
        CPPUNIT_ASSERT(nonces.use(nonce, 937U, client_, now_) == Verdict::good);
        CPPUNIT_ASSERT(nonces.use(nonce, UINT32_MAX, client_, now_) == Verdict::good);
    }

    void memory_is_bounded_and_what_was_forgotten_is_not_good_again() {
        Nonces nonces(key_, 10);
        const auto first = nonces.make(entropy_, client_, now_);
        CPPUNIT_ASSERT(nonces.use(first, 1, client_, now_) == Verdict::good);
        for (int i = 0; i < 100; ++i) {
            now_ += 1s;
            CPPUNIT_ASSERT(nonces.use(nonces.make(entropy_, client_, now_), 1, client_, now_) == Verdict::good);
        }
        CPPUNIT_ASSERT(nonces.remembered() <= 10);
        CPPUNIT_ASSERT(nonces.use(first, 1, client_, now_) == Verdict::stale);
        now_ += 10min;
        CPPUNIT_ASSERT(nonces.use(nonces.make(entropy_, client_, now_), 1, client_, now_) == Verdict::good);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, nonces.remembered());
    }

    void a_changed_character_makes_it_stale() {
        Nonces nonces(key_);
        const auto nonce = nonces.make(entropy_, client_, now_);
        for (std::size_t i = 0; i < nonce.size(); ++i) {
            auto changed = nonce;
            changed[i] = changed[i] == '0' ? '1' : '0';
            CPPUNIT_ASSERT(nonces.use(changed, 1, client_, now_) == Verdict::stale);
        }
        CPPUNIT_ASSERT(nonces.use(nonce + "0", 1, client_, now_) == Verdict::stale);
    }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(NoncesTest);
