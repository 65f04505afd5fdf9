#include <cppunit/extensions/HelperMacros.h>

#include "policy/port_range.hh"

namespace {

class PortRangeTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(PortRangeTest);
    CPPUNIT_TEST(shares_cover_the_range_and_begin_at_even_ports);
    CPPUNIT_TEST(one_worker_has_all_ports);
    CPPUNIT_TEST_SUITE_END();

    void shares_cover_the_range_and_begin_at_even_ports() {
        for (const policy::PortRange ports : {policy::PortRange{20000, 29999}, {20001, 29998}, {20000, 20009}}) {
            for (unsigned workers = 1; workers <= 5; ++workers) {
                unsigned next = ports.first;
                for (unsigned i = 0; i < workers; ++i) {
                    const auto share = policy::share_of(ports, {static_cast<std::uint8_t>(i)}, workers);
                    CPPUNIT_ASSERT_EQUAL(next, unsigned{share.first});
                    CPPUNIT_ASSERT(i == 0 || share.first % 2 == 0);
                    CPPUNIT_ASSERT(share.last > share.first);
                    next = share.last + 1U;
                }
                CPPUNIT_ASSERT_EQUAL(ports.last + 1U, next);
            }
        }
    }

    void one_worker_has_all_ports() {
        CPPUNIT_ASSERT((policy::share_of({0, 65535}, {}, 1) == policy::PortRange{0, 65535}));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PortRangeTest);

}  // namespace
