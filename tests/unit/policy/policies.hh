// What the tests of this room share: a small policy of two zones, and requests to ask it about.
#pragma once

#include <cppunit/TestAssert.h>

#include <cstdlib>
#include <string>

#include "policy/loader.hh"
#include "policy/routing.hh"

namespace policy_tests {

inline const std::string kZones = R"(
[zones.outside]
listen = ["udp:203.0.113.1:5060", "tcp:203.0.113.1:5060", "udp:[2001:db8::1]:5060"]
media = [{ address = "203.0.113.1", ports = "20000-29999" }, { address = "2001:db8::1", ports = "20000-29999" }]
nat = "far-end"
[zones.inside]
listen = ["udp:198.51.100.1:5060"]
media = { address = "198.51.100.1", ports = "30000-39999" }
trusted = true
[peers.pbx]
zone = "inside"
uri = "sip:198.51.100.10:5060"
[peers.pbx2]
zone = "inside"
uri = "sip:198.51.100.11"
[peers.pbx3]
zone = "inside"
uri = "sip:198.51.100.12"
[peers.carrier]
zone = "outside"
uri = "sip:203.0.113.70;transport=tcp"
sources = ["203.0.113.64/26"]
limits = { calls = 2, cps = 2 }
)";

inline policy::SnapshotPtr compiled(const std::string& text) {
    const auto loaded = policy::load_text("test.toml", text, {.check_local_addresses = false});
    std::string complaints;
    for (const auto& complaint : loaded.complaints) complaints += complaint.to_string() + '\n';
    CPPUNIT_ASSERT_MESSAGE(complaints, loaded.snapshot);
    return loaded.snapshot;
}

inline std::string source_path(const std::string& path) {
    const char* top = std::getenv("srcdir");
    return std::string(top ? top : ".") + '/' + path;
}

inline sip::Message request(std::string_view method, std::string_view user = "100",
                            std::string_view more = {}, std::string_view call_id = "1@203.0.113.7") {
    std::string text(method);
    text += " sip:" + std::string(user) + "@203.0.113.1 SIP/2.0\r\n";
    text += "Via: SIP/2.0/UDP 203.0.113.7:5060;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n";
    text += "From: \"Alice\" <sip:alice@phone.example>;tag=1\r\nTo: <sip:" + std::string(user) +
            "@acme.example>\r\n";
    text += "Call-ID: " + std::string(call_id) + "\r\nCSeq: 1 " + std::string(method) + "\r\n";
    text += std::string(more) + "Content-Length: 0\r\n\r\n";
    auto message = sip::Message::parse(text);
    CPPUNIT_ASSERT_MESSAGE(text, message);
    return std::move(*message);
}

// A request's facts as the worker would find them.
inline policy::Facts facts_of(const policy::Snapshot& snapshot, const sip::Message& message,
                              const char* source, std::uint16_t zone = 0) {
    const base::ZoneId id{zone};
    const base::Address address = base::Address::parse(source).value();
    return {id, snapshot.peer_of(id, address), base::Transport::udp, {address, 5060}, &message};
}

}  // namespace policy_tests
