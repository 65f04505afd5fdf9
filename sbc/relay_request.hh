// The story of a request outside any dialog that makes none: REGISTER, OPTIONS, MESSAGE, PUBLISH, and methods that we
// don't know.
#pragma once

#include "sbc/context.hh"

namespace sbc {

void request_outside_dialog(Context& context, sip::RequestArrived& arrived, Party caller);
void response_outside_dialog(Context& context, std::uint64_t number, sip::Message response);
void request_outside_dialog_failed(Context& context, std::uint64_t number, base::Reason why);

// Phones that were looked for, for want of a registrar or because the route says so.
void phones_found_outside_dialog(Context& context, std::uint64_t number, const std::vector<Phone>& phones);
// A REGISTER has waited longer than usual.
void registrar_is_slow(Context& context, std::uint64_t number);

// "sip:user@host:port;transport=…" at a peer.
std::string uri_at_peer(const policy::Peer& peer, std::string_view user);

}  // namespace sbc
