#include "net/open_listener.hh"

#include <cerrno>
#include <system_error>

#include "net/socket_address.hh"

namespace net {
namespace {

constexpr int kDatagramBuffer = 4 * 1024 * 1024;
constexpr int kBacklog = 1024;

[[noreturn]] void fail(const ListenerSpec& spec) {
    throw std::system_error(errno, std::generic_category(),
                            std::string(name_of(spec.transport)) + ":" + spec.local.to_string());
}

void set(int socket, int level, int option, int value, const ListenerSpec& spec) {
    if (::setsockopt(socket, level, option, &value, sizeof value)) fail(spec);
}

Descriptor bound(const ListenerSpec& spec, bool share) {
    const int kind = spec.transport == base::Transport::udp ? SOCK_DGRAM : SOCK_STREAM;
    const int family = family_of(spec.local.address);
    Descriptor socket(::socket(family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) fail(spec);
    if (family == AF_INET6) set(socket.number(), IPPROTO_IPV6, IPV6_V6ONLY, 1, spec);
    if (kind == SOCK_STREAM) set(socket.number(), SOL_SOCKET, SO_REUSEADDR, 1, spec);
    if (share) set(socket.number(), SOL_SOCKET, SO_REUSEPORT, 1, spec);
    SocketAddress address;
    const socklen_t length = to_socket_address(spec.local, address);
    if (::bind(socket.number(), &address.any, length)) fail(spec);
    return socket;
}

// FORCE goes beyond rmem_max where the caller may; else what the host allows has to do.
void enlarge(int socket, int forced, int plain) {
    const int bytes = kDatagramBuffer;
    if (::setsockopt(socket, SOL_SOCKET, forced, &bytes, sizeof bytes))
        (void)::setsockopt(socket, SOL_SOCKET, plain, &bytes, sizeof bytes);
}

}  // namespace

Descriptor open_listener(const ListenerSpec& spec) {
    Descriptor socket = bound(spec, true);
    if (spec.transport == base::Transport::udp) {
        enlarge(socket.number(), SO_RCVBUFFORCE, SO_RCVBUF);
        enlarge(socket.number(), SO_SNDBUFFORCE, SO_SNDBUF);
        const bool v4 = spec.local.address.is_v4();
        set(socket.number(), v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_RECVERR : IPV6_RECVERR, 1, spec);
    } else if (::listen(socket.number(), kBacklog)) {
        fail(spec);
    }
    return socket;
}

void prove_free(const ListenerSpec& spec) {
    const Descriptor socket = bound(spec, false);
    if (spec.transport != base::Transport::udp && ::listen(socket.number(), 1)) fail(spec);
}

}  // namespace net
