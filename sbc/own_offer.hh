// An offer of ours to one side of a dialog pair whose other side made none, and what became of it. Plain values: it
// stands in the journal as well.
#pragma once

#include <string>

#include "sbc/media_line.hh"

namespace sbc {

struct OwnOffer {
    enum class Stage : std::uint8_t {
        asked,     // it is out
        told,      // its answer went to the other side as an offer
        agreed,    // which has answered that
    };

    Side to = Side::b;                // who got it
    Stage stage = Stage::asked;
    std::string ours;                 // as it went out
    std::string answer;               // once told: as the other side heard it; before: of a 1xx that it could not be told by
    std::string repair;               // what `to` has to hear of the other side's answer by an offer of ours; empty: nothing
};

}  // namespace sbc
