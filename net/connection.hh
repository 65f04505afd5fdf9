// One stream connection: its socket, what waits to be written, and its channel where it is not plain. It knows nothing of
// the others and of no limits but that of its queue; connections.hh decides when it begins and ends.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/flow.hh"
#include "base/time.hh"
#include "net/channel.hh"
#include "net/descriptor.hh"
#include "net/loop.hh"

namespace net {

class Connection {
 public:
    using Bytes = std::shared_ptr<const std::string>;
    enum class Read : std::uint8_t { nothing, bytes, end };
    enum class Written : std::uint8_t { all, waits, broken };

    Connection(const base::Flow& which, Descriptor socket, std::unique_ptr<Channel> channel, bool is_outgoing);
    ~Connection();

    // `arrived`: what came, plain; an end may bring something too. `buffer`: of the owner, for one call.
    Read read(std::span<char> buffer, std::vector<std::string>& arrived);
    // False: more would wait than `most`. What cannot leave before the handshake waits.
    bool queue(Bytes bytes, std::size_t most);
    Written write();
    // The socket stands. Nothing: it does not; true: the connection can be used, false: the channel shakes hands first.
    std::optional<bool> connected();
    void close();                                        // the channel says goodbye; what is queued leaves
    bool is_open() const { return !connecting && (!channel_ || channel_->is_open()); }
    bool is_empty() const { return queue_.empty(); }
    std::size_t queued_bytes() const { return queued_bytes_; }
    bool has_partial() const { return channel_ && channel_->has_partial(); }
    const Channel* channel() const { return channel_.get(); }

    bool leads_to(const base::Flow& other) const;
    void watch(Loop& loop, std::function<void()> readable);
    void when_writable(std::function<void()> then);

    base::Flow flow;
    const bool outgoing;
    bool connecting = false, writing = false, closing = false;
    bool told = false;                                   // its end, to whom it concerns
    std::optional<base::Endpoint> alias;
    base::Time began, last_used;
    base::Time partial_since = base::kNever;
    std::vector<base::Flow> asked;                       // the flows whose sends wait for the connection to stand

 private:
    void gather();

    Descriptor socket_;
    std::unique_ptr<Channel> channel_;
    std::deque<Bytes> queue_;                            // for the socket
    std::deque<Bytes> held_;                             // for the channel, until it is open
    std::size_t queued_bytes_ = 0, written_of_first_ = 0;
    std::unique_ptr<Watch> watch_;                       // destroyed before the socket
};

}  // namespace net
