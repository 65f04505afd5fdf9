#include "sip/transaction_key.hh"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/text.hh"
#include "sip/scan.hh"

namespace sip {
namespace {

struct SipState {
    std::uint64_t v0, v1, v2, v3;

    void rounds(int count) {
        for (; count > 0; --count) {
            v0 += v1; v1 = std::rotl(v1, 13) ^ v0; v0 = std::rotl(v0, 32);
            v2 += v3; v3 = std::rotl(v3, 16) ^ v2;
            v0 += v3; v3 = std::rotl(v3, 21) ^ v0;
            v2 += v1; v1 = std::rotl(v1, 17) ^ v2; v2 = std::rotl(v2, 32);
        }
    }
    void absorb(std::uint64_t word) {
        v3 ^= word;
        rounds(2);
        v0 ^= word;
    }
    std::uint64_t fold() const { return v0 ^ v1 ^ v2 ^ v3; }
};

}  // namespace

Key digest(const std::array<std::uint64_t, 2>& secret, std::string_view text) {
    SipState state{secret[0] ^ 0x736f6d6570736575U, secret[1] ^ 0x646f72616e646f6dU ^ 0xee,
                   secret[0] ^ 0x6c7967656e657261U, secret[1] ^ 0x7465646279746573U};
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t word;
        std::memcpy(&word, text.data() + at, 8);
        state.absorb(word);
    }
    std::uint64_t last = 0;
    if (at < text.size()) std::memcpy(&last, text.data() + at, text.size() - at);
    state.absorb(last | std::uint64_t{text.size() & 0xff} << 56);
    state.v2 ^= 0xee;
    state.rounds(4);
    const std::uint64_t low = state.fold();
    state.v1 ^= 0xdd;
    state.rounds(4);
    return {state.fold(), low};
}

std::string_view top_via_of(const Message& message) {
    std::size_t at = 0;
    return next_item(message.value(HeaderName::via), at);
}

std::string_view branch_of(const Message& message) {
    return header_parameter(top_via_of(message), "branch").value_or(std::string_view{});
}

SentRequest sent_request(std::string_view beginning) {
    constexpr std::string_view kVia = "\r\nVia: ";
    const auto line = beginning.find(kVia);
    if (beginning.starts_with("SIP/") || line == beginning.npos || beginning.find("\r\n") != line) return {};
    const auto via = beginning.substr(line + kVia.size());
    const auto end = via.find("\r\n");
    if (end == via.npos) return {};
    const auto branch = header_parameter(via.substr(0, end), "branch");
    return branch ? SentRequest{beginning.substr(0, beginning.find(' ')), *branch} : SentRequest{};
}

bool is_rfc3261(const Via& top) { return top.has_magic_cookie() && top.branch().size() > kMagicCookie.size(); }

KeyMaker& KeyMaker::begin(char kind) {
    text_.assign(1, kind);
    return *this;
}

// The length before each text: no two lists of texts look alike.
KeyMaker& KeyMaker::with(std::string_view text) {
    const auto length = static_cast<std::uint32_t>(text.size());
    text_.append(reinterpret_cast<const char*>(&length), sizeof length).append(text);
    return *this;
}

Key KeyMaker::server(const Message& request, const Via& top, std::string_view method) {
    const std::string_view branch = top.branch();
    // Branches are compared as they are written, though 7.3.1 calls them case-insensitive: peers count in base 64.
    if (is_rfc3261(top)) {
        begin('B').with(branch).with(method);
        with(top.host);
        const std::size_t host = text_.size() - top.host.size();
        std::transform(text_.begin() + static_cast<std::ptrdiff_t>(host), text_.end(),
                       text_.begin() + static_cast<std::ptrdiff_t>(host), base::lower);
        return with(std::to_string(top.port)).end();
    }
    begin('O').with(request.request_uri()).with(request.from_tag()).with(request.call_id());
    with(std::to_string(request.cseq())).with(top_via_of(request)).with(method);
    // The To tag of an ACK is that of our response, and the INVITE's own tag may be missing: invite_server asks.
    if (method != name_of(Method::invite)) with(request.to_tag());
    return end();
}

Key KeyMaker::client(std::string_view branch, std::string_view method) {
    return begin('C').with(branch).with(method).end();
}

Key KeyMaker::merged(const Message& request) {
    begin('M').with(request.from_tag()).with(request.call_id()).with(request.method_text());
    return with(std::to_string(request.cseq())).end();
}

Key KeyMaker::flow(const base::Flow& flow) {
    const auto& address = flow.remote.address.bytes();
    begin('F').with({reinterpret_cast<const char*>(address.data()), address.size()});
    const std::array<std::uint16_t, 3> numbers{flow.remote.port, flow.listener.value,
                                               static_cast<std::uint16_t>(flow.transport)};
    return with({reinterpret_cast<const char*>(numbers.data()), sizeof numbers}).end();
}

}  // namespace sip
