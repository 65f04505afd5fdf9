// A door: how media packets reach and leave user space. One transparent UDP socket a family receives what the
// firewall's table steers to it (TPROXY, original destination in a control message), in batches; one raw socket a
// family sends, in batches, from any local media port. No socket a call: descriptors and set-up cost nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/endpoint.hh"
#include "media/relay.hh"

namespace media {

// Opened by who holds CAP_NET_ADMIN and CAP_NET_RAW, and handed over.
struct RelayDescriptors {
    int receive_v4 = -1, receive_v6 = -1;   // IP_TRANSPARENT, IP_RECVORIGDSTADDR; bound to 127.0.0.1 / ::1
    int send_v4 = -1, send_v6 = -1;         // SOCK_RAW, IPPROTO_RAW
    std::uint16_t steer_port = 0;           // the port that the receive sockets are bound to; what the table steers to
};

// Throws std::system_error. Without IPv6 on this host its two descriptors stay -1.
RelayDescriptors open_relay_descriptors(int receive_buffer_bytes);

class RelaySocket {
 public:
    explicit RelaySocket(const RelayDescriptors& descriptors);       // takes ownership
    ~RelaySocket();
    RelaySocket(const RelaySocket&) = delete;
    RelaySocket& operator=(const RelaySocket&) = delete;

    // Reads one batch from the descriptor; calls `each` for every packet. Returns how many came: kBatch means that
    // more may wait. A packet longer than kPayloadBytes is none of ours and is counted as truncated.
    std::size_t receive(int descriptor, const std::function<void(const Packet&)>& each);
    // Queues for the next flush(); the payload is copied into the batch. A full batch leaves at once.
    void send(const Forward& way, std::span<const std::uint8_t> payload);
    void flush();

    static constexpr std::size_t kBatch = 64;
    static constexpr std::size_t kPayloadBytes = 2048;

    const RelayDescriptors& descriptors() const { return descriptors_; }
    std::uint64_t send_failures() const { return send_failures_; }   // packets that the kernel did not take
    std::uint64_t truncated() const { return truncated_; }

 private:
    struct Incoming;
    struct Outgoing;
    void flush(int descriptor, Outgoing& batch);

    RelayDescriptors descriptors_;
    std::unique_ptr<Incoming> in_;
    std::unique_ptr<Outgoing> out_v4_, out_v6_;
    std::uint64_t send_failures_ = 0, truncated_ = 0;
};

}  // namespace media
