// Phones that register, and come again before their time is over: a hundred thousand of them in one process, behind
// sixteen ports. Run by bench/registrations in the outside namespace; it knows of SIP what it says itself.
//
// Usage: phones LOCAL GATE PERIOD      addresses with port (its sockets take LOCAL's and those that follow), seconds
//
// It reads commands, one a line, and answers each with one line of JSON when it is done; whoever is registered comes
// again every PERIOD all the while:
//   new COUNT RATE        so many more register, RATE a second
//   refresh COUNT RATE    the next so many of them come at once, RATE a second, whenever their time would be
//   hold SECONDS          nothing but what is due
// What is not answered within half a second is said again, as often as RFC 3261's timer E would.
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <deque>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "base/number.hh"
#include "bench/udp_socket.hh"

namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using namespace std::chrono_literals;

constexpr std::size_t kSockets = 16;
constexpr std::size_t kMostAtOnce = 64;       // then we listen
constexpr unsigned kMostRepetitions = 10;     // then it is lost
constexpr auto kMostQuiet = 40s;              // a command is done, whatever is missing

struct Phone {
    std::uint32_t cseq = 0;
    std::uint8_t repeated = 0;
    bool waits = false;                       // for its answer
    std::uint32_t burst = 0;                  // in which it came last; 0: it was due
};

struct Counts {
    unsigned long long sent = 0, answered = 0, repeated = 0, refused = 0, lost = 0;
};

struct Entry {
    Time time;
    std::uint32_t phone;
    std::uint32_t cseq;                       // it is out of date where the phone's is another
};

// What a command wants: COUNT phones, the next of them at `next`.
struct Burst {
    bool fresh = false;
    std::uint32_t number = 0, left = 0;
    std::chrono::duration<double> gap{};
    Time next{};
    std::size_t waiting = 0;                  // for an answer
};

