// SIP's datagrams at one listener and worker: read in batches, written with one system call a turn of the loop.
// Bytes only. What ICMP says could not be delivered is told with the beginning of the datagram, as it came back: anybody
// may have forged it. Errors that the kernel tells when sending are reported.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.hh"
#include "net/descriptor.hh"
#include "net/listener_spec.hh"
#include "net/loop.hh"

namespace net {

// The buffers of one worker, shared by all of its listeners: a batch is handled before the next one is read.
class DatagramBatch {
 public:
    static constexpr std::size_t kDatagrams = 64;

    // One byte more than `datagram_bytes` is kept of each datagram, so that a larger one is seen to be too large.
    explicit DatagramBatch(std::size_t datagram_bytes);
    ~DatagramBatch();

    // Reads what is there, at most kDatagrams. Returns how many; 0 when there is nothing.
    std::size_t receive(int socket);
    std::string_view datagram(std::size_t index) const;
    base::Endpoint source(std::size_t index) const;

 private:
    struct Slots;
    std::unique_ptr<Slots> slots_;
};

class UdpListener {
 public:
    // Told of what came in, and of the beginning of a datagram of ours that came back from a host or router on its way.
    struct Events {
        std::function<void(UdpListener& listener, std::string_view datagram, const base::Endpoint& from)> received;
        std::function<void(UdpListener& listener, std::string_view beginning, const base::Endpoint& to)> returned;
    };
    using Failed = std::function<void(UdpListener& listener, const base::Endpoint& to)>;
    using Bytes = std::shared_ptr<const std::string>;

    UdpListener(Loop& loop, const ListenerSpec& spec, Descriptor socket, DatagramBatch& batch, Events events);
    ~UdpListener();
    UdpListener(const UdpListener&) = delete;
    UdpListener& operator=(const UdpListener&) = delete;

    const ListenerSpec& spec() const { return spec_; }
    void rename(base::ListenerId id) { spec_.id = id; }   // a new policy counts its listeners anew

    // Queued until flush(). Beyond a bound (the kernel takes nothing more) the datagram is lost, as UDP may.
    void send(const base::Endpoint& to, Bytes bytes);
    // `failed` is told of each destination that the kernel refuses. False: the rest is to be tried again soon.
    bool flush(const Failed& failed);

    std::uint64_t lost() const { return lost_; }

 private:
    void readable();
    std::size_t write(std::size_t begin, int& error);
    struct Unreachable {
        base::Endpoint to;
        std::string beginning;
    };
    bool take_unreachable(std::vector<Unreachable>& taken);
    void tell(const std::vector<Unreachable>& unreachable);

    struct Outgoing {
        base::Endpoint to;
        Bytes bytes;
    };
    ListenerSpec spec_;
    Descriptor socket_;
    DatagramBatch* batch_;
    Events events_;
    std::vector<Outgoing> queue_;
    std::uint64_t lost_ = 0;
    Watch watch_;
};

}  // namespace net
