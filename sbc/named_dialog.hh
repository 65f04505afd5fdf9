// A dialog of ours that a Replaces or Join names (RFC 3891, RFC 3911): which it is, how its other end knows it, who may
// name it.
#pragma once

#include <optional>

#include "sbc/call.hh"
#include "sbc/call_journal.hh"
#include "sbc/dialog_question.hh"
#include "sip/dialog_name.hh"

namespace sbc {

struct Context;
struct Setup;

// Whose end of which call is meant: the user agent that the request has to reach.
struct NamedDialog {
    Call* call = nullptr;
    DialogPair* pair = nullptr;
    Side owner = Side::a;
};

// By either of its two names: as the other end knows it, or as its owner does. Nothing: none of ours.
std::optional<NamedDialog> find_dialog(Context& context, const sip::DialogName& name);
// As its owner knows it.
sip::DialogName name_at_owner(const NamedDialog& named);
Stand stand_of(const policy::Snapshot& policy, const Party& party);

// What becomes of a REFER to that dialog needs to know of it, whichever worker has it.
struct DialogAnswer {
    sip::DialogName name;                             // as its owner knows it
    bool private_id = false;                          // its Call-ID is the owner's own
    KeptParty owner;
    base::ConnectionId connection;                // of the owner's
    std::string target, dialled, route;               // the owner's Contact; how a caller would dial him; of that call
};

// An established call of the one who asks. Null: he has no such.
DialogAnswerPtr answer_to(Context& context, const DialogQuestion& question);
Stand stand_of(const KeptParty& party);

// The request goes to that dialog's owner, and only there.
void lead_to(Setup& setup, Party owner, std::string target, const std::string& route);

// An INVITE that names a dialog goes to its owner, with the name that the owner knows. Answers the status that refuses
// it; 0: it names none, or all is well.
int take_named_dialog(Context& context, const Party& caller, Setup& setup);

}  // namespace sbc
