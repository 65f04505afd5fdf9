// The story of session timers: agreed with each side by itself, or observed where both sides agree end to end; refreshed
// by us where that fell to us; a session that expires ends the call on both sides.
#pragma once

#include <optional>

#include "base/reason.hh"
#include "sbc/call.hh"

namespace sbc {

struct Context;

// What holds at a side. Where one side agrees with us only, so does the other.
policy::SessionRules session_rules(const Call& call, Side side);

// An INVITE or UPDATE that asks for too short a session (422). It was answered so; nothing: it does not.
std::optional<base::Reason> refuse_session(Context& context, const Party& party, const sip::RequestArrived& arrived);
// An INVITE or UPDATE before it crosses: what its sender asks for stays here, what its receiver is asked for is ours.
void ask_for_session(Call& call, Exchange& exchange, sip::Message& request);
// The response before it crosses back: a 2xx starts the timers of both sides.
void agree_on_session(Context& context, Call& call, const Exchange& exchange, sip::Message& response);
// A refresh by UPDATE that changes nothing else is answered here. True: it was.
bool answer_refresh(Context& context, Call& call, DialogPair& pair, Side from, const sip::RequestArrived& arrived);
// A 422 from the far side: the INVITE goes out again with what it wants. False: there is no way to.
bool ask_for_longer_session(Context& context, Call& call, sip::ClientId client, const sip::Message& response);

// For refreshes of our own: what is asked of a side, its 2xx, and its 422 (false: it wants no more than it was given).
void write_session_request(const Call& call, Side to, sip::Message& request);
void refreshed(Context& context, Call& call, Side side, const sip::Message& response);
bool raise_minimum(Call& call, Side side, const sip::Message& response);
// We may have to repeat the last description that this side was sent, to refresh its session or in an offer of ours.
bool repeats_descriptions(const Call& call, Side side);

// Time to refresh, or to end the call.
void session_is_due(Context& context, Call& call, Side side);
// Of a call of an earlier life: each session ends when it would have ended, and is refreshed before.
void resume_sessions(Context& context, Call& call);
void stop_session_timers(Context& context, Call& call);

}  // namespace sbc
