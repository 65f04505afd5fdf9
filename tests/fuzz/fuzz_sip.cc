// Fuzzes what reads SIP from the network: framer, guard, message, typed values, refusal. Beyond "no crash" it
// holds them to their promises: what the guard accepts the parser accepts, what is written reads the same
// again, every split of a stream gives the same messages, and no answer is larger than its request.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sip/framer.hh"
#include "sip/guard.hh"
#include "sip/message.hh"
#include "sip/name_addr.hh"
#include "sip/refusal.hh"
#include "sip/via.hh"

namespace {

void promise(bool kept) {
    if (!kept) std::abort();
}

// Where the text of a message grows by our blanks after colons, a limit must not be what refuses it.
sip::Limits wide_limits() {
    sip::Limits limits;
    limits.stream_bytes *= 4;
    limits.line_bytes *= 2;
    limits.headers += 1;
    return limits;
}

template <class Value>
void read_values(const sip::Message& message, sip::HeaderName id) {
    for (const std::string_view item : message.items(id)) {
        if (item == "*" && id == sip::HeaderName::contact) continue;
        const auto value = Value::parse(item);
        promise(value.has_value());
        const std::string text = value->to_string();
        const auto again = Value::parse(text);
        promise(again && again->to_string() == text);
    }
}

void read_message(std::string_view bytes) {
    const auto verdict = sip::guard(bytes, sip::Framing::datagram, sip::Limits());
    const auto message = sip::Message::parse(bytes);
    promise(message || !verdict.accepted);
    if (!message) return;
    const std::string text = message->serialize();
    const auto again = sip::Message::parse(text);
    promise(again && again->serialize() == text && again->body() == message->body());
    promise(message->clone().serialize() == text);
    if (!verdict.accepted) return;
    promise(sip::guard(text, sip::Framing::stream, wide_limits()).accepted);
    for (const auto id :
         {sip::HeaderName::from, sip::HeaderName::to, sip::HeaderName::contact, sip::HeaderName::route})
        read_values<sip::NameAddr>(*message, id);
    read_values<sip::Via>(*message, sip::HeaderName::via);
    if (message->is_request()) promise(sip::Uri::parse(message->request_uri()).has_value());
}

void answer(std::string_view bytes) {
    const auto verdict = sip::guard(bytes, sip::Framing::datagram, sip::Limits());
    const auto text = sip::refuse(bytes, base::Reason::bad_header, "2001:db8::1", 5060);
    if (!text) return;
    promise(text->size() <= bytes.size() && text->starts_with("SIP/2.0 400 "));
    const auto own = sip::guard(*text, sip::Framing::stream, wide_limits());
    promise(own.accepted || !verdict.accepted);
    promise(own.reason != base::Reason::bad_line_end && own.reason != base::Reason::control_character);
}

// What the framer cut, as text to compare. False once the stream is broken: nothing more may be fed.
bool drain(sip::Framer& framer, std::string& out) {
    for (;;) {
        const auto step = framer.next();
        if (std::holds_alternative<sip::Framer::NeedMore>(step)) return true;
        if (const auto* whole = std::get_if<sip::Framer::Complete>(&step))
            (out += 'm') += whole->bytes;
        else if (std::holds_alternative<sip::Framer::Ping>(step))
            out += 'p';
        else {
            (out += "broken ") += base::name_of(std::get<sip::Framer::Broken>(step).reason);
            return false;
        }
    }
}

void split(std::string_view bytes, std::size_t cut) {
    const sip::Limits limits;
    sip::Framer whole(limits), parts(limits);
    whole.feed(bytes);
    std::string expected, seen;
    drain(whole, expected);
    parts.feed(bytes.substr(0, cut));
    if (drain(parts, seen)) {
        parts.feed(bytes.substr(cut));
        drain(parts, seen);
    }
    promise(seen == expected);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    read_message(bytes);
    answer(bytes);
    split(bytes, size ? data[size - 1] * size / 256 : 0);
    return 0;
}
