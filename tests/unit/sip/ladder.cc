#include "tests/unit/sip/ladder.hh"

#include <cstdlib>

namespace sip_test {
namespace {

template <class... Visitors>
struct Overloaded : Visitors... { using Visitors::operator()...; };
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

std::string label(const sip::Message& message) {
    return message.is_request() ? std::string(message.method_text()) : std::to_string(message.status());
}

}  // namespace

base::Flow udp_flow() {
    base::Flow flow;
    flow.local = *base::Endpoint::parse("203.0.113.1:5060");
    flow.remote = *base::Endpoint::parse("198.51.100.7:5062");
    return flow;
}

base::Flow tcp_flow(std::uint64_t connection) {
    base::Flow flow = udp_flow();
    flow.transport = base::Transport::tcp;
    flow.connection = {connection};
    return flow;
}

Text invite() { return {}; }

Text ack(std::string_view to_tag) {
    Text text;
    text.start = "ACK sip:bob@example.net SIP/2.0";
    text.cseq = "1 ACK";
    text.to_tag = to_tag;
    return text;
}

Text cancel() {
    Text text;
    text.start = "CANCEL sip:bob@example.net SIP/2.0";
    text.cseq = "1 CANCEL";
    return text;
}

Text options() {
    Text text;
    text.start = "OPTIONS sip:bob@example.net SIP/2.0";
    text.cseq = "1 OPTIONS";
    return text;
}

sip::Message message_of(const Text& text) {
    std::string bytes = text.start + "\r\nVia: " + text.via + "\r\nFrom: <sip:alice@example.com>";
    if (!text.from_tag.empty()) bytes += ";tag=" + text.from_tag;
    bytes += "\r\nTo: <sip:bob@example.net>";
    if (!text.to_tag.empty()) bytes += ";tag=" + text.to_tag;
    bytes += "\r\nCall-ID: " + text.call_id + "\r\nCSeq: " + text.cseq + "\r\n" + text.more + "Content-Length: 0\r\n\r\n";
    auto message = sip::Message::parse(bytes);
    if (!message) std::abort();
    return std::move(*message);
}

sip::Message outgoing(sip::Method method) {
    sip::Message request = sip::Message::request(method, "sip:bob@198.51.100.7");
    request.add(sip::HeaderName::max_forwards, "70");
    request.add(sip::HeaderName::from, "<sip:alice@example.com>;tag=a");
    request.add(sip::HeaderName::to, "<sip:bob@example.net>");
    request.add(sip::HeaderName::call_id, "call-2");
    request.add(sip::HeaderName::cseq, "7 " + std::string(sip::name_of(method)));
    return request;
}

sip::Message answer_to(const std::string& request, int status, std::string_view to_tag) {
    auto asked = sip::Message::parse(request);
    if (!asked) std::abort();
    sip::Message response = sip::Message::response(status);
    for (const auto id : {sip::HeaderName::via, sip::HeaderName::from, sip::HeaderName::to, sip::HeaderName::call_id,
                          sip::HeaderName::cseq}) {
        std::string value(asked->value(id));
        if (id == sip::HeaderName::to && status > 100) (value += ";tag=") += to_tag;
        response.add(id, value);
    }
    auto parsed = sip::Message::parse(response.serialize());
    if (!parsed) std::abort();
    return std::move(*parsed);
}

std::string start_line_of(const std::string& bytes) { return bytes.substr(0, bytes.find("\r\n")); }

std::string Ladder::receive(const Text& text, const base::Flow& flow) { return receive(message_of(text), flow); }

std::string Ladder::receive(sip::Message message, const base::Flow& flow) {
    layer_.receive(std::move(message), flow, now_);
    return collect();
}

std::string Ladder::request(sip::Method method, const base::Flow& flow) {
    client = layer_.request(outgoing(method), flow, {}, now_);
    return collect();
}

std::string Ladder::request(sip::Message message, const base::Flow& flow, const sip::StreamWay& stream) {
    client = layer_.request(std::move(message), flow, {}, now_, &stream);
    return collect();
}

std::string Ladder::respond(sip::ServerId id, int status, std::string_view to_tag) {
    layer_.respond(id, layer_.respond_with(id, status, to_tag), now_);
    return collect();
}

std::string Ladder::cancel(std::string_view reason) {
    layer_.cancel(client, reason, now_);
    return collect();
}

std::string Ladder::fail(const base::Flow& flow) {
    layer_.transport_failed(flow, now_);
    return collect();
}

std::string Ladder::come_back(std::string_view beginning, const base::Flow& flow) {
    layer_.undeliverable(beginning, flow, now_);
    return collect();
}

std::string Ladder::run(base::Duration duration) {
    const base::Time end = now_ + duration;
    std::string text;
    while (layer_.next_deadline() <= end) {
        now_ = layer_.next_deadline();
        layer_.advance(now_);
        const std::string more = collect();
        if (!text.empty() && !more.empty()) text += ' ';
        text += more;
    }
    now_ = end;
    layer_.advance(now_);
    return text;
}

std::string Ladder::collect() {
    std::string text;
    const std::string when = '@' + std::to_string((now_ - mark_) / 1ms);
    const auto write = [&](const std::string& what) { (text += text.empty() ? "" : " ") += what + when; };
    for (auto& send : layer_.take_sends()) {
        const std::string line = start_line_of(*send.bytes);
        write(line.starts_with("SIP/2.0 ") ? line.substr(8, 3) : line.substr(0, line.find(' ')));
        sends.push_back(std::move(send));
    }
    for (auto& event : layer_.take_events())
        std::visit(Overloaded{
            [&](const sip::RequestArrived& e) { server = e.id; write('+' + label(e.request)); },
            [&](const sip::AckArrived& e) { write('+' + label(e.ack)); },
            [&](const sip::CancelArrived& e) { cancelled = e.invite; write('+' + label(e.cancel)); },
            [&](const sip::ResponseArrived& e) { write('+' + label(e.response)); },
            [&](const sip::ClientFailed& e) { write("client_failed:" + std::string(base::name_of(e.reason))); },
            [&](const sip::ServerFailed& e) { write("server_failed:" + std::string(base::name_of(e.reason))); },
            [&](const sip::StreamRefused&) { write("stream_refused"); },
            [&](const sip::Refused& e) { write("refused:" + std::string(base::name_of(e.reason))); },
        }, event);
    return text;
}

}  // namespace sip_test
