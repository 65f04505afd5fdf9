#include "sbc/stateless.hh"

#include "sbc/context.hh"
#include "sip/response_skeleton.hh"
#include "sip/via.hh"

namespace sbc {
namespace {

using sip::HeaderName;

std::string tag_for(const sip::Message& request) {
    return "r" + std::to_string(std::hash<std::string_view>{}(request.value(HeaderName::via)) & 0xffffffff);
}

}  // namespace

std::optional<StatelessResponse> respond_statelessly(const sip::Message& request, const base::Flow& flow, int status) {
    const auto top = sip::Via::parse(request.items(HeaderName::via).front());
    if (!top) return std::nullopt;
    const sip::ResponseSkeleton skeleton(request, *top, flow);
    return StatelessResponse{skeleton.respond(status, tag_for(request)), sip::response_flow(*top, flow)};
}

void send(Context& context, const StatelessResponse& response) {
    context.collect_sends();
    auto bytes = std::make_shared<const std::string>(response.message.serialize());
    context.effects.emplace_back(sip::Send{response.way, std::move(bytes)});
}

}  // namespace sbc
