#include <cppunit/extensions/HelperMacros.h>

#include <map>

#include "base/entropy.hh"
#include "media/port_table.hh"

namespace {

using base::Endpoint;
using media::PortTable;
using media::PortUser;
using media::Side;

// Only their addresses count here.
media::Stream* stream(std::uintptr_t number) { return reinterpret_cast<media::Stream*>(number * 64); }

Endpoint local(std::uint32_t number) {
    return {base::Address::v4(0xcb007100 + number / 1000), static_cast<std::uint16_t>(20000 + number % 1000)};
}

class PortTableTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(PortTableTest);
    CPPUNIT_TEST(what_was_entered_is_found_until_it_leaves);
    CPPUNIT_TEST(a_shared_port_passes_to_the_next_user);
    CPPUNIT_TEST(it_agrees_with_a_map_over_a_long_random_life);
    CPPUNIT_TEST_SUITE_END();

    void what_was_entered_is_found_until_it_leaves() {
        PortTable table;
        CPPUNIT_ASSERT(!table.find(local(1)));
        table.enter(local(1), {stream(1), Side::b});
        table.enter(local(1), {stream(1), Side::b});
        CPPUNIT_ASSERT(table.find(local(1))->first == (PortUser{stream(1), Side::b}));
        CPPUNIT_ASSERT(table.find(local(1))->more.empty());
        table.leave(local(1), {stream(2), Side::b});
        table.leave(local(2), {stream(1), Side::b});
        CPPUNIT_ASSERT(table.find(local(1)));
        table.leave(local(1), {stream(1), Side::b});
        CPPUNIT_ASSERT(!table.find(local(1)));
    }

    void a_shared_port_passes_to_the_next_user() {
        PortTable table;
        for (const std::uintptr_t n : {1, 2, 3, 2}) table.enter(local(1), {stream(n), Side::a});
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, table.find(local(1))->more.size());
        table.leave(local(1), {stream(1), Side::a});
        CPPUNIT_ASSERT(table.find(local(1))->first.stream == stream(2));
        table.leave(local(1), {stream(3), Side::a});
        CPPUNIT_ASSERT(table.find(local(1))->more.empty());
        table.leave(local(1), {stream(2), Side::a});
        CPPUNIT_ASSERT(!table.find(local(1)));
    }

    void it_agrees_with_a_map_over_a_long_random_life() {
        base::SeededEntropy entropy(5);
        PortTable table;
        std::map<Endpoint, media::Stream*> model;
        for (int step = 0; step < 200'000; ++step) {
            const auto where = local(static_cast<std::uint32_t>(entropy.below(step < 100'000 ? 5000 : 200)));
            if (const auto known = model.find(where); known != model.end()) {
                CPPUNIT_ASSERT(table.find(where)->first.stream == known->second);
                table.leave(where, {known->second, Side::a});
                model.erase(known);
            } else {
                CPPUNIT_ASSERT(!table.find(where));
                const auto owner = stream(1 + entropy.below(1000));
                table.enter(where, {owner, Side::a});
                model[where] = owner;
            }
        }
        for (const auto& [where, owner] : model) CPPUNIT_ASSERT(table.find(where)->first.stream == owner);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PortTableTest);

}  // namespace
