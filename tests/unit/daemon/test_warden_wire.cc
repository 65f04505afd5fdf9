#include <cppunit/extensions/HelperMacros.h>

#include "daemon/warden_wire.hh"

namespace {

namespace wire = sallyportd::wire;
using wire::Operation;

nft::Pinhole pinhole() {
    nft::Pinhole p;
    p.protocol = nft::Protocol::tcp;
    p.width = nft::Width::address;
    p.local = *base::Endpoint::parse("198.51.100.1:30000");
    p.remote = *base::Endpoint::parse("203.0.113.9:0");
    p.call = base::CallNumber{7};
    return p;
}

class WardenWireTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(WardenWireTest);
    CPPUNIT_TEST(a_pinhole_survives_the_way);
    CPPUNIT_TEST(values_outside_the_closed_set_are_refused);
    CPPUNIT_TEST(records_of_one_operation_share_a_datagram_up_to_64);
    CPPUNIT_TEST(a_datagram_of_a_wrong_size_is_refused);
    CPPUNIT_TEST(a_description_survives_the_way);
    CPPUNIT_TEST_SUITE_END();

    void a_pinhole_survives_the_way() {
        const auto back = wire::pinhole_of(wire::to_record(pinhole()));
        CPPUNIT_ASSERT(back && *back == pinhole());
    }

    void values_outside_the_closed_set_are_refused() {
        auto record = wire::to_record(pinhole());
        record.protocol = 2;
        CPPUNIT_ASSERT(!wire::pinhole_of(record));
        record = wire::to_record(pinhole());
        record.width = 3;
        CPPUNIT_ASSERT(!wire::pinhole_of(record));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, wire::record_size(static_cast<Operation>(99)));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, wire::record_size(static_cast<Operation>(0)));
    }

    void records_of_one_operation_share_a_datagram_up_to_64() {
        std::vector<std::vector<std::uint8_t>> datagrams;
        const wire::TokenRecord token{5};
        for (int i = 0; i < 65; ++i) wire::append(datagrams, Operation::reset, &token);
        wire::append(datagrams, Operation::dump, &token);
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, datagrams.size());
        int seen = 0;
        for (const auto& datagram : datagrams)
            CPPUNIT_ASSERT(wire::for_each_record(datagram, [&](Operation, std::span<const std::uint8_t> bytes) {
                ++seen;
                return wire::read<wire::TokenRecord>(bytes).token == 5;
            }));
        CPPUNIT_ASSERT_EQUAL(66, seen);
    }

    void a_datagram_of_a_wrong_size_is_refused() {
        std::vector<std::vector<std::uint8_t>> datagrams;
        const wire::TokenRecord token{5};
        wire::append(datagrams, Operation::dump, &token);
        const auto all = [](Operation, std::span<const std::uint8_t>) { return true; };
        for (std::size_t size = 0; size < datagrams[0].size(); ++size)
            CPPUNIT_ASSERT(!wire::for_each_record(std::span(datagrams[0]).first(size), all));
        datagrams[0].push_back(0);
        CPPUNIT_ASSERT(!wire::for_each_record(datagrams[0], all));
    }

    void a_description_survives_the_way() {
        nft::TableSpec spec;
        spec.table = "gate";
        spec.enforce = false;
        spec.signalling_rate = 7;
        nft::TableSpec back;
        const auto record = wire::to_record(spec);
        const auto bytes = std::span(reinterpret_cast<const std::uint8_t*>(&record), sizeof record);
        CPPUNIT_ASSERT(wire::take_spec_record(back, Operation::spec_begin, bytes));
        CPPUNIT_ASSERT(spec == back);
        wire::MediaRecord backwards{};
        backwards.first = 10;
        backwards.last = 9;
        CPPUNIT_ASSERT(!wire::take_spec_record(
            back, Operation::spec_media,
            std::span(reinterpret_cast<const std::uint8_t*>(&backwards), sizeof backwards)));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WardenWireTest);

}  // namespace
