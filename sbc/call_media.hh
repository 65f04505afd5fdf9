// The media of a call: anchors each offered stream at our own ports on both sides, rewrites the SDP for the other side
// (RFC 3264; topology of SDP), and says which pinholes the call needs now.
#pragma once

#include <optional>
#include <vector>

#include "base/reason.hh"
#include "sbc/call.hh"

namespace sbc {

struct Context;

// Offer/answer for one message that comes from `from` and is about to leave to the other side; its body becomes ours.
// A message without SDP passes untouched. On a refusal nothing has changed.
std::optional<base::Reason> take_offer(Context& context, Call& call, DialogPair& pair, Side from, sip::Message& message);
std::optional<base::Reason> take_answer(Context& context, Call& call, DialogPair& pair, Side from,
                                        sip::Message& message);
// What was agreed on last with that side, as far as its lines still stand, with the version that it has now.
std::string repeated_description(Context& context, Call& call, const DialogPair& pair, Side to);
// A valid answer that takes no line of the offer that `message` brings from that side (RFC 3261, 13.2.2.4); empty: there
// is none, or it cannot be read.
std::string refusing_answer(Context& context, Call& call, Side from, const sip::Message& message);
// The offer under way was refused: what was agreed before counts again.
void roll_back_offer(Context& context, Call& call, DialogPair& pair);

void release_media(Context& context, Call& call, DialogPair& pair);

// What has to change so that the kernel's pinholes are those that the call needs; the call counts them as changed.
std::vector<nft::Change> pinhole_changes(Call& call);
bool opens_any(const std::vector<nft::Change>& changes);

bool is_on_hold(const Call& call);
base::Time last_media(const Context& context, const Call& call);

}  // namespace sbc
