#include "sip/locator.hh"

#include <algorithm>

namespace sip {

void Locator::look_for(std::vector<Destination> destinations, base::Time now) {
    auto before = std::exchange(sought_, {});
    changes_.clear();
    for (auto& destination : destinations) {
        const auto same = std::ranges::find(before, destination, &Sought::destination);
        Sought sought{std::move(destination), {}, {}, now, false, false, false};
        // The new owner of the index has to be told what is known, even where it is being asked for again.
        if (same != before.end() && same->located) {
            sought.servers = same->servers;
            changes_.push_back(sought_.size());
        }
        sought_.push_back(std::move(sought));
    }
}

std::vector<base::DnsQuestion> Locator::take_questions(base::Time now) {
    for (std::size_t i = 0; i < sought_.size(); ++i)
        if (sought_[i].waits_for.empty() && now >= sought_[i].due) look(i, now);
    return std::exchange(to_ask_, {});
}

void Locator::answer(const base::DnsQuestion& question, base::DnsAnswer answer, base::Time now) {
    if (!asked_.erase(question)) return;
    cache_.put(question, std::move(answer), now);
    for (std::size_t i = 0; i < sought_.size(); ++i)
        if (std::erase(sought_[i].waits_for, question) && sought_[i].waits_for.empty()) look(i, now);
}

void Locator::forget_questions() {
    asked_.clear();
    to_ask_.clear();
    for (auto& sought : sought_) sought.waits_for.clear();
}

void Locator::look(std::size_t index, base::Time now) {
    auto& sought = sought_[index];
    auto location = locate(sought.destination, cache_, now);
    if (!location.missing.empty()) {
        for (const auto& question : location.missing)
            if (asked_.insert(question).second) to_ask_.push_back(question);
        sought.waits_for = std::move(location.missing);
        return;
    }
    sought.due = location.expires;
    // Want of answers is no news, but for one who has never heard any.
    if (location.unknown && sought.located) return;
    if (!sought.looked || sought.unknown != location.unknown || sought.servers != location.servers) changes_.push_back(index);
    sought.looked = true;
    sought.unknown = location.unknown;
    sought.located = !location.unknown;
    sought.servers = std::move(location.servers);
}

base::Time Locator::next_deadline() const {
    auto next = to_ask_.empty() ? base::kNever : base::Time{};
    for (const auto& sought : sought_)
        if (sought.waits_for.empty()) next = std::min(next, sought.due);
    return next;
}

}  // namespace sip
