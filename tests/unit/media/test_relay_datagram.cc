#include <cppunit/extensions/HelperMacros.h>

#include <cstring>
#include <vector>

#include "base/entropy.hh"
#include "media/relay_datagram.hh"

namespace {

using base::Endpoint;

class RelayDatagramTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RelayDatagramTest);
    CPPUNIT_TEST(the_sum_is_that_of_the_rfc);
    CPPUNIT_TEST(the_sum_agrees_with_the_plain_definition);
    CPPUNIT_TEST(an_ipv4_datagram_is_right_to_the_bit);
    CPPUNIT_TEST(every_datagram_sums_to_all_ones);
    CPPUNIT_TEST(a_sum_of_zero_is_sent_as_all_ones);
    CPPUNIT_TEST_SUITE_END();

    using Bytes = std::vector<std::uint8_t>;

    static std::uint16_t plain_sum(const Bytes& bytes) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < bytes.size(); i += 2)
            sum += static_cast<std::uint64_t>(bytes[i] << 8 | (i + 1 < bytes.size() ? bytes[i + 1] : 0));
        while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
        return static_cast<std::uint16_t>(sum);
    }

    static Bytes datagram(const char* from, const char* to, const Bytes& payload) {
        const auto destination = *Endpoint::parse(to);
        const std::size_t headers = destination.address.is_v4() ? media::kIpv4Headers : media::kIpv6Headers;
        Bytes bytes(headers + payload.size(), 0xee);
        if (!payload.empty()) std::memcpy(bytes.data() + headers, payload.data(), payload.size());
        const auto written = media::write_headers(bytes.data(), *Endpoint::parse(from), destination,
                                                  {bytes.data() + headers, payload.size()});
        CPPUNIT_ASSERT_EQUAL(headers, written);
        return bytes;
    }

    // Pseudo header, UDP header and payload, as a receiver sums them.
    static std::uint16_t received_sum(const Bytes& bytes) {
        const bool v4 = bytes[0] >> 4 == 4;
        const std::size_t header = v4 ? 20 : 40, addresses = v4 ? 12 : 8;
        Bytes summed(bytes.begin() + static_cast<std::ptrdiff_t>(addresses), bytes.end());
        const auto length = bytes.size() - header;
        Bytes pseudo{0, 17, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)};
        pseudo.insert(pseudo.end(), summed.begin(), summed.end());
        return plain_sum(pseudo);
    }

    void the_sum_is_that_of_the_rfc() {  // RFC 1071, 3
        CPPUNIT_ASSERT_EQUAL(0xddf2, int{media::internet_sum(Bytes{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7})});
    }

    void the_sum_agrees_with_the_plain_definition() {
        base::SeededEntropy entropy(3);
        for (std::size_t length = 0; length < 300; ++length) {
            Bytes bytes(length);
            for (auto& byte : bytes) byte = static_cast<std::uint8_t>(entropy.next());
            CPPUNIT_ASSERT_EQUAL(int{plain_sum(bytes)}, int{media::internet_sum(bytes)});
        }
    }

    void an_ipv4_datagram_is_right_to_the_bit() {
        const Bytes expected{0x45, 0, 0, 31, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2,
                             0x13, 0xc4, 0x0f, 0xa0, 0, 11, 0x93, 0x3e, 'a', 'b', 'c'};
        auto got = datagram("192.0.2.1:5060", "198.51.100.2:4000", {'a', 'b', 'c'});
        CPPUNIT_ASSERT_EQUAL(0xffff, int{received_sum(got)});
        got[26] = expected[26];
        got[27] = expected[27];
        CPPUNIT_ASSERT(expected == got);
    }

    void every_datagram_sums_to_all_ones() {
        base::SeededEntropy entropy(4);
        for (std::size_t length = 0; length < 300; ++length) {
            Bytes payload(length);
            for (auto& byte : payload) byte = static_cast<std::uint8_t>(entropy.next());
            CPPUNIT_ASSERT_EQUAL(0xffff, int{received_sum(datagram("203.0.113.1:65535", "198.51.100.2:1", payload))});
            CPPUNIT_ASSERT_EQUAL(0xffff, int{received_sum(datagram("[2001:db8::1]:65535", "[2001:db8::2]:1", payload))});
        }
    }

    void a_sum_of_zero_is_sent_as_all_ones() {
        // A payload of two bytes that brings the sum to all ones: its complement would be 0.
        const auto open = datagram("192.0.2.1:1", "192.0.2.2:2", {0, 0});
        const Bytes missing{open[26], open[27]};
        const auto zero = datagram("192.0.2.1:1", "192.0.2.2:2", missing);
        CPPUNIT_ASSERT_EQUAL(0xff, int{zero[26]});
        CPPUNIT_ASSERT_EQUAL(0xff, int{zero[27]});
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RelayDatagramTest);

}  // namespace
