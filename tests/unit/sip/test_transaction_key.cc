#include <cppunit/extensions/HelperMacros.h>

#include <map>

#include "sip/transaction_key.hh"

namespace {

class TransactionKeyTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TransactionKeyTest);
    CPPUNIT_TEST(the_digest_is_siphash_2_4_128);
    CPPUNIT_TEST(the_index_answers_as_a_map_would);
    CPPUNIT_TEST_SUITE_END();

    // The first vectors of SipHash's reference: key 00 … 0f, texts "", 00, 00 01 … 0e.
    void the_digest_is_siphash_2_4_128() {
        const std::array<std::uint64_t, 2> secret{0x0706050403020100U, 0x0f0e0d0c0b0a0908U};
        const sip::Key none = sip::digest(secret, "");
        CPPUNIT_ASSERT(none == (sip::Key{0x930255c71472f66dU, 0xe6a825ba047f81a3U}));
        const sip::Key one = sip::digest(secret, std::string_view("\0", 1));
        CPPUNIT_ASSERT(one == (sip::Key{0x45fc229b11597634U, 0x44af996bd8c187daU}));
    }

    void the_index_answers_as_a_map_would() {
        base::SeededEntropy entropy(7);
        sip::KeyIndex index;
        std::map<std::uint64_t, std::uint64_t> model;
        // The low halves lie close together, so that runs form, wrap around and are torn by erase().
        const auto key = [](std::uint64_t number) { return sip::Key{number, number * 3 % 61}; };
        for (int step = 0; step < 200'000; ++step) {
            const std::uint64_t number = entropy.below(400);
            const bool more = step / 20'000 % 2 == 0;
            if (entropy.below(10) < (more ? 7U : 3U)) {
                const std::uint64_t value = 1 + entropy.below(1000);
                index.put(key(number), value);
                model[number] = value;
            } else {
                index.erase(key(number));
                model.erase(number);
            }
            const std::uint64_t asked = entropy.below(400);
            const auto found = model.find(asked);
            CPPUNIT_ASSERT_EQUAL(found == model.end() ? 0 : found->second, index.find(key(asked)));
            CPPUNIT_ASSERT_EQUAL(model.size(), index.size());
        }
        for (std::uint64_t number = 0; number < 400; ++number) index.erase(key(number));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, index.size());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TransactionKeyTest);

}  // namespace
