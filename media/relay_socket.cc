// The batches of recvmmsg(2) and sendmmsg(2), and the sockets they run on: transparent ones that the firewall's TPROXY
// rule steers media to (the destination as the peer wrote it comes as IP_ORIGDSTADDR), and raw ones that send from any
// of our ports. What is to be done with a packet, the relay says.
#include "media/relay_socket.hh"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <random>
#include <system_error>
#include <utility>
#include <vector>

#include "media/relay_datagram.hh"

#ifndef IPV6_RECVORIGDSTADDR
#define IPV6_RECVORIGDSTADDR 74
#define IPV6_ORIGDSTADDR IPV6_RECVORIGDSTADDR
#define IPV6_TRANSPARENT 75
#endif

namespace media {
namespace {

constexpr int kBufferBytes = 8 << 20;
// Apart from a power of two, so that the buffers' first lines do not all fall into the same set of the cache.
constexpr std::size_t kStride = RelaySocket::kPayloadBytes + 128;

base::Endpoint endpoint_of(const sockaddr_in& in) {
    base::Address::Bytes bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    std::memcpy(bytes.data() + 12, &in.sin_addr, 4);
    return {base::Address::from_bytes(bytes), ntohs(in.sin_port)};
}

base::Endpoint endpoint_of(const sockaddr_in6& in) {
    base::Address::Bytes bytes;
    std::memcpy(bytes.data(), &in.sin6_addr, 16);
    return {base::Address::from_bytes(bytes), ntohs(in.sin6_port)};
}

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::system_category(), what); }

void set(int descriptor, int level, int option, int value, const char* what) {
    if (setsockopt(descriptor, level, option, &value, sizeof value) < 0) fail(what);
}

void set_buffer(int descriptor, int forced, int polite, int bytes) {
    if (setsockopt(descriptor, SOL_SOCKET, forced, &bytes, sizeof bytes) < 0)
        setsockopt(descriptor, SOL_SOCKET, polite, &bytes, sizeof bytes);
}

// Owns the descriptors until all are open.
struct Opening {
    RelayDescriptors opened;
    bool done = false;
    ~Opening() {
        if (done) return;
        for (const int fd : {opened.receive_v4, opened.receive_v6, opened.send_v4, opened.send_v6})
            if (fd >= 0) close(fd);
    }
};

int open_socket(int family, int type, int protocol, const char* what) {
    const int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (fd < 0) fail(what);
    return fd;
}

void open_v4(RelayDescriptors& to, int receive_buffer_bytes) {
    to.receive_v4 = open_socket(AF_INET, SOCK_DGRAM, 0, "socket for media");
    set(to.receive_v4, SOL_IP, IP_TRANSPARENT, 1, "IP_TRANSPARENT (needs CAP_NET_ADMIN)");
    set(to.receive_v4, SOL_IP, IP_RECVORIGDSTADDR, 1, "IP_RECVORIGDSTADDR");
    set_buffer(to.receive_v4, SO_RCVBUFFORCE, SO_RCVBUF, receive_buffer_bytes);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof at;
    if (bind(to.receive_v4, reinterpret_cast<sockaddr*>(&at), sizeof at) < 0) fail("bind of the media socket");
    if (getsockname(to.receive_v4, reinterpret_cast<sockaddr*>(&at), &length) < 0) fail("getsockname");
    to.steer_port = ntohs(at.sin_port);
    to.send_v4 = open_socket(AF_INET, SOCK_RAW, IPPROTO_RAW, "raw socket for media (needs CAP_NET_RAW)");
    set_buffer(to.send_v4, SO_SNDBUFFORCE, SO_SNDBUF, kBufferBytes);
}

