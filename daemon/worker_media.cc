// A worker's media and pinholes: packets through the relay's table, pinholes through the warden's link.
#include "daemon/worker.hh"

#include <utility>

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
    for (const int descriptor : {position_.relay.receive_v4, position_.relay.receive_v6}) {
        if (descriptor < 0) continue;
        auto& door = *media_doors_.emplace_back(std::make_unique<MediaDoor>());
        door.descriptor = descriptor;
        door.watch = std::make_unique<net::Watch>(loop_, descriptor, [this, &door] { on_media(door); });
    }
    link_watch_ = std::make_unique<net::Watch>(loop_, link_.fd(), [this] { on_link(); });
}

void Worker::on_media(MediaDoor& door) {
    if (!read_media(door)) return;
    const base::Duration pause = door.pause.after(std::exchange(door.packets, 0), now());
    if (!pause.count()) return;
    door.rests_until = now() + pause;
    door.watch->rest();
}

// False: more may wait.
bool Worker::read_media(MediaDoor& door) {
    for (int batch = 0; batch < kBatchesAtOnce; ++batch) {
        const std::size_t came = relay_socket_.receive(door.descriptor, on_packet_);
        door.packets += came;
        if (came < media::RelaySocket::kBatch) return true;
    }
    return false;
}

// Before a message is understood: media that came before a BYE is still relayed, rest or not.
void Worker::read_resting() {
    if (std::exchange(read_resting_, true)) return;
    for (const auto& door : media_doors_)
        if (door->rests_until != base::kNever) read_media(*door);
}

void Worker::end_rests() {
    for (const auto& door : media_doors_) {
        if (now() < door->rests_until) continue;
        door->rests_until = base::kNever;
        on_media(*door);
        if (door->rests_until == base::kNever) door->watch->resume();
    }
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
