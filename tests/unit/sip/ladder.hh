// A transaction layer on a bench: messages by hand, time by hand, and one line of text for what it did and when.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/entropy.hh"
#include "sip/transactions.hh"

namespace sip_test {

using namespace std::chrono_literals;

base::Flow udp_flow();
base::Flow tcp_flow(std::uint64_t connection = 7);

// What varies between two messages of a test; the rest is always the same.
struct Text {
    std::string start = "INVITE sip:bob@example.net SIP/2.0";
    std::string via = "SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bKone;rport";
    std::string from_tag = "a";
    std::string to_tag;
    std::string call_id = "call-1";
    std::string cseq = "1 INVITE";
    std::string more;  // further header lines with their CRLF
};
Text invite();
Text ack(std::string_view to_tag);
Text cancel();
Text options();
sip::Message message_of(const Text& text);

// A request as the transaction user would make it, without Via.
sip::Message outgoing(sip::Method method);
// The answer to bytes that we sent: its Via, From, To, Call-ID and CSeq with another start line.
sip::Message answer_to(const std::string& request, int status, std::string_view to_tag = "b");

std::string start_line_of(const std::string& bytes);

class Ladder {
 public:
    explicit Ladder(const sip::TransactionTimers& timers = {}) : layer_(base::WorkerId{0x2a}, entropy_, timers) {}

    sip::Transactions& layer() { return layer_; }
    base::Time now() const { return now_; }

    // What has happened since the last question: "100@0 +INVITE@0", sends as method or status, events with "+"
    // or as "client_failed:…", "server_failed:…", "refused:…"; the time is in ms since the ladder's last mark().
    std::string receive(const Text& text, const base::Flow& flow = udp_flow());
    std::string receive(sip::Message message, const base::Flow& flow = udp_flow());
    std::string request(sip::Method method, const base::Flow& flow = udp_flow());
    std::string request(sip::Message message, const base::Flow& flow, const sip::StreamWay& stream);
    std::string respond(int status, std::string_view to_tag = "b") { return respond(server, status, to_tag); }
    std::string respond(sip::ServerId id, int status, std::string_view to_tag = "b");
    std::string cancel(std::string_view reason = {});
    std::string fail(const base::Flow& flow);
    std::string come_back(std::string_view beginning, const base::Flow& flow = udp_flow());
    std::string run(base::Duration duration);
    void mark() { mark_ = now_; }

    sip::ServerId server;                       // of the last RequestArrived
    sip::ClientId client;                       // of the last request()
    sip::ServerId cancelled;                    // of the last CancelArrived
    std::vector<sip::Send> sends;               // all of them
    const std::string& last_bytes() const { return *sends.back().bytes; }

 private:
    std::string collect();

    base::SeededEntropy entropy_{1};
    sip::Transactions layer_;
    base::Time now_{1000h};                     // any time but 0: a wheel begins in the middle of things
    base::Time mark_{now_};
};

}  // namespace sip_test
