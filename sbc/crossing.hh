// How a message crosses from one dialog to the other: the frame (start line, Via, Route, From, To, Call-ID, CSeq, Contact,
// Max-Forwards) is that of the side it goes to, all else is the sender's, as topology and header rules let it.
#pragma once

#include <optional>

#include "sbc/call.hh"

namespace sbc {

struct Context;

// The two doors: whose message it is, and who receives it.
struct Doors {
    const Party& from;
    const Party& to;
};

// `far`: our dialog on the side it goes to; its CSeq counts up, but for ACK (`cseq` is that of its INVITE).
void cross_request(Context& context, sip::Message& request, sip::Dialog& far, const Doors& doors,
                   std::optional<std::uint32_t> cseq = {});

// `our_tag`: of the dialog on the side it goes to.
void cross_response(Context& context, sip::Message& response, sip::ServerId server, std::string_view our_tag,
                    const Doors& doors);

// What both do to everything but the frame. `names` were taken from the message before its frame was changed.
void cross_payload(sip::Message& message, const std::vector<std::string>& names, const Doors& doors);

// A response of our own, to be sent or kept.
sip::Message refusal(const Context& context, sip::ServerId server, int status, std::string_view our_tag,
                     std::string_view phrase = {});
// A response of our own; no status from the far side stands behind it.
void refuse(Context& context, sip::ServerId server, int status, std::string_view our_tag, std::string_view phrase = {});
void refuse(Context& context, sip::ServerId server, base::Reason reason, std::string_view our_tag);

// 500 with a Retry-After by chance: an earlier request is still under way, or a later one was here before.
void refuse_for_now(Context& context, sip::ServerId server, std::string_view our_tag);

// Whether the request asks for a sips URI: then every hop is secure, or there is none (RFC 3261, 26.2.2).
bool wants_sips(const sip::Message& request);

// One hop less; nothing when no hop is left (483).
std::optional<int> hops_left(const sip::Message& request);

// Where a request of this dialog goes: the peer's flow behind NAT and in untrusted zones, else the next hop's address.
base::Flow way_to(const Context& context, const Party& party, const sip::Dialog& dialog);

}  // namespace sbc
