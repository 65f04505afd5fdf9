#include "net/udp_listener.hh"

#include <algorithm>
#include <array>
#include <cerrno>

#include "net/socket_address.hh"

namespace net {
namespace {

constexpr std::size_t kLongestQueue = 8192;
constexpr std::size_t kLargestDatagram = 65535;

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
                         Receive receive)
    : spec_(spec), socket_(std::move(socket)), batch_(&batch), receive_(std::move(receive)),
      watch_(loop, socket_.number(), [this] { readable(); }) {}

UdpListener::~UdpListener() = default;

void UdpListener::readable() {
    const std::size_t count = batch_->receive(socket_.number());
    for (std::size_t i = 0; i < count; ++i) {
        const base::Endpoint source = batch_->source(i);
        if (source.port) receive_(*this, batch_->datagram(i), source);   // port 0 could never be answered
    }
}

void UdpListener::send(const base::Endpoint& to, Bytes bytes) {
    if (queue_.size() >= kLongestQueue) ++lost_;
    else queue_.push_back({to, std::move(bytes)});
}

bool UdpListener::flush(const Failed& failed) {
    std::size_t done = 0;
    std::vector<base::Endpoint> refused;
    while (done < queue_.size()) {
        int error = 0;
        done += write(done, error);
        if (error == EAGAIN || error == EWOULDBLOCK) break;
        if (!error) continue;
        // The first of the rest was refused; ENOBUFS is a loss like any other on the way.
        if (error != ENOBUFS && error != ENOMEM) refused.push_back(queue_[done].to);
        ++lost_;
        ++done;
    }
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(done));
    const bool drained = queue_.empty();
    for (const auto& to : refused) failed(*this, to);
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
