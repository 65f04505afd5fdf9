// Owns: RFC 3261, 13.2.1 and 14 where one side makes no offer and the other needs one; RFC 6337, 2.1 and 3.
#include "sbc/call_own_offer.hh"

#include <algorithm>

#include "sbc/call_media.hh"
#include "sbc/context.hh"
#include "sbc/description.hh"
#include "sdp/codecs.hh"
#include "sip/option_tags.hh"

namespace sbc {
namespace {

using sip::HeaderName;
using sip::Method;
using Stage = OwnOffer::Stage;

constexpr std::string_view kSdp = "application/sdp";

// The end that is left in a transfer has had so many lines, and may not be offered fewer (RFC 3264, 8).
std::string more_lines(Context& context, const Call& call) {
    const auto* referred = call.succession ? context.call(call.succession->referred) : nullptr;
    std::string text;
    for (std::size_t i = 1; referred && i < referred->chosen->lines.size(); ++i) {
        const auto& line = referred->chosen->lines[i];
        text += "m=" + (line.type.empty() ? std::string("audio") : line.type) + " 0 ";
        text += line.ends[0].plain_relay ? "udptl t38\r\n" : "RTP/AVP 0\r\n";
    }
    return text;
}

// What we offer: the policy's codecs, or within a dialog what was agreed on last, in both directions.
std::string offer_for(Context& context, const Call& call, const DialogPair& pair, Side to) {
    const auto& party = call.party(to);
    if (&pair != call.chosen) return *party.rules.own_offer + more_lines(context, call);
    const auto told = sdp::Session::parse(party.descriptions.agreed, context.policy->sdp_limits);
    return told ? sdp::offered_anew(*told) : std::string();
}

// A line that the other side has not heard of yet is open at one side only.
void close_until_told(Context& context, DialogPair& pair, Side side) {
    for (std::size_t i = 0; i < pair.lines.size(); ++i) {
        auto& line = pair.lines[i];
        const auto& before = *pair.before_offer;
        if (!line.active || (i < before.size() && before[i].active)) continue;
        line.ends[at(side)].rtp_local = line.ends[at(side)].rtcp_local = {};
        context.relay.update(line.stream, line.ends, false, context.now);
    }
}

bool is_reliable(const sip::Message& response) {
    return response.status() >= 200 || sip::has_option(response, HeaderName::require, "100rel");
}

// What the side with our offer has to hear: codecs that the other one took not, or named by other numbers, lines that
// it refused, another direction.
bool knows_it_all(const Context& context, const OwnOffer& own, const sdp::Session& last) {
    const auto ours = sdp::Session::parse(own.ours, context.policy->sdp_limits);
    const auto answer = sdp::Session::parse(own.answer, context.policy->sdp_limits);
    return ours && answer && sdp::same_codecs(*answer, last) && sdp::mirrors(*answer, last) && sdp::keeps_numbers(*ours, *answer);
}

}  // namespace

bool lacks_offer(const Call& call, const DialogPair& pair, Side to, const sip::Message& request) {
    const auto& party = call.party(to);
    if (request.method() != Method::invite || call.kind != Call::Kind::invite || !request.body().empty()) return false;
    if (!party.rules.own_offer || party.rules.own_offer->empty()) return false;
    if (&pair != call.chosen) return true;
    // Another key than the last would be in the other side's answer, where it comes too late.
    return !party.descriptions.agreed.empty() && std::ranges::none_of(pair.lines, &MediaLine::encrypted);
}

std::optional<base::Reason> make_offer(Context& context, Call& call, DialogPair& pair, Side to, sip::Message& request) {
    const Side silent = other(to);
    request.set_body(offer_for(context, call, pair, to), kSdp);
    if (const auto refused = take_offer(context, call, pair, silent, request)) {
        drop_body(request);
        return refused;
    }
    close_until_told(context, pair, silent);
    pair.own_offer = OwnOffer{to, Stage::asked, std::string(description_of(request)), {}, {}};
    return std::nullopt;
}

bool owes_offer(const Exchange& exchange, const DialogPair& pair) {
    return exchange.own_offer && pair.own_offer && pair.own_offer->stage == Stage::asked;
}

void note_answer(const Exchange& exchange, DialogPair& pair, const sip::Message& response) {
    if (owes_offer(exchange, pair) && has_description(response)) pair.own_offer->answer = description_of(response);
}

std::optional<base::Reason> answer_becomes_offer(Context& context, Call& call, DialogPair& pair, sip::Message& response) {
    auto& own = *pair.own_offer;
    const Side silent = other(own.to);
    if (own.stage != Stage::asked || !is_reliable(response)) {
        if (has_description(response)) drop_body(response);
        return std::nullopt;
    }
    if (!has_description(response) && !own.answer.empty()) response.set_body(own.answer, kSdp);
    if (!has_description(response)) return response.status() >= 200 ? std::optional(base::Reason::bad_sdp) : std::nullopt;
    if (const auto refused = take_answer(context, call, pair, own.to, response)) return refused;
    own.answer = description_of(response);
    own.stage = Stage::told;
    pair.offerer = own.to;
    auto& told = call.party(silent).descriptions;
    if (!told.agreed.empty()) told.offered = std::exchange(told.agreed, {});
    return std::nullopt;
}

std::optional<base::Reason> take_last_answer(Context& context, Call& call, DialogPair& pair, Side from, sip::Message& message) {
    auto& own = *pair.own_offer;
    if (own.stage == Stage::told) {
        const auto last = sdp::Session::parse(description_of(message), context.policy->sdp_limits);
        const auto before = call.party(own.to).descriptions;
        const auto refused = !last ? std::optional(base::Reason::bad_sdp) : take_answer(context, call, pair, from, message);
        if (refused) {
            drop_body(message);
            return refused;
        }
        own.stage = Stage::agreed;
        if (!knows_it_all(context, own, *last)) own.repair = description_of(message);
        else call.party(own.to).descriptions = before;   // it is not sent
    }
    drop_body(message);
    const bool on_the_way = message.method() == Method::prack;   // a call that rings rings on
    if (on_the_way || std::ranges::any_of(pair.lines, &MediaLine::active)) return std::nullopt;
    return base::Reason::no_agreement;
}

}  // namespace sbc
