#include <cppunit/extensions/HelperMacros.h>

#include "stun/binding.hh"

namespace {

using stun::answer_to_binding;

// "00 20 ff" as bytes.
std::string bytes_of(std::string_view hex) {
    std::string bytes;
    int high = -1;
    for (const char c : hex) {
        if (c == ' ') continue;
        const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
        if (high < 0) high = digit;
        else bytes += static_cast<char>(high << 4 | digit), high = -1;
    }
    return bytes;
}

const std::string kTransaction = bytes_of("b7e7a701 bc34d686 fa87dfae");

std::string request_with(std::string_view attributes, std::uint16_t type = 0x0001) {
    std::string bytes{static_cast<char>(type >> 8), static_cast<char>(type & 0xff), 0, static_cast<char>(attributes.size())};
    return bytes + bytes_of("2112a442") + kTransaction + std::string(attributes);
}

const base::Endpoint kV4 = *base::Endpoint::parse("192.0.2.1:32853");
const base::Endpoint kV6 = *base::Endpoint::parse("[2001:db8:1234:5678:11:2233:4455:6677]:32853");

// The sample request of RFC 5769, 2.1: PRIORITY and ICE-CONTROLLED among its attributes, FINGERPRINT at its end.
const std::string kSample = bytes_of(
    "00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573 7420636c 69656e74 00240004 6e0001ff "
    "80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020 00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 "
    "c1b571a2 80280004 e57a3bcf");

class BindingTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(BindingTest);
    CPPUNIT_TEST(the_answer_names_the_source);
    CPPUNIT_TEST(a_fingerprint_is_checked_and_answered_by_one);
    CPPUNIT_TEST(what_must_be_understood_and_is_not_is_error_420);
    CPPUNIT_TEST(credentials_are_of_no_interest);
    CPPUNIT_TEST(only_requests_are_answered);
    CPPUNIT_TEST(what_is_malformed_is_not_answered);
    CPPUNIT_TEST(sip_is_no_stun);
    CPPUNIT_TEST_SUITE_END();

    // The mapped addresses of RFC 5769, 2.2 and 2.3.
    void the_answer_names_the_source() {
        const auto head = [](std::uint8_t length) {
            return bytes_of("0101 00") + static_cast<char>(length) + bytes_of("2112a442") + kTransaction;
        };
        CPPUNIT_ASSERT(head(12) + bytes_of("00200008 0001a147 e112a643") == answer_to_binding(request_with(""), kV4));
        CPPUNIT_ASSERT(head(24) + bytes_of("00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9") ==
                       answer_to_binding(request_with(""), kV6));
    }

    void a_fingerprint_is_checked_and_answered_by_one() {
        const auto answer = answer_to_binding(kSample, kV4);
        CPPUNIT_ASSERT(answer);
        CPPUNIT_ASSERT_EQUAL(bytes_of("80280004"), answer->substr(answer->size() - 8, 4));
        for (std::size_t i = 8; i < kSample.size(); i += 7) {
            auto damaged = kSample;
            damaged[i] = static_cast<char>(damaged[i] ^ 1);
            CPPUNIT_ASSERT(!answer_to_binding(damaged, kV4));
        }
        CPPUNIT_ASSERT(!answer_to_binding(request_with(kSample.substr(kSample.size() - 8) + bytes_of("80220000")), kV4));
    }

    void what_must_be_understood_and_is_not_is_error_420() {
        const auto answer = answer_to_binding(kSample, kV4).value();
        CPPUNIT_ASSERT_EQUAL(bytes_of("0111 002c 2112a442") + kTransaction, answer.substr(0, 20));
        CPPUNIT_ASSERT_EQUAL(bytes_of("00090015 00000414") + "Unknown Attribute", answer.substr(20, 25));
        CPPUNIT_ASSERT_EQUAL(bytes_of("000a0002 00240000"), answer.substr(48, 8));
        CPPUNIT_ASSERT_EQUAL(std::size_t{20 + 0x2c}, answer.size());
        CPPUNIT_ASSERT(answer_to_binding(request_with(bytes_of("c0010000")), kV4)->starts_with(bytes_of("0101")));
        std::string many;
        for (int i = 0; i < 40; ++i) many += bytes_of("00300000");
        CPPUNIT_ASSERT(answer_to_binding(request_with(many), kV4)->size() < many.size());
    }

    void credentials_are_of_no_interest() {
        const auto answer = answer_to_binding(request_with(bytes_of("00060004 61626364 00150000")), kV4);
        CPPUNIT_ASSERT(answer->starts_with(bytes_of("0101")));
    }

    void only_requests_are_answered() {
        CPPUNIT_ASSERT(answer_to_binding(request_with(""), kV4));
        for (const int type : {0x0011, 0x0101, 0x0111, 0x0003, 0x0016, 0x0000})
            CPPUNIT_ASSERT(!answer_to_binding(request_with("", static_cast<std::uint16_t>(type)), kV4));
    }

    void what_is_malformed_is_not_answered() {
        for (std::size_t size = 0; size < kSample.size(); ++size)
            CPPUNIT_ASSERT(!answer_to_binding(kSample.substr(0, size), kV4));
        CPPUNIT_ASSERT(!answer_to_binding(kSample + std::string(4, '\0'), kV4));
        CPPUNIT_ASSERT(!answer_to_binding(request_with(bytes_of("00060005 61626364")), kV4));    // longer than the rest
        auto without_cookie = request_with("");
        without_cookie[4] = 0;
        CPPUNIT_ASSERT(!answer_to_binding(without_cookie, kV4));
    }

    void sip_is_no_stun() {
        CPPUNIT_ASSERT(stun::is_message(kSample));
        CPPUNIT_ASSERT(!stun::is_message("OPTIONS sip:203.0.113.1 SIP/2.0\r\n"));
        CPPUNIT_ASSERT(!stun::is_message("\r\n\r\n"));
        CPPUNIT_ASSERT(!stun::is_message(std::string(20, '\0')));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(BindingTest);

}  // namespace
