// The relay's door against the real kernel and our real table: what TPROXY steers arrives with the destination that the
// peer wrote, and what leaves is taken by a receiver who checks sums. Each test in a network namespace of its own, whose
// loopback has all addresses.
#include <cppunit/extensions/HelperMacros.h>
#include <poll.h>
#include <unistd.h>

#include <memory>

#include "media/relay_socket.hh"
#include "media/rtp.hh"
#include "nft/table_keeper.hh"
#include "tests/lab/test_pinholes_world.hh"

namespace {

using base::Endpoint;
using media::RelaySocket;

const char* const kOur4 = "198.51.100.1:30000";
const char* const kOur6 = "[2001:db8::1]:30000";
const char* const kPeer4 = "203.0.113.7:4000";
const char* const kPeer6 = "[2001:db8:1::7]:4000";

Endpoint at(const char* text) { return *Endpoint::parse(text); }

// A peer that hears what is sent to it.
struct Peer : lab::PlainSocket {
    explicit Peer(const char* local) : PlainSocket(local) {}
    std::string hears(int wait_ms = 500) {
        std::string payload;
        return next(payload, wait_ms) ? payload : "nothing";
    }
};

struct Got {
    Endpoint local, remote;
    std::string payload;
};

class RelaySocketTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RelaySocketTest);
    CPPUNIT_TEST(a_steered_packet_tells_where_it_was_sent_and_by_whom);
    CPPUNIT_TEST(a_packet_without_pinhole_is_not_seen);
    CPPUNIT_TEST(what_is_sent_arrives_from_our_port_in_both_families);
    CPPUNIT_TEST(more_than_a_batch_arrives_whole_and_in_order);
    CPPUNIT_TEST(a_packet_of_the_largest_size_passes_and_a_larger_one_is_counted);
    CPPUNIT_TEST(a_packet_without_route_does_not_stop_those_behind_it);
    CPPUNIT_TEST(families_do_not_mix);
    CPPUNIT_TEST(a_stream_is_relayed_between_the_families);
    CPPUNIT_TEST(each_worker_has_its_own_steering_port);
    CPPUNIT_TEST_SUITE_END();

    std::unique_ptr<RelaySocket> socket_;
    std::unique_ptr<nft::TableKeeper> keeper_;
    std::vector<Got> got_;

 public:
    void setUp() override {
        lab::enter_namespace();
        for (const char* address : {"198.51.100.1/32", "203.0.113.7/32", "203.0.113.8/32"})
            lab::shell(std::string("ip address add ") + address + " dev lo");
        for (const char* address : {"2001:db8::1/128", "2001:db8:1::7/128"})
            lab::shell(std::string("ip -6 address add ") + address + " dev lo nodad");
        socket_ = std::make_unique<RelaySocket>(media::open_relay_descriptors(1 << 20));
        const auto steer = socket_->descriptors().steer_port;
        nft::TableSpec spec;
        spec.media = {{at(kOur4).address, {30000, 30999}, steer}, {at(kOur6).address, {30000, 30999}, steer}};
        keeper_ = std::make_unique<nft::TableKeeper>(spec, lab::now());
        open(kOur4, kPeer4);
        open(kOur6, kPeer6);
        got_.clear();
    }

    void tearDown() override {
        keeper_.reset();
        socket_.reset();
    }

 private:
    void open(const char* local, const char* remote) {
        nft::Pinhole pinhole;
        pinhole.local = at(local);
        pinhole.remote = at(remote);
        const std::vector<std::vector<nft::Change>> requests{{{nft::Change::Kind::open, pinhole}}};
        CPPUNIT_ASSERT(!keeper_->commit(requests, lab::now())[0]);
    }

    // Everything that waits, of both families.
    void receive(int wait_ms = 500) {
        const auto& descriptors = socket_->descriptors();
        pollfd readable[] = {{descriptors.receive_v4, POLLIN, 0}, {descriptors.receive_v6, POLLIN, 0}};
        poll(readable, 2, wait_ms);
        const auto keep = [this](const media::Packet& packet) {
            got_.push_back({packet.local, packet.remote, {packet.payload.begin(), packet.payload.end()}});
        };
        for (const auto& one : readable)
            while (socket_->receive(one.fd, keep) == RelaySocket::kBatch) {}
    }

    void send(const char* from, const char* to, const std::string& payload) {
        socket_->send({at(from), at(to)}, {reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()});
    }

    void a_steered_packet_tells_where_it_was_sent_and_by_whom() {
        lab::send_from(kPeer4, kOur4, "four");
        receive();
        lab::send_from(kPeer6, kOur6, "six");
        receive();
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, got_.size());
        CPPUNIT_ASSERT(got_[0].local == at(kOur4) && got_[0].remote == at(kPeer4) && got_[0].payload == "four");
        CPPUNIT_ASSERT(got_[1].local == at(kOur6) && got_[1].remote == at(kPeer6) && got_[1].payload == "six");
    }

    void a_packet_without_pinhole_is_not_seen() {
        lab::send_from("203.0.113.7:4001", kOur4, "wrong port");
        lab::send_from("203.0.113.8:4000", kOur4, "wrong address");
        receive(50);
        CPPUNIT_ASSERT(got_.empty());
    }

    void what_is_sent_arrives_from_our_port_in_both_families() {
        Peer four(kPeer4), six(kPeer6);
        for (const std::size_t length : {0, 1, 2, 3, 4, 171, 172, 173, 1400, 2048}) {
            const std::string payload(length, static_cast<char>('a' + length % 26));
            send(kOur4, kPeer4, payload);
            send(kOur6, kPeer6, payload);
            socket_->flush();
            CPPUNIT_ASSERT_EQUAL(payload, four.hears());
            CPPUNIT_ASSERT_EQUAL(payload, six.hears());
        }
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, socket_->send_failures());
    }

    void more_than_a_batch_arrives_whole_and_in_order() {
        Peer peer(kPeer4);
        for (int i = 0; i < 200; ++i) lab::send_from(kPeer4, kOur4, std::to_string(i));
        receive();
        CPPUNIT_ASSERT_EQUAL(std::size_t{200}, got_.size());
        for (const auto& packet : got_) send(kOur4, kPeer4, packet.payload);
        socket_->flush();
        for (int i = 0; i < 200; ++i) CPPUNIT_ASSERT_EQUAL(std::to_string(i), peer.hears());
    }

    void a_packet_of_the_largest_size_passes_and_a_larger_one_is_counted() {
        lab::send_from(kPeer4, kOur4, std::string(RelaySocket::kPayloadBytes + 1, 'x'));
        lab::send_from(kPeer4, kOur4, std::string(RelaySocket::kPayloadBytes, 'y'));
        receive();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, got_.size());
        CPPUNIT_ASSERT_EQUAL(std::string(RelaySocket::kPayloadBytes, 'y'), got_[0].payload);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, socket_->truncated());
        send(kOur4, kPeer4, std::string(RelaySocket::kPayloadBytes + 1, 'x'));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, socket_->send_failures());
    }

    void a_packet_without_route_does_not_stop_those_behind_it() {
        Peer peer(kPeer4);
        send(kOur4, kPeer4, "before");
        send(kOur4, "192.0.2.1:5", "nowhere");
        send(kOur4, kPeer4, "behind");
        socket_->flush();
        CPPUNIT_ASSERT_EQUAL(std::string("before"), peer.hears());
        CPPUNIT_ASSERT_EQUAL(std::string("behind"), peer.hears());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, socket_->send_failures());
    }

    void families_do_not_mix() {
        send(kOur4, kPeer6, "x");
        send(kOur6, kPeer4, "x");
        socket_->flush();
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, socket_->send_failures());
    }

    void a_stream_is_relayed_between_the_families() {
        media::Relay relay;
        media::End a{.rtp_local = at(kOur4), .rtcp_local = at("198.51.100.1:30001"), .rtp_remote = at(kPeer4), .rtcp_remote = {}};
        media::End b{.rtp_local = at(kOur6), .rtcp_local = at("[2001:db8::1]:30001"), .rtp_remote = at(kPeer6), .rtcp_remote = {}};
        const auto stream = relay.install({base::CallNumber{1}, {a, b}}, lab::now());
        Peer four(kPeer4), six(kPeer6);
        const std::string rtp = std::string("\x80\0\0\1\0\0\0\0\0\0\0\1", 12) + std::string(160, 'u');
        lab::send_from(kPeer4, kOur4, rtp);
        lab::send_from(kPeer6, kOur6, rtp);
        lab::send_from(kPeer4, kOur4, "no rtp");
        receive();
        for (auto& packet : got_) {
            const std::span payload(reinterpret_cast<std::uint8_t*>(packet.payload.data()), packet.payload.size());
            if (const auto way = relay.receive({packet.local, packet.remote, payload}, lab::now())) socket_->send(*way, payload);
        }
        socket_->flush();
        CPPUNIT_ASSERT_EQUAL(rtp, six.hears());
        CPPUNIT_ASSERT_EQUAL(rtp, four.hears());
        CPPUNIT_ASSERT_EQUAL(std::string("nothing"), six.hears(50));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, relay.counters(stream, media::Side::a)->packets);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, relay.dropped(base::Reason::not_rtp));
    }

    void each_worker_has_its_own_steering_port() {
        const RelaySocket second(media::open_relay_descriptors(1 << 20));
        CPPUNIT_ASSERT(second.descriptors().steer_port != socket_->descriptors().steer_port);
        CPPUNIT_ASSERT(second.descriptors().steer_port != 0 && second.descriptors().receive_v6 >= 0);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RelaySocketTest);

}  // namespace
