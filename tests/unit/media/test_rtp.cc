#include "media/rtp.hh"

#include "tests/unit/media/relay_case.hh"

namespace {

using media::Reception;
using media_test::rtcp;
using media_test::rtp;

class RtpTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RtpTest);
    CPPUNIT_TEST(lengths_must_lie_within_the_packet);
    CPPUNIT_TEST(stun_dtls_and_junk_are_no_rtp);
    CPPUNIT_TEST(rtcp_needs_version_type_and_length);
    CPPUNIT_TEST(rtcp_is_told_from_rtp_by_its_second_byte);
    CPPUNIT_TEST(losses_are_counted_over_the_wrap_of_the_sequence);
    CPPUNIT_TEST(a_late_packet_is_no_loss);
    CPPUNIT_TEST(a_new_source_begins_anew_and_keeps_the_sum);
    CPPUNIT_TEST(a_jump_of_the_sequence_is_a_restart_only_when_confirmed);
    CPPUNIT_TEST(an_even_stream_has_no_jitter);
    CPPUNIT_TEST(jitter_follows_the_formula_of_the_rfc);
    CPPUNIT_TEST_SUITE_END();

    base::Time at_ms(int ms) { return base::Time{std::chrono::milliseconds(100'000 + ms)}; }
    std::uint64_t lost(std::initializer_list<int> sequences) {
        Reception reception;
        for (const int s : sequences) reception.note(rtp(static_cast<std::uint16_t>(s)), 8000, at_ms(0));
        return reception.lost();
    }

    void lengths_must_lie_within_the_packet() {
        auto packet = rtp(1);
        packet.resize(12);
        CPPUNIT_ASSERT(media::is_rtp(packet));
        packet[0] = 0x81;  // one contributing source
        CPPUNIT_ASSERT(!media::is_rtp(packet));
        packet.resize(16);
        CPPUNIT_ASSERT(media::is_rtp(packet));
        packet[0] = 0x91;  // and an extension
        CPPUNIT_ASSERT(!media::is_rtp(packet));
        packet.resize(20);
        CPPUNIT_ASSERT(media::is_rtp(packet));
        packet[19] = 1;
        CPPUNIT_ASSERT(!media::is_rtp(packet));
        packet.resize(24);
        CPPUNIT_ASSERT(media::is_rtp(packet));
        packet[18] = 0xff;
        CPPUNIT_ASSERT(!media::is_rtp(packet));
        packet.resize(11);
        CPPUNIT_ASSERT(!media::is_rtp(packet));
        CPPUNIT_ASSERT(!media::is_rtp({}));
    }

    void stun_dtls_and_junk_are_no_rtp() {
        for (const int first : {0, 1, 3, 20, 22, 63, 64, 127, 192, 255}) {
            auto packet = rtp(1);
            packet[0] = static_cast<std::uint8_t>(first);
            CPPUNIT_ASSERT(!media::is_rtp(packet));
        }
    }

    void rtcp_needs_version_type_and_length() {
        CPPUNIT_ASSERT(media::is_rtcp(rtcp()));
        for (const auto& [index, value] : {std::pair{0, 0x40}, {1, 191}, {1, 224}, {3, 7}, {2, 1}}) {
            auto packet = rtcp();
            packet[index] = static_cast<std::uint8_t>(value);
            CPPUNIT_ASSERT(!media::is_rtcp(packet));
        }
        auto compound = rtcp();
        compound.insert(compound.end(), 100, 0);
        CPPUNIT_ASSERT(media::is_rtcp(compound));
        compound.resize(7);
        CPPUNIT_ASSERT(!media::is_rtcp(compound));
    }

    void rtcp_is_told_from_rtp_by_its_second_byte() {
        auto packet = rtp(1);
        for (int type = 0; type < 256; ++type) {
            packet[1] = static_cast<std::uint8_t>(type);
            CPPUNIT_ASSERT_EQUAL(type >= 192 && type <= 223, media::looks_like_rtcp(packet));
        }
        CPPUNIT_ASSERT(!media::looks_like_rtcp(media::Bytes(packet).first(1)));
    }

    void losses_are_counted_over_the_wrap_of_the_sequence() {
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, lost({}));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, lost({65534, 65535, 0, 1}));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, lost({65534, 0, 2}));
        Reception reception;
        for (int i = 0; i < 200'000; ++i)
            if (i % 10) reception.note(rtp(static_cast<std::uint16_t>(i)), 8000, at_ms(0));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{19'999}, reception.lost());
    }

    void a_late_packet_is_no_loss() {
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, lost({1, 3}));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, lost({1, 3, 2}));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, lost({1, 2, 2, 2}));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, lost({5, 4}));
    }

    void a_new_source_begins_anew_and_keeps_the_sum() {
        Reception reception;
        reception.note(rtp(1, 0, 1), 8000, at_ms(0));
        reception.note(rtp(4, 0, 1), 8000, at_ms(0));
        reception.note(rtp(40'000, 0, 2), 8000, at_ms(0));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, reception.lost());
        reception.note(rtp(40'002, 0, 2), 8000, at_ms(0));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, reception.lost());
    }

    void a_jump_of_the_sequence_is_a_restart_only_when_confirmed() {
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, lost({1, 2, 20'000, 3}));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, lost({1, 2, 20'000, 20'001, 20'002}));
    }

    void an_even_stream_has_no_jitter() {
        Reception reception;
        for (int i = 0; i < 100; ++i)
            reception.note(rtp(static_cast<std::uint16_t>(i), static_cast<std::uint32_t>(i) * 160), 8000, at_ms(i * 20));
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0.0, reception.jitter_ms(8000), 1e-9);
    }

    void jitter_follows_the_formula_of_the_rfc() {
        Reception reception;
        reception.note(rtp(0, 0xffffff00), 8000, at_ms(0));
        reception.note(rtp(1, 0xffffff00 + 160), 8000, at_ms(30));  // 10 ms late: |D| = 80, J = 80 / 16
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0.625, reception.jitter_ms(8000), 1e-9);
        reception.note(rtp(2, 64), 8000, at_ms(50));                // even again: J = 5 - 5 / 16
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0.625 * 15 / 16, reception.jitter_ms(8000), 1e-9);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RtpTest);

}  // namespace
