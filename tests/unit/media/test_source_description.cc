// RTCP that names its sender, and what is left of it for the other side.
#include "media/source_description.hh"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "tests/unit/media/relay_case.hh"

namespace {

using namespace media_test;
using Bytes = std::vector<std::uint8_t>;

// An RTCP packet of this type around a body, filled up to whole words; `count` is the header's first field.
Bytes packet(std::uint8_t type, std::uint8_t count, std::string body) {
    body.resize((body.size() + 3) / 4 * 4);
    body.insert(0, {static_cast<char>(0x80 | count), static_cast<char>(type), '\0', static_cast<char>(body.size() / 4)});
    return {body.begin(), body.end()};
}

std::string item(char type, const std::string& words) {
    return std::string{type, static_cast<char>(words.size())} + words;
}

std::string chunk(const std::string& source, const std::string& items) {
    std::string text = source + items + '\0';
    text.resize((text.size() + 3) / 4 * 4);
    return text;
}

Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

bool holds(const Bytes& bytes, const std::string& words) {
    return std::string(bytes.begin(), bytes.end()).find(words) != std::string::npos;
}

const std::string kName = "sip:bob@198.51.100.10";

class SourceDescriptionTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SourceDescriptionTest);
    CPPUNIT_TEST(every_item_is_another_text_of_its_length);
    CPPUNIT_TEST(the_same_words_stay_the_same);
    CPPUNIT_TEST(figures_stay);
    CPPUNIT_TEST(the_prefix_of_a_private_item_goes_too);
    CPPUNIT_TEST(the_reason_of_a_goodbye_goes);
    CPPUNIT_TEST(every_chunk_is_read);
    CPPUNIT_TEST(what_is_not_well_formed_is_refused);
    CPPUNIT_TEST(any_cut_and_any_changed_byte_stays_within_the_packet);
    CPPUNIT_TEST(the_relay_hides_where_it_was_told_to);
    CPPUNIT_TEST(the_relay_drops_what_it_cannot_read);
    CPPUNIT_TEST(rtcp_on_the_port_of_rtp_is_known);
    CPPUNIT_TEST(an_early_report_is_hidden_once);
    CPPUNIT_TEST_SUITE_END();

    static Bytes described(const std::string& name = kName) { return rtcp() + packet(202, 1, chunk("\1\2\3\4", item(1, name))); }
    static Bytes hidden(Bytes bytes, std::uint64_t key = 7) {
        CPPUNIT_ASSERT(media::hide_source_description(bytes, key));
        return bytes;
    }

    void every_item_is_another_text_of_its_length() {
        std::string items;
        for (char type = 1; type <= 9; ++type) items += item(type, "inside" + std::string(1, static_cast<char>('0' + type)));
        const auto before = packet(202, 1, chunk("\1\2\3\4", items));
        const auto after = hidden(before);
        CPPUNIT_ASSERT_EQUAL(before.size(), after.size());
        CPPUNIT_ASSERT(!holds(after, "inside"));
        std::size_t at = 8;   // every type and length stands where it stood
        for (std::uint8_t type = 1; type <= 9; ++type, at += 9) CPPUNIT_ASSERT(after[at] == type && after[at + 1] == 7);
        CPPUNIT_ASSERT_EQUAL(0, int{after[at]});
    }

    void the_same_words_stay_the_same() {
        CPPUNIT_ASSERT(hidden(described()) == hidden(described()));
        CPPUNIT_ASSERT(hidden(described()) != hidden(described("sip:bob@198.51.100.11")));
        CPPUNIT_ASSERT(hidden(described()) != hidden(described(), 8));
        const std::string longest(255, 'x');
        CPPUNIT_ASSERT(!holds(hidden(packet(202, 1, chunk("abcd", item(1, longest)))), "xx"));
    }

    void figures_stay() {
        const auto after = hidden(described());
        const auto report = rtcp();
        CPPUNIT_ASSERT(std::equal(report.begin(), report.end(), after.begin()));
        CPPUNIT_ASSERT_EQUAL(std::string("\1\2\3\4"), std::string(after.begin() + 32, after.begin() + 36));
        const auto feedback = packet(206, 1, "sendmediaRTPFB12");   // of anything else, not a bit
        CPPUNIT_ASSERT(hidden(feedback) == feedback);
    }

    void the_prefix_of_a_private_item_goes_too() {
        const auto after = hidden(packet(202, 1, chunk("abcd", item(8, "\6secretvalue of the inside"))));
        CPPUNIT_ASSERT(!holds(after, "secret") && !holds(after, "inside"));
        CPPUNIT_ASSERT_EQUAL(6, int{after[10]});
        hidden(packet(202, 1, chunk("abcd", item(8, ""))));
    }

    void the_reason_of_a_goodbye_goes() {
        const auto after = hidden(packet(203, 2, "abcdefgh" + std::string("\x0c") + "pbx restarts"));
        CPPUNIT_ASSERT(holds(after, "abcdefgh\x0c") && !holds(after, "pbx"));
        const auto plain = packet(203, 1, "abcd");
        CPPUNIT_ASSERT(hidden(plain) == plain);
    }

    void every_chunk_is_read() {
        const auto after = hidden(packet(202, 2, chunk("abcd", item(1, "first@pbx")) + chunk("efgh", item(1, "second@pbx") + item(6, "Phone"))) +
                                  packet(202, 1, chunk("ijkl", item(1, "third@pbx"))));
        CPPUNIT_ASSERT(!holds(after, "pbx") && !holds(after, "Phone"));
        CPPUNIT_ASSERT(holds(after, "abcd") && holds(after, "efgh") && holds(after, "ijkl"));
    }

    void what_is_not_well_formed_is_refused() {
        auto cut = described();
        cut.pop_back();
        CPPUNIT_ASSERT(!media::hide_source_description(cut, 7));
        Bytes many;
        for (int i = 0; i < 65; ++i) many = many + packet(202, 1, chunk("abcd", item(1, "x")));
        CPPUNIT_ASSERT(!media::hide_source_description(many, 7));      // each costs a digest
        many.erase(many.end() - 12, many.end());
        CPPUNIT_ASSERT(media::hide_source_description(many, 7));
        auto behind = described() + Bytes{'p', 'b', 'x', '!', 0, 0, 0, 0};
        CPPUNIT_ASSERT(!media::hide_source_description(behind, 7));
    }

    void any_cut_and_any_changed_byte_stays_within_the_packet() {
        const auto whole = described() + packet(203, 1, "abcd\4bye!");
        for (std::size_t length = 0; length <= whole.size(); ++length) {
            std::vector<std::uint8_t> exact(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
            media::hide_source_description(exact, 7);   // the sanitizers see a step too far
        }
        for (std::size_t at = 0; at < whole.size(); ++at)
            for (const int value : {0, 1, 31, 127, 202, 203, 255}) {
                auto changed = whole;
                changed[at] = static_cast<std::uint8_t>(value);
                media::hide_source_description(changed, 7);
                CPPUNIT_ASSERT_EQUAL(whole.size(), changed.size());
            }
    }

    // From inside to outside it is hidden, the other way it stays.
    struct HiddenInside : Case {
        HiddenInside() {
            a.words_key = 7;
            install();
        }
    };

    void the_relay_hides_where_it_was_told_to() {
        HiddenInside scene;
        auto out = described(), in = described();
        went(scene.relay.receive({kOurB1, kB1, out}, scene.now), kOurA1, kA1);
        CPPUNIT_ASSERT(out == hidden(described()));
        went(scene.relay.receive({kOurA1, kA1, in}, scene.now), kOurB1, kB1);
        CPPUNIT_ASSERT(in == described());
    }

    void the_relay_drops_what_it_cannot_read() {
        HiddenInside scene;
        CPPUNIT_ASSERT(!scene.send(kB1, kOurB1, described() + Bytes{'p', 'b', 'x', '!'}));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, scene.dropped(base::Reason::not_rtp));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, scene.counters(Side::b).packets);
    }

    void rtcp_on_the_port_of_rtp_is_known() {
        HiddenInside scene;
        auto report = described();
        scene.relay.receive({kOurB, kB, report}, scene.now);
        CPPUNIT_ASSERT(!holds(report, kName));
        auto voice = rtp(1);
        const auto before = voice;
        went(scene.relay.receive({kOurB, kB, voice}, scene.now), kOurA, kA);
        CPPUNIT_ASSERT(voice == before);
    }

    void an_early_report_is_hidden_once() {
        Case scene;
        scene.a.words_key = 7;
        scene.a.rtp_remote = scene.a.rtcp_remote = std::nullopt;
        scene.install();
        CPPUNIT_ASSERT(!scene.send(kB1, kOurB1, described()));
        scene.a.rtp_remote = kA;
        scene.a.rtcp_remote = kA1;
        scene.update();
        const auto released = scene.relay.take_released();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, released.size());
        CPPUNIT_ASSERT(released[0].payload == hidden(described()));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SourceDescriptionTest);

}  // namespace
