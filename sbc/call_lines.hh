// What happens to one m-line of a call: it gets ports and a stream, and gives them back. When is decided elsewhere
// (call_media.cc, call_forks.cc).
#pragma once

#include "sbc/call.hh"

namespace sbc {

struct Context;

bool take_ports(Context& context, const Call& call, Side side, Ports& ports);
// Where both sides mux (RFC 5761), RTCP comes from and goes to RTP's port, whatever a=rtcp says.
void set_local(media::End& end, const Ports& ports, bool mux);
void install_or_update(Context& context, Call& call, MediaLine& line, bool again);
// After a re-INVITE a source behind NAT may be learnt anew: the pinhole is as wide as before it was.
void relearn(MediaLine& line);
// Gives back what the line owns and no other line of the call shares.
void release_line(Context& context, Call& call, MediaLine& line);

}  // namespace sbc
