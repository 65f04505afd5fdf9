#include "net/udp_listener.hh"

#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/socket_address.hh"

namespace net {
namespace {

constexpr std::size_t kLongestQueue = 8192;
constexpr std::size_t kLargestDatagram = 65535;
constexpr std::size_t kBeginning = 600;      // what ICMP brings back of a datagram (RFC 1812, 4.3.2.3)
constexpr int kErrorsAtOnce = 64;

// That it will not be delivered, whatever is tried: unreachable or refused (RFC 3261, 18.4), not merely too large.
bool says_unreachable(msghdr& header) {
    for (auto* item = CMSG_FIRSTHDR(&header); item; item = CMSG_NXTHDR(&header, item)) {
        const bool v4 = item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_RECVERR;
        if (!v4 && !(item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_RECVERR)) continue;
        sock_extended_err error;
        std::memcpy(&error, CMSG_DATA(item), sizeof error);
        if (error.ee_origin == SO_EE_ORIGIN_ICMP)
            return (error.ee_type == ICMP_DEST_UNREACH && error.ee_code != ICMP_FRAG_NEEDED) || error.ee_type == ICMP_PARAMETERPROB;
        if (error.ee_origin == SO_EE_ORIGIN_ICMP6)
            return error.ee_type == ICMPV6_DEST_UNREACH || error.ee_type == ICMPV6_PARAMPROB;
    }
    return false;
}

}  // namespace

struct DatagramBatch::Slots {
    std::size_t each;
    std::vector<char> bytes;
    std::array<SocketAddress, kDatagrams> sources;
    std::array<iovec, kDatagrams> vectors;
    std::array<mmsghdr, kDatagrams> headers;

    explicit Slots(std::size_t datagram_bytes)
        : each(std::min(datagram_bytes, kLargestDatagram) + 1), bytes(each * kDatagrams), headers{} {
        for (std::size_t i = 0; i < kDatagrams; ++i) {
            vectors[i] = {bytes.data() + i * each, each};
            headers[i].msg_hdr.msg_iov = &vectors[i];
            headers[i].msg_hdr.msg_iovlen = 1;
            headers[i].msg_hdr.msg_name = &sources[i];
        }
    }
};

DatagramBatch::DatagramBatch(std::size_t datagram_bytes) : slots_(std::make_unique<Slots>(datagram_bytes)) {}
DatagramBatch::~DatagramBatch() = default;

std::size_t DatagramBatch::receive(int socket) {
    for (auto& header : slots_->headers) header.msg_hdr.msg_namelen = sizeof(SocketAddress);
    int count;
    do count = ::recvmmsg(socket, slots_->headers.data(), kDatagrams, MSG_DONTWAIT, nullptr);
    while (count < 0 && errno == EINTR);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::string_view DatagramBatch::datagram(std::size_t index) const {
    return {slots_->bytes.data() + index * slots_->each, slots_->headers[index].msg_len};
}

base::Endpoint DatagramBatch::source(std::size_t index) const { return from_socket_address(slots_->sources[index]); }

UdpListener::UdpListener(Loop& loop, const ListenerSpec& spec, Descriptor socket, DatagramBatch& batch,
                         Events events)
    : spec_(spec), socket_(std::move(socket)), batch_(&batch), events_(std::move(events)),
      watch_(loop, socket_.number(), [this] { readable(); }) {}

UdpListener::~UdpListener() = default;

void UdpListener::readable() {
    const std::size_t count = batch_->receive(socket_.number());
    for (std::size_t i = 0; i < count; ++i) {
        const base::Endpoint source = batch_->source(i);
        if (source.port) events_.received(*this, batch_->datagram(i), source);   // port 0 could never be answered
    }
    // The kernel tells of an error before anything else.
    std::vector<Unreachable> unreachable;
    if (!count && take_unreachable(unreachable)) tell(unreachable);
}

// False: there was no error to take.
bool UdpListener::take_unreachable(std::vector<Unreachable>& taken) {
    bool any = false;
    for (int i = 0; i < kErrorsAtOnce; ++i) {
        SocketAddress to;
        std::array<char, kBeginning> beginning;
        alignas(cmsghdr) std::array<char, 512> control;
        iovec vector{beginning.data(), beginning.size()};
        msghdr header{};
        header.msg_name = &to;
        header.msg_namelen = sizeof to;
        header.msg_iov = &vector;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        const auto size = ::recvmsg(socket_.number(), &header, MSG_ERRQUEUE | MSG_DONTWAIT);
        if (size < 0) break;
        any = true;
        if (says_unreachable(header))
            taken.push_back({from_socket_address(to), std::string(beginning.data(), static_cast<std::size_t>(size))});
    }
    return any;
}

void UdpListener::tell(const std::vector<Unreachable>& unreachable) {
    for (const auto& each : unreachable) events_.returned(*this, each.beginning, each.to);
}

void UdpListener::send(const base::Endpoint& to, Bytes bytes) {
    if (queue_.size() >= kLongestQueue) ++lost_;
    else queue_.push_back({to, std::move(bytes)});
}

bool UdpListener::flush(const Failed& failed) {
    std::size_t done = 0;
    std::vector<base::Endpoint> refused;
    std::vector<Unreachable> unreachable;
    while (done < queue_.size()) {
        int error = 0;
        done += write(done, error);
        if (error == EAGAIN || error == EWOULDBLOCK) break;
        if (!error || take_unreachable(unreachable)) continue;   // it was told of an earlier datagram
        // The first of the rest was refused; ENOBUFS is a loss like any other on the way.
        if (error != ENOBUFS && error != ENOMEM) refused.push_back(queue_[done].to);
        ++lost_;
        ++done;
    }
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(done));
    const bool drained = queue_.empty();
    for (const auto& to : refused) failed(*this, to);
    tell(unreachable);
    return drained;
}

std::size_t UdpListener::write(std::size_t begin, int& error) {
    std::array<SocketAddress, DatagramBatch::kDatagrams> addresses;
    std::array<iovec, DatagramBatch::kDatagrams> vectors;
    std::array<mmsghdr, DatagramBatch::kDatagrams> headers;
    const std::size_t count = std::min(queue_.size() - begin, DatagramBatch::kDatagrams);
    for (std::size_t i = 0; i < count; ++i) {
        const Outgoing& outgoing = queue_[begin + i];
        vectors[i] = {const_cast<char*>(outgoing.bytes->data()), outgoing.bytes->size()};
        headers[i] = {};
        headers[i].msg_hdr.msg_name = &addresses[i];
        headers[i].msg_hdr.msg_namelen = to_socket_address(outgoing.to, addresses[i]);
        headers[i].msg_hdr.msg_iov = &vectors[i];
        headers[i].msg_hdr.msg_iovlen = 1;
    }
    int sent;
    do sent = ::sendmmsg(socket_.number(), headers.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    error = errno;
    return 0;
}

}  // namespace net
