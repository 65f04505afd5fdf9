#include <cppunit/extensions/HelperMacros.h>

#include "daemon/warden_table.hh"

namespace {

using sallyportd::worker_share;

policy::Snapshot two_zones() {
    policy::Snapshot s;
    s.zones.resize(2);
    s.zones[0].media = {{*base::Address::parse("203.0.113.1"), {}, {20000, 29999}}};
    s.zones[1].media = {{*base::Address::parse("198.51.100.1"), {}, {30000, 39999}},
                        {*base::Address::parse("2001:db8::1"), {}, {30000, 39999}}};
    s.zones[1].trusted = true;
    s.listeners = {{base::ListenerId{0}, base::ZoneId{0}, base::Transport::udp,
                    *base::Endpoint::parse("203.0.113.1:5060"), {}},
                   {base::ListenerId{1}, base::ZoneId{1}, base::Transport::tcp,
                    *base::Endpoint::parse("198.51.100.1:5060"), {}}};
    s.peers.resize(1);
    s.peers[0].zone = base::ZoneId{0};
    s.peers[0].sources = {*base::Prefix::parse("203.0.113.64/26"), *base::Prefix::parse("2001:db8:1::/48")};
    return s;
}

class WardenTableTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(WardenTableTest);
    CPPUNIT_TEST(shares_cover_the_range_and_begin_at_even_ports);
    CPPUNIT_TEST(one_worker_has_all_ports);
    CPPUNIT_TEST(a_trusted_zone_permits_everybody_another_its_peers);
    CPPUNIT_TEST_SUITE_END();

    void shares_cover_the_range_and_begin_at_even_ports() {
        for (const policy::PortRange ports : {policy::PortRange{20000, 29999}, {20001, 29998}, {20000, 20009}}) {
            for (unsigned workers = 1; workers <= 5; ++workers) {
                unsigned next = ports.first;
                for (unsigned i = 0; i < workers; ++i) {
                    const auto share = worker_share(ports, workers, i);
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
        CPPUNIT_ASSERT((worker_share({0, 65535}, 1, 0) == nft::PortSpan{0, 65535}));
    }

    void a_trusted_zone_permits_everybody_another_its_peers() {
        const std::uint16_t steer[] = {6001, 6002};
        const auto spec = sallyportd::table_of(two_zones(), steer);
        CPPUNIT_ASSERT_EQUAL(std::size_t{6}, spec.media.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, spec.permitted.size());
        CPPUNIT_ASSERT(spec.permitted[0].source == *base::Prefix::parse("203.0.113.64/26"));
        CPPUNIT_ASSERT_EQUAL(0, int{spec.permitted[1].source.length});
        CPPUNIT_ASSERT(spec.listeners[0].limited && !spec.listeners[0].stream);
        CPPUNIT_ASSERT(!spec.listeners[1].limited && spec.listeners[1].stream);
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, spec.exempt.size());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WardenTableTest);

}  // namespace
