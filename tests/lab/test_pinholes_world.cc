#include "tests/lab/test_pinholes_world.hh"

#include <linux/capability.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <system_error>

namespace lab {
namespace {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress address_of(const std::string& text) {
    const auto endpoint = *base::Endpoint::parse(text);
    SocketAddress address;
    if (endpoint.address.is_v4()) {
        auto& in = reinterpret_cast<sockaddr_in&>(address.storage);
        in.sin_family = AF_INET;
        in.sin_port = htons(endpoint.port);
        in.sin_addr.s_addr = htonl(endpoint.address.v4_host_order());
        address.length = sizeof in;
    } else {
        auto& in = reinterpret_cast<sockaddr_in6&>(address.storage);
        in.sin6_family = AF_INET6;
        in.sin6_port = htons(endpoint.port);
        std::memcpy(&in.sin6_addr, endpoint.address.bytes().data(), 16);
        address.length = sizeof in;
    }
    return address;
}

void check(bool good, const char* what) {
    if (!good) throw std::system_error(errno, std::generic_category(), what);
}

int bound_socket(const std::string& local, bool transparent) {
    const auto address = address_of(local);
    const int socket = ::socket(address.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    check(socket >= 0, "socket");
    const int one = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (transparent && address.storage.ss_family == AF_INET)
        check(setsockopt(socket, IPPROTO_IP, IP_TRANSPARENT, &one, sizeof one) == 0, "IP_TRANSPARENT");
    if (transparent && address.storage.ss_family == AF_INET6)
        check(setsockopt(socket, IPPROTO_IPV6, IPV6_TRANSPARENT, &one, sizeof one) == 0, "IPV6_TRANSPARENT");
    check(bind(socket, address.get(), address.length) == 0, local.c_str());
    return socket;
}

}  // namespace

base::Time now() {
    return base::Time(
        std::chrono::duration_cast<base::Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

void enter_namespace() {
    const auto user = geteuid(), group = getegid();
    const bool root = user == 0;
    check(unshare(CLONE_NEWNET | (root ? 0 : CLONE_NEWUSER)) == 0, "unshare");
    if (!root) {
        std::ofstream("/proc/self/setgroups") << "deny";
        std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
        std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
    }
    shell("ip link set lo up");
}

std::string shell(const std::string& command) {
    FILE* pipe = popen(command.c_str(), "r");
    check(pipe != nullptr, "popen");
    std::string output;
    std::array<char, 4096> chunk;
    for (std::size_t n; (n = fread(chunk.data(), 1, chunk.size(), pipe)) > 0;) output.append(chunk.data(), n);
    pclose(pipe);
    return output;
}

void drop_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const __user_cap_data_struct none[2]{};
    check(syscall(SYS_capset, &header, none) == 0, "capset");
}

void send_from(const std::string& from, const std::string& to, const std::string& payload) {
    const int socket = bound_socket(from, false);
    const auto target = address_of(to);
    sendto(socket, payload.data(), payload.size(), 0, target.get(), target.length);
    close(socket);
}

Neighbour::Neighbour(const std::string& ours, const std::string& its, const std::string& reached) {
    process_ = shell("unshare -n sleep 60 >/dev/null 2>&1 & echo $!");
    process_.erase(process_.find_last_not_of('\n') + 1);
    // Until unshare has run, the process is still in our namespace.
    shell("while [ \"$(readlink /proc/" + process_ + "/ns/net)\" = \"$(readlink /proc/self/ns/net)\" ]; do sleep 0.01; "
          "done; ip link add ours type veth peer name its netns " + process_ + "; ip addr add " + ours +
          " dev ours; ip link set ours up");
    run("ip link set lo up; ip addr add " + its + " dev its; ip link set its up; ip route add " + reached + " via " +
        ours.substr(0, ours.find('/')));
}

Neighbour::~Neighbour() { shell("kill " + process_); }

std::string Neighbour::run(const std::string& command) const {
    return shell("nsenter -t " + process_ + " -n bash -c '" + command + "'");
}

PlainSocket::PlainSocket(const std::string& local) : PlainSocket(local, false) {}
PlainSocket::PlainSocket(const std::string& local, bool transparent)
    : local_(local), socket_(bound_socket(local, transparent)) {}
PlainSocket::~PlainSocket() { close(socket_); }

bool PlainSocket::next(std::string& payload, int wait_ms) {
    pollfd readable{socket_, POLLIN, 0};
    if (poll(&readable, 1, wait_ms) <= 0) return false;
    std::array<char, 2048> buffer;
    const auto received = recv(socket_, buffer.data(), buffer.size(), 0);
    payload.assign(buffer.data(), received > 0 ? static_cast<std::size_t>(received) : 0);
    return received >= 0;
}

bool PlainSocket::gets(const std::string& from, const std::string& to) {
    const std::string sent = "datagram " + std::to_string(++number_);
    send_from(from, to, sent);
    std::string payload;
    while (next(payload, 50))
        if (payload == sent) return true;
    return false;
}

bool PlainSocket::gets_anything() {
    std::string payload;
    return next(payload, 1000);
}

int PlainSocket::count_from(const std::string& from, int datagrams) {
    const int socket = bound_socket(from, false);
    const auto target = address_of(local_);
    std::string payload;
    int got = 0;
    for (int i = 0; i < datagrams; ++i) {
        sendto(socket, "x", 1, 0, target.get(), target.length);
        if (next(payload, 0)) ++got;
    }
    while (next(payload, 50)) ++got;
    close(socket);
    return got;
}

}  // namespace lab
