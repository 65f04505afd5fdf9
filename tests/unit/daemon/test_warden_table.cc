#include <cppunit/extensions/HelperMacros.h>

#include "daemon/warden_table.hh"

namespace {

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
    CPPUNIT_TEST(a_trusted_zone_permits_everybody_another_its_peers);
    CPPUNIT_TEST_SUITE_END();

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
