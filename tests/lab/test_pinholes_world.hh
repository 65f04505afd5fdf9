// What the kernel tests of the table stand on: a network namespace for each, sockets, and the clock.
#pragma once

#include <cstdint>
#include <string>

#include "base/endpoint.hh"
#include "base/time.hh"

namespace lab {

base::Time now();

// A new, empty network namespace for this process, with loopback up. Without root: in a new user namespace.
void enter_namespace();

// Runs it in the shell and answers what it printed on standard output.
std::string shell(const std::string& command);

// For good, in this process.
void drop_capabilities();

// Sends a datagram from an address of this namespace.
void send_from(const std::string& from, const std::string& to, const std::string& payload);

// Another host: a namespace of its own behind a link of two ends, which goes with this object.
class Neighbour {
 public:
    // Our and its address on the link, and what it reaches through us.
    Neighbour(const std::string& ours, const std::string& its, const std::string& reached);
    ~Neighbour();
    Neighbour(const Neighbour&) = delete;
    Neighbour& operator=(const Neighbour&) = delete;
    std::string run(const std::string& command) const;   // by bash, over there

 private:
    std::string process_;
};

// Receives at an address as any program would.
class PlainSocket {
 public:
    explicit PlainSocket(const std::string& local);
    ~PlainSocket();
    PlainSocket(const PlainSocket&) = delete;
    PlainSocket& operator=(const PlainSocket&) = delete;

    // Whether a datagram from there arrives here.
    bool gets_from(const std::string& from) { return gets(from, local_); }
    int count_from(const std::string& from, int datagrams);
    bool gets_anything();

 protected:
    PlainSocket(const std::string& local, bool transparent);
    bool gets(const std::string& from, const std::string& to);
    bool next(std::string& payload, int wait_ms);

 private:
    std::string local_;
    int socket_;
    int number_ = 0;
};

// The relay's socket: gets what the table steers to it, whatever address it was sent to.
class SteeredSocket : public PlainSocket {
 public:
    SteeredSocket(std::uint16_t port, bool v4)
        : PlainSocket((v4 ? "127.0.0.1:" : "[::1]:") + std::to_string(port), true) {}
    bool gets_from(const std::string& from, const std::string& to) { return gets(from, to); }
};

}  // namespace lab
