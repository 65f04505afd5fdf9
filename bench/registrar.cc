// A registrar that takes all that it is told, as fast as it comes: each REGISTER is answered 200 with its own Contact
// and what registrars say beside. Run by bench/registrations in the inside namespace, where SIPp would be the slowest.
//
// Usage: registrar LOCAL      ("198.51.100.10:5060"); for each line on its input it prints how many REGISTERs it has
// heard; at the input's end it ends.
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <exception>
#include <string>

#include "bench/udp_socket.hh"

namespace {

// Every Via and the rest as they came, To with a tag.
std::string answer_to(std::string_view request) {
    std::string answer = "SIP/2.0 200 OK\r\n";
    for (std::string_view rest = request.substr(std::min(request.size(), request.find("\r\n") + 2)); !rest.empty();) {
        const auto line = rest.substr(0, rest.find("\r\n"));
        if (line.empty()) break;
        rest.remove_prefix(std::min(rest.size(), line.size() + 2));
        for (const std::string_view kept : {"Via:", "From:", "To:", "Call-ID:", "CSeq:", "Contact:"})
            if (line.starts_with(kept)) answer.append(line).append(kept == "To:" ? ";tag=registrar\r\n" : "\r\n");
    }
    answer.append("P-Associated-URI: ").append(bench::value_of(request, "\r\nTo:")).append("\r\n");
    answer += "Allow-Events: presence, message-summary\r\nServer: registrar\r\nContent-Length: 0\r\n\r\n";
    return answer;
}

// How many there were to answer.
unsigned long long answer_all(int socket) {
    unsigned long long heard = 0;
    std::array<char, 4096> bytes;
    sockaddr_in from{};
    for (;;) {
        socklen_t size = sizeof from;
        const auto length = recvfrom(socket, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
        if (length < 0) return heard;
        const std::string_view request(bytes.data(), static_cast<std::size_t>(length));
        if (!request.starts_with("REGISTER ")) continue;
        const auto answer = answer_to(request);
        (void)sendto(socket, answer.data(), answer.size(), 0, reinterpret_cast<const sockaddr*>(&from), size);
        ++heard;
    }
}

void serve(const base::Endpoint& local) {
    const int socket = bench::udp_socket(local);
    unsigned long long heard = 0;
    std::array<char, 64> line;
    std::array<pollfd, 2> watched{{{socket, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
    while (poll(watched.data(), watched.size(), -1) >= 0) {
        heard += answer_all(socket);
        if (!watched[1].revents) continue;
        if (read(STDIN_FILENO, line.data(), line.size()) <= 0) return;
        std::printf("%llu\n", heard);
        std::fflush(stdout);
    }
}

}  // namespace

int main(int count, char** words) {
    const auto local = count == 2 ? base::Endpoint::parse(words[1]) : std::nullopt;
    if (!local || !local->address.is_v4()) return std::fputs("usage: registrar LOCAL\n", stderr), 2;
    try {
        serve(*local);
    } catch (const std::exception& e) {
        return std::fprintf(stderr, "registrar: %s\n", e.what()), 1;
    }
    return 0;
}