class Phones {
 public:
    Phones(const base::Endpoint& local, const base::Endpoint& gate, std::chrono::seconds period)
        : gate_(gate.to_string()), local_(local), period_(period) {
        const auto to = bench::to_sockaddr(gate);
        for (std::uint16_t i = 0; i < kSockets; ++i) {
            const base::Endpoint at{local.address, static_cast<std::uint16_t>(local.port + i)};
            watched_[i] = {bench::udp_socket(at), POLLIN, 0};
            if (connect(watched_[i].fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
                throw std::system_error(errno, std::system_category(), "connect");
        }
    }

    Counts play(Burst burst, Time end) {
        counts_ = {};
        burst.number = burst_.number + 1;
        burst_ = burst;
        burst_.next = Clock::now();
        for (Time quiet_since = Clock::now(); Clock::now() < end || burst_.left || burst_.waiting;) {
            const auto before = counts_.answered;
            send_burst();
            send_due();
            repeat();
            if (poll(watched_.data(), watched_.size(), burst_.left ? 0 : 1) > 0) listen();
            if (counts_.answered != before) quiet_since = Clock::now();
            if (Clock::now() - quiet_since > kMostQuiet && Clock::now() >= end) break;
        }
        counts_.lost += burst_.waiting;
        return counts_;
    }

 private:
    void send_burst() {
        const Time now = Clock::now();
        for (std::size_t most = kMostAtOnce; most && burst_.left && burst_.next <= now; --most, --burst_.left) {
            burst_.next += std::chrono::duration_cast<Clock::duration>(burst_.gap);
            if (burst_.fresh) phones_.emplace_back(), next_ = phones_.size() - 1;
            const auto phone = static_cast<std::uint32_t>(next_);
            next_ = (next_ + 1) % phones_.size();
            if (phones_[phone].waits) continue;
            come(phone, now, burst_.number);
            ++burst_.waiting;
        }
    }

    void send_due() {
        for (const Time now = Clock::now(); !due_.empty() && due_.front().time <= now; due_.pop_front())
            if (const auto [time, phone, cseq] = due_.front(); phones_[phone].cseq == cseq && !phones_[phone].waits)
                come(phone, now, 0);
    }

    void repeat() {
        for (const Time now = Clock::now(); !unanswered_.empty() && unanswered_.front().time <= now; unanswered_.pop_front()) {
            const auto number = unanswered_.front().phone;
            auto& phone = phones_[number];
            if (phone.cseq != unanswered_.front().cseq || !phone.waits) continue;
            if (++phone.repeated > kMostRepetitions) {
                ++counts_.lost;
                settle(phone);
                continue;
            }
            ++counts_.repeated;
            say(number);
            unanswered_.push_back({now + 500ms, number, phone.cseq});
        }
    }

    void come(std::uint32_t number, Time now, std::uint32_t burst) {
        auto& phone = phones_[number];
        ++phone.cseq, phone.repeated = 0, phone.waits = true, phone.burst = burst;
        ++counts_.sent;
        say(number);
        unanswered_.push_back({now + 500ms, number, phone.cseq});
        due_.push_back({now + period_, number, phone.cseq});
    }

    void settle(Phone& phone) {
        phone.waits = false;
        if (phone.burst == burst_.number) --burst_.waiting;
    }

    void say(std::uint32_t number) {
        const auto& phone = phones_[number];
        const auto socket = number % kSockets;
        const std::string name = "phone" + std::to_string(100000000 + number), cseq = std::to_string(phone.cseq);
        const auto host = local_.address.to_string() + ":" + std::to_string(local_.port + socket);
        const std::string bytes =
            "REGISTER sip:" + gate_ + " SIP/2.0\r\nVia: SIP/2.0/UDP " + host + ";branch=z9hG4bK" + name + "c" + cseq +
            ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:" + name + "@" + gate_ + ">;tag=" + name + "\r\nTo: <sip:" + name +
            "@" + gate_ + ">\r\nCall-ID: " + name + "-7c1b9d52@" + host + "\r\nCSeq: " + cseq + " REGISTER\r\nContact: <sip:" +
            name + "@" + host + ">;+sip.instance=\"<urn:uuid:00000000-0000-4000-8000-000" + std::to_string(100000000 + number) +
            ">\";reg-id=1\r\nExpires: 600\r\nSupported: path, outbound, gruu\r\nUser-Agent: phone\r\nContent-Length: 0\r\n\r\n";
        (void)send(watched_[socket].fd, bytes.data(), bytes.size(), 0);
    }

    void listen() {
        std::array<char, 4096> bytes;
        for (const auto& socket : watched_)
            if (socket.revents)
                for (ssize_t length; (length = recv(socket.fd, bytes.data(), bytes.size(), 0)) > 0;)
                    hear({bytes.data(), static_cast<std::size_t>(length)});
    }

    void hear(std::string_view response) {
        const auto call_id = bench::value_of(response, "\r\nCall-ID:"), cseq = bench::value_of(response, "\r\nCSeq:");
        if (!call_id.starts_with("phone")) return;
        const auto number = base::to_number<std::uint32_t>(call_id.substr(5, 9)).value_or(0) - 100000000;
        if (number >= phones_.size() || !response.starts_with("SIP/2.0 ") || response[8] == '1') return;
        auto& phone = phones_[number];
        if (!phone.waits || base::to_number<std::uint32_t>(cseq.substr(0, cseq.find(' '))) != phone.cseq) return;
        settle(phone);
        response[8] == '2' ? ++counts_.answered : ++counts_.refused;
    }

    std::string gate_;
    base::Endpoint local_;
    Clock::duration period_;
    std::array<pollfd, kSockets> watched_{};
    std::vector<Phone> phones_;
    std::size_t next_ = 0;                     // of a burst
    std::deque<Entry> due_, unanswered_;       // by time
    Burst burst_;
    Counts counts_;
};

// False: nobody understands it.
bool obey(Phones& phones, const char* line) {
    std::array<char, 16> word{};
    unsigned first = 0, second = 0;
    const int read = std::sscanf(line, "%15s %u %u", word.data(), &first, &second);
    const std::string_view command = word.data();
    Burst burst;
    const auto start = Clock::now();
    auto end = start;
    if (command == "hold" && read == 2) {
        end += std::chrono::seconds(first);
    } else if ((command == "new" || command == "refresh") && read == 3 && second) {
        burst.fresh = command == "new";
        burst.left = first;
        burst.gap = 1s / static_cast<double>(second);
    } else {
        return false;
    }
    const auto counts = phones.play(burst, end);
    std::printf("{\"sent\": %llu, \"answered\": %llu, \"repeated\": %llu, \"refused\": %llu, \"lost\": %llu, \"seconds\": %.3f}\n",
                counts.sent, counts.answered, counts.repeated, counts.refused, counts.lost,
                std::chrono::duration<double>(Clock::now() - start).count());
    std::fflush(stdout);
    return true;
}

}  // namespace

int main(int count, char** words) {
    const auto local = count == 4 ? base::Endpoint::parse(words[1]) : std::nullopt;
    const auto gate = count == 4 ? base::Endpoint::parse(words[2]) : std::nullopt;
    const auto period = count == 4 ? base::to_number<std::uint32_t>(words[3]) : std::nullopt;
    if (!local || !gate || !period) return std::fputs("usage: phones LOCAL GATE PERIOD\n", stderr), 2;
    try {
        Phones phones(*local, *gate, std::chrono::seconds(*period));
        std::array<char, 128> line;
        while (std::fgets(line.data(), line.size(), stdin))
            if (!obey(phones, line.data())) return std::fprintf(stderr, "phones: what is %s", line.data()), 2;
    } catch (const std::exception& e) {
        return std::fprintf(stderr, "phones: %s\n", e.what()), 1;
    }
    return 0;
}
