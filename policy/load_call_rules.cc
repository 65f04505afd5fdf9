// The keys of zones, peers and routes that say how dialogs are kept at that side.
#include <algorithm>

#include "policy/compilation.hh"
#include "sdp/codecs.hh"

namespace policy {
namespace {

constexpr auto kShortestSession = std::chrono::seconds(90);   // RFC 4028, 5
constexpr auto kLongestSession = std::chrono::hours(24);

void check_time(TableReader& reader, std::string_view key, base::Duration& time) {
    if (reader.read(key, time) && (time < kShortestSession || time > kLongestSession))
        reader.complaints().error(reader.find(key)->place,
                                  '"' + std::string(key) + "\" must be from \"90s\" to \"24h\" (RFC 4028)");
}

SessionRules read_session(const Table& table, const Place& place, Complaints& complaints) {
    TableReader reader(table, place, "\"session\"", complaints);
    SessionRules rules;
    int mode = static_cast<int>(SessionMode::local), refresh = 0;
    reader.read_choice("mode", {{"pass", 0}, {"local", 1}, {"off", 2}}, mode);
    rules.mode = static_cast<SessionMode>(mode);
    check_time(reader, "expires", rules.expires);
    check_time(reader, "minimum", rules.minimum);
    if (reader.read_choice("refresh", {{"auto", 0}, {"update", 1}, {"invite", 2}}, refresh))
        rules.refresh = static_cast<Refresh>(refresh);
    if (rules.mode == SessionMode::local && rules.expires < rules.minimum)
        complaints.error(place, "\"expires\" may not be below \"minimum\"");
    for (const auto key : {"expires", "minimum", "refresh"})
        if (const auto* value = reader.find(key); value && rules.mode != SessionMode::local)
            complaints.error(value->place, '"' + std::string(key) + "\" needs mode = \"local\"");
    reader.finish();
    return rules;
}

constexpr std::size_t kMostCodecs = 32;

// "relay", "early", or a list of codecs, which means early with those.
void read_offer(TableReader& reader, std::optional<std::string>& offer) {
    const Value* value = reader.find("offer");
    if (!value) return;
    std::vector<sdp::Codec> codecs{*sdp::codec_of("PCMA"), *sdp::codec_of("PCMU"), *sdp::codec_of("telephone-event")};
    if (!std::holds_alternative<Array>(value->data)) {
        int early = 0;
        if (reader.read_choice("offer", {{"relay", 0}, {"early", 1}}, early))
            offer = early ? sdp::audio_offer(codecs) : std::string();
        return;
    }
    codecs.clear();
    reader.read_words("offer", [&](const std::string& word, const Place& place) {
        const auto codec = sdp::codec_of(word);
        if (!codec)
            reader.complaints().error(place, "\"offer\": unknown codec \"" + word + "\"; write a name like \"PCMA\" or " +
                                                 "\"opus\", or NAME/RATE, as in \"SILK/16000\"");
        else if (std::ranges::find(codecs, *codec) != codecs.end())
            reader.complaints().error(place, "\"offer\": \"" + word + "\" is there twice; leave one out");
        else if (codecs.size() == kMostCodecs)
            reader.complaints().error(place, "\"offer\": at most 32 codecs");
        else codecs.push_back(*codec);
    });
    const bool speech = std::ranges::any_of(codecs, [](const sdp::Codec& codec) {
        return codec.name != "telephone-event" && codec.name != "CN";
    });
    if (!speech && !codecs.empty()) reader.complaints().error(value->place, "\"offer\" needs at least one codec for speech, as \"PCMA\"");
    else offer = sdp::audio_offer(codecs);   // of none only beside an error
}

}  // namespace

void read_call_rules(TableReader& reader, CallRules& rules) {
    int word = 0;
    if (reader.read_choice("reliable", {{"pass", 0}, {"require", 1}, {"off", 2}}, word))
        rules.reliable = static_cast<Reliable>(word);
    if (reader.read_choice("redirects", {{"relay", 0}, {"follow", 1}, {"refuse", 2}}, word))
        rules.redirects = static_cast<Redirects>(word);
    if (reader.read_choice("transfer", {{"relay", 0}, {"carry-out", 1}, {"refuse", 2}}, word))
        rules.transfer = static_cast<Transfer>(word);
    if (reader.read_choice("large_requests", {{"tcp", 0}, {"udp", 1}}, word))
        rules.large_requests = static_cast<LargeRequests>(word);
    std::uint64_t mtu = 0;
    if (reader.read_number("mtu", 576, 65535, mtu)) rules.mtu = static_cast<std::uint16_t>(mtu);
    read_offer(reader, rules.own_offer);
    if (const Table* session = reader.table("session"))
        rules.session = read_session(*session, reader.find("session")->place, reader.complaints());
}

}  // namespace policy
