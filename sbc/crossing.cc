// Owns: RFC 3261, 16.6 and 16.7 as far as a B2BUA keeps them (hop count, what is copied), RFC 7092's signalling part.
#include "sbc/crossing.hh"

#include <algorithm>

#include "base/number.hh"
#include "base/text.hh"
#include "sbc/context.hh"
#include "sbc/description.hh"
#include "sbc/privacy.hh"
#include "sbc/topology.hh"

namespace sbc {
namespace {

using sip::HeaderName;
using sip::Method;

bool is_frame(HeaderName id) {
    switch (id) {
        case HeaderName::via:
        case HeaderName::route:
        case HeaderName::record_route:
        case HeaderName::from:
        case HeaderName::to:
        case HeaderName::call_id:
        case HeaderName::cseq:
        case HeaderName::contact:
        case HeaderName::max_forwards: return true;
        default: return false;
    }
}

bool refreshes_target(Method method) {
    return method == Method::invite || method == Method::update || method == Method::subscribe ||
           method == Method::notify || method == Method::refer;
}

// Offers and answers are anchored where they stand. A description anywhere else (capabilities in a 200 to OPTIONS, in
// a 488, in a MESSAGE) would name its sender's addresses.
void withhold_description(sip::Message& message, const Party& to) {
    if (!to.topology || !to.topology->hides(policy::LeakPlace::sdp_connection) || !has_description(message)) return;
    switch (message.method()) {
        case Method::invite:
        case Method::update:
        case Method::prack:
        case Method::ack:
            if (message.status() < 300) return;
            break;
        default: break;
    }
    drop_body(message);
}

// The frame's lines stand first, in their order; then what is left of the message.
void put_frame(sip::Message& message, const sip::Message& frame) {
    message.remove_if([](const sip::Header& header) { return is_frame(header.id); });
    const auto& headers = frame.headers();
    for (auto header = headers.rbegin(); header != headers.rend(); ++header)
        message.add_front(header->id, header->value);
}

}  // namespace

bool wants_sips(const sip::Message& request) {
    return base::starts_with_ignoring_case(request.request_uri(), "sips:");
}

std::optional<int> hops_left(const sip::Message& request) {
    const auto text = request.value(HeaderName::max_forwards);
    if (text.empty()) return 70;
    const auto hops = base::to_number<std::uint8_t>(text);
    if (!hops || *hops == 0) return std::nullopt;
    return *hops - 1;
}

void cross_payload(sip::Message& message, const std::vector<std::string>& names, const Doors& doors) {
    const auto& [from, to] = doors;
    withhold_description(message, to);
    settle_identities(message, from, to);
    hide(message, names, to);
    if (to.headers) policy::apply(*to.headers, message);
}

void cross_request(Context& context, sip::Message& request, sip::Dialog& far, const Doors& doors,
                   std::optional<std::uint32_t> cseq) {
    const auto& [from, to] = doors;
    const auto names = to.topology ? own_names(context, request, from) : std::vector<std::string>{};
    const int hops = hops_left(request).value_or(0);
    auto frame = far.make_request(request.method(), request.method_text(), cseq);
    frame.set(HeaderName::max_forwards, std::to_string(hops));
    if (refreshes_target(request.method())) frame.set(HeaderName::contact, to.contact);
    request.set_request_uri(frame.request_uri());
    put_frame(request, frame);
    cross_payload(request, names, doors);
}

void cross_response(Context& context, sip::Message& response, sip::ServerId server, std::string_view our_tag,
                    const Doors& doors) {
    const auto& [from, to] = doors;
    const auto names = to.topology ? own_names(context, response, from) : std::vector<std::string>{};
    auto frame = context.transactions.respond_with(server, response.status(), our_tag, response.reason_phrase());
    if (refreshes_target(response.method()) && response.status() < 300) frame.set(HeaderName::contact, to.contact);
    put_frame(response, frame);
    cross_payload(response, names, doors);
}

sip::Message refusal(const Context& context, sip::ServerId server, int status, std::string_view our_tag,
                     std::string_view phrase) {
    auto response = context.transactions.respond_with(server, status, our_tag, phrase);
    if (status == 503) response.set(HeaderName::retry_after, "5");
    return response;
}

void refuse(Context& context, sip::ServerId server, int status, std::string_view our_tag, std::string_view phrase) {
    context.transactions.respond(server, refusal(context, server, status, our_tag, phrase), context.now);
}

void refuse(Context& context, sip::ServerId server, base::Reason reason, std::string_view our_tag) {
    const int status = base::sip_status_of(reason);
    refuse(context, server, status ? status : 500, our_tag);
}

void refuse_for_now(Context& context, sip::ServerId server, std::string_view our_tag) {
    auto response = context.transactions.respond_with(server, 500, our_tag);
    response.set(HeaderName::retry_after, std::to_string(context.entropy.below(10)));
    context.transactions.respond(server, response, context.now);
}

base::Flow way_to(const Context& context, const Party& party, const sip::Dialog& dialog) {
    // A WebSocket client listens nowhere (RFC 7118, 5.2): its connection is the only way to it.
    if (party.far_end_nat || !party.trusted || base::is_web_socket(party.flow.transport)) return party.flow;
    const auto uri = sip::Uri::parse(dialog.next_hop());
    if (!uri) return party.flow;
    const auto address = uri->host_address();
    const auto transport = uri->transport().value_or(base::Transport::udp);
    const base::Endpoint remote{address.value_or(base::Address{}), uri->port ? uri->port : base::default_port(transport)};
    if (!address || (remote == party.flow.remote && transport == party.flow.transport)) return party.flow;
    const auto* listener = context.policy->listener_for(party.zone, transport, address->is_v4());
    if (!listener) return party.flow;
    return {listener->id, transport, listener->local, remote, {}, party.peer};
}

}  // namespace sbc
