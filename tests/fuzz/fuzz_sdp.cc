// Whatever comes as a session description: it is refused, or it is kept line by line, can be anchored and hidden in
// either order, and then names no address but ours.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "sdp/session.hh"
#include "sdp/text.hh"

namespace {

using base::Endpoint;
using sdp::Anchor;
using sdp::Session;

const std::string kOurs = "203.0.113.5";

void require(bool holds, const char* what, const std::string& text) {
    if (holds) return;
    std::fprintf(stderr, "%s\n%s\n", what, text.c_str());
    std::abort();
}

Session again(const Session& session) {
    const auto text = session.to_string();
    auto parsed = Session::parse(text, {.bytes = 1 << 24, .attributes = 1 << 16, .line_bytes = 1 << 16});
    require(static_cast<bool>(parsed), "what we write is refused", text);
    require(parsed->to_string() == text, "what we write does not stay as it is", text);
    require(parsed->media().size() == session.media().size(), "an m-line is lost", text);
    return *parsed;
}

void check_anchored(const Session& session, const std::vector<std::optional<Anchor>>& anchors) {
    const auto text = session.to_string();
    const auto read = again(session);
    for (std::size_t i = 0; i < anchors.size(); ++i) {
        const auto& media = read.media()[i];
        require(media.port == session.media()[i].port, "media() is not what is written", text);
        require(media.rtcp == session.media()[i].rtcp, "media() is not what is written", text);
        require(!media.port || (anchors[i] && media.rtp() == anchors[i]->rtp), "a port that is not ours", text);
    }
}

bool continues_number(char c) { return c == '.' || (c >= '0' && c <= '9'); }

// Where it stands alone: a part of a longer number is no place of ours.
void blank_out(std::string& value, const std::string& what) {
    for (auto at = value.find(what); at != value.npos; at = value.find(what, at + 1)) {
        const auto end = at + what.size();
        const bool begins = !continues_number(what.front()) || at == 0 || !continues_number(value[at - 1]);
        if (begins && (end == value.size() || !continues_number(value[end]))) value.replace(at, what.size(), " ");
    }
}

void check_hidden(const Session& session) {
    for (const auto& line : session.lines()) {
        std::string value = line.value;
        blank_out(value, kOurs);
        for (const char* nowhere : {" 0.0.0.0", "//0.0.0.0:9"}) blank_out(value, nowhere);  // all m-lines refused
        require(!sdp::holds_address(value), "an address that is not ours", session.to_string());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    auto session = Session::parse(text, {});
    if (!session) return 0;
    again(*session);

    std::vector<std::optional<Anchor>> anchors(session->media().size());
    for (std::size_t i = 0; i < anchors.size(); ++i) {
        if ((size + i) % 3 == 0) continue;
        const auto port = static_cast<std::uint16_t>(30000 + 4 * i);
        const Endpoint rtp{*base::Address::parse(kOurs), port};
        anchors[i] = Anchor{rtp, {rtp.address, static_cast<std::uint16_t>(port + (size + i) % 4)}};
    }
    auto hidden_first = *session;
    session->anchor(anchors);
    check_anchored(*session, anchors);
    session->set_origin("-", 1, 2, *base::Address::parse(kOurs));
    session->hide({});
    check_anchored(*session, anchors);
    check_hidden(*session);

    hidden_first.hide({});
    hidden_first.set_origin("-", 1, 2, *base::Address::parse(kOurs));
    hidden_first.anchor(anchors);
    check_anchored(hidden_first, anchors);
    check_hidden(hidden_first);
    return 0;
}
