#include "sbc/port_pools.hh"

#include <algorithm>

namespace sbc {
namespace {

constexpr base::Duration kQuarantine = std::chrono::seconds(5);

}  // namespace

void PortPools::take_over(const policy::Snapshot& policy) {
    std::vector<Entry> entries;
    for (const auto& zone : policy.zones) {
        for (const auto& media : zone.media) {
            const auto same = std::ranges::find_if(entries_, [&](const Entry& e) {
                return e.media.address == media.address && e.media.ports.first == media.ports.first &&
                       e.media.ports.last == media.ports.last;
            });
            auto pool = same != entries_.end() ? same->pool : nullptr;
            if (!pool) {
                const auto share = policy::share_of(media.ports, worker_, workers_);
                pool = std::make_shared<media::PortPool>(media.address, share.first, share.last, kQuarantine, *entropy_);
                all_.push_back(pool);
            }
            entries.push_back({media, std::move(pool)});
        }
    }
    entries_ = std::move(entries);
    std::erase_if(all_, [](const auto& pool) { return pool.expired(); });
}

PortPools::Choice PortPools::choose(const policy::Zone& zone, bool v4) const {
    Choice choice;
    for (const auto& media : zone.media) {
        const auto entry = std::ranges::find_if(entries_, [&](const Entry& e) { return e.media.address == media.address; });
        if (entry == entries_.end() || (choice.pool && media.address.is_v4() != v4)) continue;
        choice = {entry->pool, entry->media.advertised};
    }
    return choice;
}

std::shared_ptr<media::PortPool> PortPools::take_again(const base::Address& address, std::uint16_t even) const {
    for (const auto& entry : entries_)
        if (entry.media.address == address && entry.pool->take_again(even)) return entry.pool;
    return nullptr;
}

std::size_t PortPools::in_use() const {
    std::size_t count = 0;
    for (const auto& weak : all_)
        if (const auto pool = weak.lock()) count += pool->in_use();
    return count;
}

}  // namespace sbc
