// A record is worth keeping from the moment that its owner can be asked for again: a call once its answer has left, a
// registration once the registrar has agreed. Before its answer a call keeps what would be written down of it.
#include "sbc/journal.hh"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/number.hh"
#include "sbc/attempt_journal.hh"
#include "sbc/call_branches.hh"
#include "sbc/call_journal.hh"
#include "sbc/context.hh"
#include "sbc/home.hh"
#include "sbc/registration_journal.hh"

namespace sbc {
namespace {

void erase(Context& context, std::string key) { context.effects.emplace_back(Journal{std::move(key), {}}); }

// While a message waits for the kernel, or for a PRACK, what it says has not happened: the record that there is stays.
bool is_settled(const Context& context, const Call& call) {
    if (call.kind != Call::Kind::invite || call.state != Call::State::established || !call.chosen) return false;
    if (!call.withheld.empty()) return false;
    if (call.succession || (call.transfer && call.transfer->parted)) return false;   // whose end it is, is not settled
    return !call.unanswered.value || std::ranges::none_of(context.pinhole_requests, [&](const auto& request) {
               return request.second.call == call.number && !request.second.waiting.empty();
           });
}

// Puts the record where it is another than `seen`, its hash or its stage, says.
void put(Context& context, base::CallNumber number, std::size_t seen, const auto& record) {
    const auto [known, fresh] = context.journalled.try_emplace(number, seen);
    if (!fresh && std::exchange(known->second, seen) == seen) return;
    context.effects.emplace_back(Journal{key_of(number), record()});
}

// Twice at most, for it costs what an answered call's does.
void journal_attempt(Context& context, const Call& call) {
    const std::size_t stage = call.ringing ? 2 : 1;
    put(context, call.number, stage, [&] { return attempt_bytes(context, call); });
}

void journal_call(Context& context, base::CallNumber number) {
    const auto* call = context.call(number);
    if (!call || call->state == Call::State::terminating) {
        if (context.journalled.erase(number)) erase(context, key_of(number));
        return;
    }
    if (call->kind == Call::Kind::invite && call->state == Call::State::early) {
        if (is_foremost(*call)) journal_attempt(context, *call);
        return;
    }
    if (!is_settled(context, *call)) return;
    auto record = encode(kept_of(context, *call));
    put(context, number, std::hash<std::string>{}(record), [&] { return std::move(record); });
}

void journal_registration(Context& context, const std::string& token) {
    const auto* registration = context.registrations.find(token);
    if (!registration) return erase(context, key_of(token));
    context.effects.emplace_back(Journal{key_of(token), encode(kept_of(context, *registration))});
}

template <class Item>
std::vector<Item> once_each(std::vector<Item>& touched) {
    std::vector<Item> items = std::exchange(touched, {});
    std::ranges::sort(items);
    const auto same = std::ranges::unique(items);
    items.erase(same.begin(), same.end());
    return items;
}

}  // namespace

std::optional<base::WorkerId> home_of_kept(std::string_view key) {
    if (is_registration_key(key)) return worker_of_token(key.substr(1));
    if (!is_call_key(key)) return std::nullopt;
    const auto number = base::to_number<std::uint64_t>(key.substr(1));
    return number ? std::optional(worker_of(base::CallNumber{*number})) : std::nullopt;
}

void journal_touched(Context& context) {
    for (const auto number : once_each(context.touched)) journal_call(context, number);
    for (const auto& token : once_each(context.touched_registrations)) journal_registration(context, token);
}

}  // namespace sbc
