// What every story of a call needs: how it begins in our tables, sends a request across, and ends leaving nothing.
#pragma once

#include <string_view>

#include "sbc/call.hh"
#include "sbc/call_record.hh"

namespace sbc {

struct Context;

Call& begin_call(Context& context, Call::Kind kind, Party caller, const sip::Message& request);
DialogPair& add_pair(Context& context, Call& call);
// The pair is the call's from now on.
void establish(Context& context, Call& call, DialogPair& pair);
// Registers a tag of ours, so that requests with it in To find the call.
void own_tag(Context& context, const Call& call, const std::string& tag);

// Sends what has crossed already; the exchange (from, method, server, pair, …) gets its client transaction.
void send_request(Context& context, Call& call, Exchange exchange, sip::Message message);
// A response leaves through the transaction; a 2xx to INVITE is repeated until its ACK comes (RFC 3261, 13.3.1.4).
void send_response(Context& context, Call& call, sip::ServerId server, sip::Message response);
void resend_answer(Context& context, Call& call, std::uint64_t server);
void stop_resending(Context& context, Call& call, Side side, std::uint32_t cseq);
void stop_resending_first(Context& context, Call& call, Side side);   // it ended the dialog, so it has had the answer

// The INVITE is answered by a 2xx: from now on only that it comes again, or another fork's, is waited for, as long as
// the transaction layer hears them (RFC 6026, timer M).
void await_more_answers(Context& context, Call& call, Exchange& exchange);
// The transactions of an exchange have served.
void finish_exchange(Context& context, Call& call, sip::ClientId client);

// A request of our own within the chosen dialogs: BYE. The call must have a chosen pair. To a caller that has not yet
// acknowledged our 2xx it goes after the ACK only (RFC 3261, 15).
void send_bye(Context& context, Call& call, DialogPair& pair, Side to);

// Ends an established call from our side: BYE to both.
void hang_up(Context& context, Call& call, base::Reason why);
// The call is over: media and pinholes go now, the rest when its transactions have served. Its record is made
// of `why` (as in the log), the final response that the caller got (0: none), and who ended it.
void terminate(Context& context, Call& call, std::string_view why, int status = 0, Ender by = Ender::us);
// True once nothing of it is under way.
bool is_spent(const Context& context, const Call& call);
void forget(Context& context, Call& call);

}  // namespace sbc
