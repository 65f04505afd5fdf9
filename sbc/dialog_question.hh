// A dialog that a REFER names may be another worker's: what is asked of that worker, and what it answers. Values; the
// daemon carries them between the workers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/endpoint.hh"
#include "base/ids.hh"
#include "sip/dialog_name.hh"

namespace sbc {

struct Context;
struct DialogAnswer;

// Where a party stands, by names: each policy numbers zones and peers anew.
struct Stand {
    std::string zone, peer;               // peer: empty when it is none
    base::Address address;
};

// Two who stand there are one to us.
bool same_place(const Stand& a, const Stand& b);

// Answered by B2bua::find_dialog() of its home, which B2bua::on_dialog() of the asking worker is to hear.
struct DialogQuestion {
    std::uint64_t number = 0;             // of the asking worker's
    base::WorkerId home;
    sip::DialogName name;
    Stand asker;
};

using DialogAnswerPtr = std::shared_ptr<const DialogAnswer>;   // null: the asker has no such call

}  // namespace sbc