// False where the port is somebody else's in IPv6.
bool open_v6(RelayDescriptors& to, int receive_buffer_bytes) {
    to.receive_v6 = open_socket(AF_INET6, SOCK_DGRAM, 0, "socket for media, IPv6");
    set(to.receive_v6, SOL_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY");
    set(to.receive_v6, SOL_IPV6, IPV6_TRANSPARENT, 1, "IPV6_TRANSPARENT (needs CAP_NET_ADMIN)");
    set(to.receive_v6, SOL_IPV6, IPV6_RECVORIGDSTADDR, 1, "IPV6_RECVORIGDSTADDR");
    set_buffer(to.receive_v6, SO_RCVBUFFORCE, SO_RCVBUF, receive_buffer_bytes);
    sockaddr_in6 at{};
    at.sin6_family = AF_INET6;
    at.sin6_addr = in6addr_loopback;
    at.sin6_port = htons(to.steer_port);
    if (bind(to.receive_v6, reinterpret_cast<sockaddr*>(&at), sizeof at) < 0) {
        if (errno == EADDRINUSE) return false;
        if (errno != EADDRNOTAVAIL) fail("bind of the media socket, IPv6");
        close(std::exchange(to.receive_v6, -1));  // IPv6 is disabled on the loopback interface
        return true;
    }
    to.send_v6 = open_socket(AF_INET6, SOCK_RAW, IPPROTO_RAW, "raw socket for media, IPv6 (needs CAP_NET_RAW)");
    set_buffer(to.send_v6, SO_SNDBUFFORCE, SO_SNDBUF, kBufferBytes);
    return true;
}

bool has_ipv6() {
    const int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) close(fd);
    return fd >= 0;
}

// The control message with the destination that the peer wrote.
std::optional<base::Endpoint> original_destination(msghdr& header) {
    for (cmsghdr* control = CMSG_FIRSTHDR(&header); control; control = CMSG_NXTHDR(&header, control)) {
        if (control->cmsg_level == SOL_IP && control->cmsg_type == IP_ORIGDSTADDR) {
            sockaddr_in in;
            std::memcpy(&in, CMSG_DATA(control), sizeof in);
            return endpoint_of(in);
        }
        if (control->cmsg_level == SOL_IPV6 && control->cmsg_type == IPV6_ORIGDSTADDR) {
            sockaddr_in6 in;
            std::memcpy(&in, CMSG_DATA(control), sizeof in);
            return endpoint_of(in);
        }
    }
    return std::nullopt;
}

base::Endpoint source_of(const sockaddr_storage& name) {
    return name.ss_family == AF_INET ? endpoint_of(reinterpret_cast<const sockaddr_in&>(name))
                                     : endpoint_of(reinterpret_cast<const sockaddr_in6&>(name));
}

}  // namespace

RelayDescriptors open_relay_descriptors(int receive_buffer_bytes) {
    constexpr int kAttempts = 16;  // until a port is free in both families
    for (int attempt = 0;; ++attempt) {
        Opening opening;
        open_v4(opening.opened, receive_buffer_bytes);
        if (!has_ipv6() || open_v6(opening.opened, receive_buffer_bytes)) {
            opening.done = true;
            return opening.opened;
        }
        if (attempt == kAttempts) fail("bind of the media socket, IPv6");
    }
}

struct RelaySocket::Incoming {
    struct Control {
        alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(sockaddr_in6))> bytes;
    };
    std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(kBatch * kStride);
    std::array<mmsghdr, kBatch> messages{};
    std::array<iovec, kBatch> vectors{};
    std::array<sockaddr_storage, kBatch> names{};
    std::array<Control, kBatch> controls{};

    Incoming() {
        for (std::size_t i = 0; i < kBatch; ++i) {
            vectors[i] = {bytes.data() + i * kStride, kPayloadBytes};
            msghdr& header = messages[i].msg_hdr;
            header.msg_iov = &vectors[i];
            header.msg_iovlen = 1;
            header.msg_name = &names[i];
            header.msg_control = controls[i].bytes.data();
            rearm(i);
        }
    }

    // What the kernel overwrites.
    void rearm(std::size_t i) {
        messages[i].msg_hdr.msg_namelen = sizeof names[i];
        messages[i].msg_hdr.msg_controllen = controls[i].bytes.size();
    }
};

struct RelaySocket::Outgoing {
    std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(kBatch * kStride);
    std::array<mmsghdr, kBatch> messages{};
    std::array<iovec, kBatch> vectors{};
    std::array<sockaddr_storage, kBatch> names{};
    std::size_t filled = 0;
    std::uint32_t identification = std::random_device{}() | 1;

    // For the few packets that are ever fragmented. Ours to choose: the kernel's own choice costs a hash a packet.
    // A xorshift never repeats early, and shows nobody how many calls there are. 0 would ask the kernel for one.
    std::uint16_t next_identification() {
        identification ^= identification << 13;
        identification ^= identification >> 17;
        identification ^= identification << 5;
        const auto low = static_cast<std::uint16_t>(identification);
        return low ? low : 1;
    }

