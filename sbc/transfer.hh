// What a call knows of another that is to take its place (RFC 3515, RFC 5589), and that one of the calls whose ends it
// takes over.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/ids.hh"
#include "base/timers.hh"
#include "sbc/media_line.hh"

namespace sbc {

// A REFER that has crossed: its CSeq names its subscription on each side (RFC 3515, 2.4.6).
struct Referral {
    Side from = Side::a;
    std::uint32_t cseq_from = 0, cseq_to = 0;
};

// Of a call that one end leaves: the one that a REFER came in, or the one that its Refer-To names.
struct Transfer {
    Side referrer = Side::a;
    base::CallNumber successor;
    std::uint32_t refer = 0;              // CSeq of the REFER: it names the subscription (RFC 3515, 2.4.6)
    bool subscribed = false;              // who asked hears what comes of it
    bool referrer_left = false;           // its BYE was here already
    bool parted = false;                  // the other end's dialog is the successor's for now
};

// Of the call that takes over. Its side a is the end that is left of `referred`; its side b was called anew, or is the
// end that is left of `consulted`.
struct Succession {
    base::CallNumber referred, consulted;
    std::uint32_t far_invite = 0;         // CSeq of the INVITE whose 2xx brought side b's offer, and waits for our ACK
    std::string offer;                    // what side a is to hear, while something else is under way there
    base::TimerHandle timer;
    base::Time give_up{};
    std::array<bool, 2> gone{};           // that side can't go back to where it was
    int status = 0;                       // what the referrer hears where nothing came of it
};

}  // namespace sbc
