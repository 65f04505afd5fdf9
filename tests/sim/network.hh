// The simulated network: datagrams that are delayed, lost, doubled and overtaken as the weather of the run says, and
// streams that keep their order until they are reset. Bytes only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/endpoint.hh"
#include "tests/sim/world.hh"

namespace sim {

using Bytes = std::shared_ptr<const std::string>;

struct Weather {
    double loss = 0, duplication = 0;
    Duration least{1000}, most{5000};       // of a delay; their difference lets datagrams overtake each other
    bool fair() const { return loss == 0; }
};

// What happens with bytes that arrive: where, from whom, what.
using Receiver = std::function<void(const base::Endpoint& to, const base::Endpoint& from, const Bytes& bytes)>;

class Network {
 public:
    Network(World& world, const Weather& weather) : world_(world), weather_(weather) {}

    const Weather& weather() const { return weather_; }
    void listen(base::Transport transport, const base::Endpoint& where, Receiver receiver);
    bool is_listened(base::Transport transport, const base::Endpoint& where) const {
        return listeners_.contains({transport, where});
    }
    void listen_host(const base::Address& host, Receiver receiver);   // every UDP port of it without a listener of its own
    void go_dark(const base::Address& host);                          // nothing leaves or reaches it any more

    void send_datagram(const base::Endpoint& from, const base::Endpoint& to, Bytes bytes);
    // In order for each pair of endpoints, never lost; what is under way when the stream is reset is.
    void send_stream(const base::Endpoint& from, const base::Endpoint& to, Bytes bytes);
    void reset_streams(const base::Endpoint& one);
    // Datagrams that are not to be lost or doubled, for what is measured.
    void send_media(const base::Endpoint& from, const base::Endpoint& to, Bytes bytes);

 private:
    struct Stream {
        Time last{};
        std::uint64_t life = 0;             // counts its resets
    };
    void deliver_after(Duration delay, const base::Endpoint& from, const base::Endpoint& to, Bytes bytes);
    void deliver(base::Transport transport, const base::Endpoint& from, const base::Endpoint& to, const Bytes& bytes);

    World& world_;
    Weather weather_;
    std::map<std::pair<base::Transport, base::Endpoint>, Receiver> listeners_;
    std::map<base::Address, Receiver> hosts_;
    std::map<base::Address, bool> dark_;
    std::map<std::pair<base::Endpoint, base::Endpoint>, Stream> streams_;
};

}  // namespace sim
