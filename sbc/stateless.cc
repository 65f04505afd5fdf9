#include "sbc/stateless.hh"

#include <utility>

#include "sbc/context.hh"
#include "sip/via.hh"

namespace sbc {
namespace {

using sip::HeaderName;

std::string tag_for(const sip::Message& request) {
    return "r" + std::to_string(std::hash<std::string_view>{}(request.value(HeaderName::via)) & 0xffffffff);
}

}  // namespace

std::optional<StatelessResponse> respond_statelessly(const sip::Message& request, const base::Flow& flow, int status) {
    auto top = sip::Via::parse(request.items(HeaderName::via).front());
    if (!top) return std::nullopt;
    StatelessResponse made{sip::Message::response(status), flow};
    auto& response = made.message;
    if (!base::is_reliable(flow.transport)) {
        if (top->parameter("rport")) top->set_parameter("rport", std::to_string(flow.remote.port));
        else made.way.remote.port = top->port ? top->port : base::default_port(flow.transport);
        top->set_parameter("received", flow.remote.address.to_string());
    }
    bool first = true;
    for (const auto via : request.items(HeaderName::via))
        response.add(HeaderName::via, std::exchange(first, false) ? top->to_string() : std::string(via));
    response.set(HeaderName::from, request.value(HeaderName::from));
    std::string to(request.value(HeaderName::to));
    if (request.to_tag().empty()) to += ";tag=" + tag_for(request);
    response.set(HeaderName::to, to);
    response.set(HeaderName::call_id, request.call_id());
    response.set(HeaderName::cseq, request.value(HeaderName::cseq));
    return made;
}

void send(Context& context, const StatelessResponse& response) {
    context.collect_sends();
    auto bytes = std::make_shared<const std::string>(response.message.serialize());
    context.effects.emplace_back(sip::Send{response.way, std::move(bytes)});
}

}  // namespace sbc
