// A worker's media and pinholes: packets through the relay's table, pinholes through the warden's link.
#include "daemon/worker.hh"

namespace sallyportd {
namespace {

// Batches read before signalling has its turn.
constexpr int kBatchesAtOnce = 4;

}  // namespace

void Worker::watch_media() {
    on_packet_ = [this](const media::Packet& packet) {
        ++counters_.media_packets;
        if (const auto way = relay_.receive(packet, now())) relay_socket_.send(*way, packet.payload);
    };
    for (const int descriptor : {position_.relay.receive_v4, position_.relay.receive_v6})
        if (descriptor >= 0)
            watches_.push_back(std::make_unique<net::Watch>(loop_, descriptor, [this, descriptor] { on_media(descriptor); }));
    watches_.push_back(std::make_unique<net::Watch>(loop_, link_.fd(), [this] { on_link(); }));
    link_watch_ = watches_.back().get();
}

void Worker::on_media(int descriptor) {
    for (int batch = 0; batch < kBatchesAtOnce; ++batch)
        if (relay_socket_.receive(descriptor, on_packet_) < media::RelaySocket::kBatch) return;
}

// What the relay learnt goes to the calls; what the calls released leaves.
void Worker::settle_media() {
    for (const auto& latched : relay_.take_latched()) b2bua_.on_latched(latched, now());
    for (const auto& released : relay_.take_released()) relay_socket_.send(released.way, released.payload);
}

void Worker::change_pinholes(const sbc::ChangePinholes& change) { link_.submit(change.token.value, change.changes); }

void Worker::on_link() {
    const WardenInput input = link_.on_readable();
    for (const auto& answer : input.answers)
        if (answer.token) b2bua_.on_pinholes(sbc::PinholeToken{answer.token}, answer.refused, now());
    if (input.closed && !warden_gone_) {
        warden_gone_ = true;
        on_warden_gone_();
    }
}

void Worker::flush_link() {
    if (!link_.flush() && !warden_gone_) {
        warden_gone_ = true;
        on_warden_gone_();
    }
    if (link_.wants_write()) link_watch_->when_writable([this] { flush_link(); });
}

}  // namespace sallyportd