    explicit Outgoing(bool v4) {
        for (std::size_t i = 0; i < kBatch; ++i) {
            names[i].ss_family = v4 ? AF_INET : AF_INET6;
            vectors[i].iov_base = bytes.data() + i * kStride;
            msghdr& header = messages[i].msg_hdr;
            header.msg_iov = &vectors[i];
            header.msg_iovlen = 1;
            header.msg_name = &names[i];
            header.msg_namelen = v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
        }
    }

    // The port of a raw socket's address is a protocol number: it stays 0.
    void add(const Forward& way, std::span<const std::uint8_t> payload) {
        std::uint8_t* const to = static_cast<std::uint8_t*>(vectors[filled].iov_base);
        const bool v4 = way.to.address.is_v4();
        const std::size_t headers = v4 ? kIpv4Headers : kIpv6Headers;
        std::memcpy(to + headers, payload.data(), payload.size());
        write_headers(to, way.from, way.to, {to + headers, payload.size()});
        if (v4) write_identification(to, next_identification());
        vectors[filled].iov_len = headers + payload.size();
        const auto& address = way.to.address.bytes();
        if (v4) std::memcpy(&reinterpret_cast<sockaddr_in&>(names[filled]).sin_addr, address.data() + 12, 4);
        else std::memcpy(&reinterpret_cast<sockaddr_in6&>(names[filled]).sin6_addr, address.data(), 16);
        ++filled;
    }
};

RelaySocket::RelaySocket(const RelayDescriptors& descriptors)
    : descriptors_(descriptors),
      in_(std::make_unique<Incoming>()),
      out_v4_(std::make_unique<Outgoing>(true)),
      out_v6_(std::make_unique<Outgoing>(false)) {}

RelaySocket::~RelaySocket() {
    for (const int fd : {descriptors_.receive_v4, descriptors_.receive_v6, descriptors_.send_v4, descriptors_.send_v6})
        if (fd >= 0) close(fd);
}

std::size_t RelaySocket::receive(int descriptor, const std::function<void(const Packet&)>& each) {
    const int came = recvmmsg(descriptor, in_->messages.data(), kBatch, MSG_DONTWAIT, nullptr);
    if (came <= 0) return 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(came); ++i) {
        msghdr& header = in_->messages[i].msg_hdr;
        const auto local = original_destination(header);
        if (header.msg_flags & MSG_TRUNC) {
            ++truncated_;
        } else if (local) {
            auto* const bytes = static_cast<std::uint8_t*>(in_->vectors[i].iov_base);
            each({*local, source_of(in_->names[i]), {bytes, in_->messages[i].msg_len}});
        }
        in_->rearm(i);
    }
    return static_cast<std::size_t>(came);
}

void RelaySocket::send(const Forward& way, std::span<const std::uint8_t> payload) {
    const bool v4 = way.to.address.is_v4();
    if (v4 != way.from.address.is_v4() || payload.size() > kPayloadBytes) {
        ++send_failures_;
        return;
    }
    Outgoing& batch = v4 ? *out_v4_ : *out_v6_;
    batch.add(way, payload);
    if (batch.filled == kBatch) flush(v4 ? descriptors_.send_v4 : descriptors_.send_v6, batch);
}

void RelaySocket::flush() {
    if (out_v4_->filled) flush(descriptors_.send_v4, *out_v4_);
    if (out_v6_->filled) flush(descriptors_.send_v6, *out_v6_);
}

// A packet that the kernel refuses (no route, a full queue twice) is lost and counted; those behind it still go.
void RelaySocket::flush(int descriptor, Outgoing& batch) {
    std::size_t sent = 0;
    bool again = true;
    while (sent < batch.filled) {
        const int gone = sendmmsg(descriptor, batch.messages.data() + sent,
                                  static_cast<unsigned>(batch.filled - sent), MSG_DONTWAIT);
        if (gone > 0) {
            sent += static_cast<std::size_t>(gone);
            again = true;
        } else if (again && (errno == EAGAIN || errno == ENOBUFS || errno == EINTR)) {
            again = false;
        } else if (errno == EAGAIN || errno == ENOBUFS) {
            send_failures_ += batch.filled - sent;  // full: what is behind would not fit either
            break;
        } else {
            ++send_failures_;
            ++sent;
            again = true;
        }
    }
    batch.filled = 0;
}

}  // namespace media
