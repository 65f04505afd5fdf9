// The story of a transfer that we carry out (RFC 3515, RFC 5589): a call that takes the place of the one that a REFER came
// in. Its one end is called anew, or is the end of another call of the referrer; it is asked for an offer, which the end
// that is left gets by re-INVITE (RFC 3725). What fails before both have agreed leaves that end where it was.
#pragma once

#include <memory>

#include "sbc/call.hh"
#include "sbc/named_dialog.hh"

namespace sbc {

struct Context;

// A REFER that we carry out: to a target that the setup has found a way to, or to the other end of another call.
void call_instead(Context& context, Call& call, Side from, const sip::RequestArrived& arrived, std::unique_ptr<Setup> setup);
void join_calls(Context& context, Call& call, Side from, const sip::RequestArrived& arrived, const NamedDialog& named);

// Side b of a succession has answered with an offer, anchored already, and waits for our ACK.
void connect(Context& context, Call& call, std::uint32_t far_invite, const sip::Message& offer);
void connect_when_free(Context& context, Call& call);
// A response to a re-INVITE of ours that asks for the offer, or brings it; or none in time.
void connection_answered(Context& context, Call& call, sip::ClientId client, sip::Message response);
void connection_failed(Context& context, Call& call, const Exchange& exchange, base::Reason why);
// The ACK of side b's answer; without a body where nothing comes of it.
void acknowledge_connection(Context& context, Call& call, Side to, std::uint32_t cseq, std::string_view description = {});

// The end of one that is under way (call_transfer_end.cc).

// A BYE, or another request, of an end whose call is about to be succeeded, or to take over. True: it is dealt with.
bool bye_in_transfer(Context& context, Call& call, DialogPair& pair, Side from);
bool request_in_transfer(Context& context, Call& call, Side from, const sip::RequestArrived& arrived);
// Ends a call that has not taken over yet, whatever there is of it.
void break_off(Context& context, Call& call, int status);
// The call is over: what hangs on it goes back, or ends as well.
void transfer_ended(Context& context, Call& call, int status);

}  // namespace sbc
