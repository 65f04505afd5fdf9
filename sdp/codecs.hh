// Codecs by name (RFC 3551, 6; RFC 4733; RFC 8866, 6.6): an offer of audio that is made of nothing but their names, and
// whether two descriptions of one session speak of the same ones.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sdp/session.hh"

namespace sdp {

struct Codec {
    std::string name;                      // as rtpmap has it
    std::uint32_t rate = 8000;             // of its RTP clock, Hz
    unsigned channels = 1;
    std::optional<std::uint8_t> number;    // a static payload type; else it gets one of 96 to 127

    friend bool operator==(const Codec&, const Codec&) = default;
};

// "PCMA", "opus", "telephone-event", or NAME/RATE[/CHANNELS] for any other. Nothing: it is neither.
std::optional<Codec> codec_of(std::string_view text);

// One audio line, RTP/AVP, in this order, for both directions. No address of it counts (c= is a name that never
// resolves): it is to be anchored. At most 32 codecs.
std::string audio_offer(std::span<const Codec> codecs);

// What was told to a side, as an offer that asks for all of it again: in both directions, to be anchored anew.
std::string offered_anew(const Session& told);

// The same lines are in use, each with the same codecs by the same payload type numbers; their order does not count.
bool same_codecs(const Session& one, const Session& other);
// What both have goes by one number in both.
bool keeps_numbers(const Session& one, const Session& other);
// The answer takes each line in the directions that the offer wants, and muxes RTCP where it does.
bool mirrors(const Session& offer, const Session& answer);

}  // namespace sdp
