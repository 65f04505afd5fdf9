#include "sip/response_skeleton.hh"

#include <string>

#include "base/text.hh"
#include "sip/scan.hh"

namespace sip {
namespace {

// The top Via as it goes back. `received` is written where the sent-by is not the source, and always with rport.
std::string with_source(Via top, const base::Endpoint& source) {
    const bool rport = top.parameter("rport").has_value();
    const auto host = base::Address::parse(top.host);
    if (rport || top.parameter("received") || host != source.address)
        top.set_parameter("received", source.address.to_string());
    if (rport) top.set_parameter("rport", std::to_string(source.port));
    return top.to_string();
}

// The methods that make a dialog when their request has no To tag (RFC 3261, 12.1; RFC 6665, 4.4.1).
bool makes_dialog(const Message& request) {
    switch (request.method()) {
        case Method::invite:
        case Method::subscribe:
        case Method::refer:
        case Method::notify: return request.to_tag().empty();
        default: return false;
    }
}

}  // namespace

ResponseSkeleton::ResponseSkeleton(const Message& request, const Via& top, const base::Flow& flow) {
    const bool with_routes = makes_dialog(request);
    std::size_t bytes = 128;
    for (const Header& header : request.headers())
        if (header.id == HeaderName::via || (with_routes && header.id == HeaderName::record_route))
            bytes += PackedTexts::room_for(header.value);
    for (const HeaderName id : {HeaderName::from, HeaderName::to, HeaderName::call_id, HeaderName::cseq})
        bytes += PackedTexts::room_for(request.value(id));
    texts_.reserve(bytes);

    for (const Header& header : request.headers()) {
        if (header.id != HeaderName::via) continue;
        if (vias_++) {
            texts_.add(header.value);
            continue;
        }
        std::size_t rest = 0;
        next_item(header.value, rest);
        std::string value = with_source(top, flow.remote);
        if (rest != std::string_view::npos) (value += ", ") += base::trimmed(header.value.substr(rest));
        texts_.add(value);
    }
    if (with_routes)
        for (const Header& header : request.headers()) {
            if (header.id != HeaderName::record_route) continue;
            texts_.add(header.value);
            ++record_routes_;
        }
    for (const HeaderName id : {HeaderName::from, HeaderName::to, HeaderName::call_id, HeaderName::cseq})
        texts_.add(request.value(id));
    has_to_tag_ = !request.to_tag().empty();
}

Message ResponseSkeleton::respond(int status, std::string_view to_tag, std::string_view reason_phrase) const {
    Message response = Message::response(status, reason_phrase);
    if (empty()) return response;
    std::size_t at = 0;
    for (int i = 0; i < vias_; ++i) response.add(HeaderName::via, texts_.next(at));
    const bool with_routes = status > 100 && status < 300;
    for (int i = 0; i < record_routes_; ++i)
        if (const auto route = texts_.next(at); with_routes) response.add(HeaderName::record_route, route);
    response.add(HeaderName::from, texts_.next(at));
    const std::string_view to = texts_.next(at);
    if (has_to_tag_ || to_tag.empty()) response.add(HeaderName::to, to);
    else response.add(HeaderName::to, std::string(to).append(";tag=").append(to_tag));
    response.add(HeaderName::call_id, texts_.next(at));
    response.add(HeaderName::cseq, texts_.next(at));
    return response;
}

base::Flow response_flow(const Via& top, const base::Flow& flow) {
    base::Flow back = flow;
    if (flow.transport == base::Transport::udp && !top.parameter("rport"))
        back.remote.port = top.port ? top.port : base::default_port(flow.transport);
    return back;
}

}  // namespace sip
