#include <boost/json.hpp>
#include <cppunit/extensions/HelperMacros.h>

#include "daemon/clock.hh"
#include "daemon/json_views.hh"

namespace {

using namespace sallyportd;

base::Endpoint at(std::string_view text) { return *base::Endpoint::parse(text); }

sbc::CallView a_call() {
    sbc::CallView call;
    call.id = "c1";
    call.state = "established";
    call.from = "sip:a@example.com";
    call.started = monotonic_now();
    sbc::StreamView stream;
    stream.call = "c1";
    stream.media = "audio";
    stream.a.local = at("203.0.113.1:20000");
    stream.a.remote = at("203.0.113.9:4000");
    stream.a.packets = 50;
    stream.b.local = at("198.51.100.1:30000");
    call.streams.push_back(stream);
    return call;
}

class JsonViewsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(JsonViewsTest);
    CPPUNIT_TEST(a_call_has_the_fields_that_scripts_rely_on);
    CPPUNIT_TEST(a_stream_tells_both_its_ends);
    CPPUNIT_TEST(a_pinhole_names_the_call_that_has_its_port);
    CPPUNIT_TEST(counters_are_named_by_reason_and_leave_out_zeros);
    CPPUNIT_TEST(a_peer_is_up_when_one_worker_was_answered);
    CPPUNIT_TEST(times_are_written_as_rfc_3339_says);
    CPPUNIT_TEST_SUITE_END();

    void a_call_has_the_fields_that_scripts_rely_on() {
        const auto object = to_json(a_call());
        for (const auto* field : {"id", "state", "from", "to", "zone_a", "zone_b", "peer_a", "peer_b", "started"})
            CPPUNIT_ASSERT_MESSAGE(field, object.contains(field));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, object.at("streams").to_number<std::uint64_t>());
        CPPUNIT_ASSERT(to_json_with_streams(a_call()).at("streams").is_array());
    }

    void a_stream_tells_both_its_ends() {
        const auto object = to_json(a_call().streams[0]);
        CPPUNIT_ASSERT(object.at("a").at("local") == "203.0.113.1:20000");
        CPPUNIT_ASSERT(object.at("a").at("remote") == "203.0.113.9:4000");
        CPPUNIT_ASSERT(object.at("a").at("latched").is_null());
        CPPUNIT_ASSERT(object.at("b").at("remote").is_null());
        CPPUNIT_ASSERT(object.at("path") == "user");
        for (const auto* field : {"packets", "bytes", "lost", "jitter_ms"})
            CPPUNIT_ASSERT_MESSAGE(field, object.at("a").as_object().contains(field));
    }

    void a_pinhole_names_the_call_that_has_its_port() {
        std::vector<nft::PinholeStatus> pinholes(3);
        pinholes[0].pinhole.local = at("203.0.113.1:20001");   // RTCP
        pinholes[0].pinhole.remote = at("203.0.113.9:4001");
        pinholes[0].expires_s = 59;
        pinholes[1].pinhole.local = at("198.51.100.1:30000");
        pinholes[1].pinhole.width = nft::Width::address;
        pinholes[1].pinhole.remote = at("198.51.100.9:0");
        pinholes[2].pinhole.local = at("198.51.100.1:30002");
        pinholes[2].pinhole.width = nft::Width::zone;
        const std::vector<sbc::CallView> calls{a_call()};
        const auto array = to_json(pinholes, calls);
        CPPUNIT_ASSERT(array.at(0).at("call") == "c1");
        CPPUNIT_ASSERT(array.at(0).at("proto") == "udp");
        CPPUNIT_ASSERT(array.at(0).at("remote") == "203.0.113.9:4001");
        CPPUNIT_ASSERT(array.at(0).at("expires_s") == 59);
        CPPUNIT_ASSERT(array.at(1).at("call") == "c1");
        CPPUNIT_ASSERT(array.at(1).at("remote") == "198.51.100.9:*");
        CPPUNIT_ASSERT(array.at(2).at("call") == "");
        CPPUNIT_ASSERT(array.at(2).at("remote") == "*");
    }

    void counters_are_named_by_reason_and_leave_out_zeros() {
        Counters counters, more;
        counters.refuse(base::Reason::bad_cseq);
        more.refuse(base::Reason::bad_cseq);
        more.messages = 5;
        counters += more;
        const auto object = to_json(counters);
        CPPUNIT_ASSERT(object.at("messages") == 5);
        CPPUNIT_ASSERT(object.at("refused").at("bad_cseq") == 2);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, object.at("refused").as_object().size());
    }

    void a_peer_is_up_when_one_worker_was_answered() {
        const auto view = [](std::string state, std::uint32_t calls) {
            sbc::TargetView target;
            target.address = *base::Endpoint::parse("198.51.100.10:5060");
            target.state = state;
            target.why = state == "down" ? "silent" : "";
            target.calls = calls;
            return std::vector<sbc::PeerView>{{"pbx", "inside", "sip:pbx", std::move(state), calls, calls == 2, {}, {target}}};
        };
        const std::vector<std::vector<sbc::PeerView>> views{view("unknown", 1), view("up", 2), view("down", 0)};
        const auto peers = merged(views);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, peers.size());
        CPPUNIT_ASSERT_EQUAL(std::string("up"), peers[0].state);
        CPPUNIT_ASSERT_EQUAL(3u, peers[0].calls);
        CPPUNIT_ASSERT(peers[0].draining);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, peers[0].targets.size());
        CPPUNIT_ASSERT_EQUAL(std::string("up"), peers[0].targets[0].state);
        CPPUNIT_ASSERT_EQUAL(3u, peers[0].targets[0].calls);
        const std::vector<std::vector<sbc::PeerView>> silent{view("down", 0), view("unknown", 0)};
        CPPUNIT_ASSERT_EQUAL(std::string("silent"), merged(silent)[0].targets[0].why);
    }

    void times_are_written_as_rfc_3339_says() {
        const auto text = rfc3339(monotonic_now());
        CPPUNIT_ASSERT_EQUAL(std::string("2026-01-01T00:00:00.000Z").size(), text.size());
        CPPUNIT_ASSERT_EQUAL('T', text[10]);
        CPPUNIT_ASSERT_EQUAL('Z', text.back());
        CPPUNIT_ASSERT(rfc3339(monotonic_now() - std::chrono::hours(1)) < text);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JsonViewsTest);

}  // namespace
