#include "sip/nonces.hh"

#include <charconv>
#include <cstdio>

namespace sip {
namespace {

constexpr std::size_t kTimeDigits = 8, kHeadDigits = kTimeDigits + 16, kSignatureDigits = 32;

std::uint32_t seconds_of(base::Time time) {
    return static_cast<std::uint32_t>(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}

std::uint32_t made_at(std::string_view nonce) {
    std::uint32_t seconds = 0;
    std::from_chars(nonce.data(), nonce.data() + kTimeDigits, seconds, 16);
    return seconds;
}

bool is_over(std::uint32_t made, base::Time now) {
    constexpr auto kSeconds = std::chrono::floor<std::chrono::seconds>(Nonces::kLifetime).count();
    return seconds_of(now) - made > static_cast<std::uint32_t>(kSeconds);   // a time to come is over too: it wraps
}

}  // namespace

base::Key256 make_key(base::Entropy& entropy) {
    base::Key256 key;
    for (std::size_t i = 0; i < key.size(); i += 8) {
        auto word = entropy.next();
        for (std::size_t byte = i; byte < i + 8; ++byte, word >>= 8) key[byte] = static_cast<std::uint8_t>(word);
    }
    return key;
}

std::string Nonces::signature(std::string_view head, const Client& client) const {
    return base::sign(key_, {head, client.address.to_string(), client.realm}).substr(0, kSignatureDigits);
}

std::string Nonces::make(base::Entropy& entropy, const Client& client, base::Time now) const {
    char head[kHeadDigits + 1];
    std::snprintf(head, sizeof head, "%08x%016llx", seconds_of(now), static_cast<unsigned long long>(entropy.next()));
    return head + signature(head, client);
}

Nonces::Verdict Nonces::use(std::string_view nonce, std::uint32_t count, const Client& client, base::Time now) {
    if (nonce.size() != kHeadDigits + kSignatureDigits) return Verdict::stale;
    const auto head = nonce.substr(0, kHeadDigits);
    if (!base::equal_in_constant_time(nonce.substr(kHeadDigits), signature(head, client))) return Verdict::stale;
    const auto made = made_at(nonce);
    if (is_over(made, now)) return Verdict::stale;
    auto known = windows_.find(nonce);
    if (known == windows_.end()) {
        if (made <= floor_) return Verdict::stale;
        forget_old(now);
        known = windows_.emplace(nonce, Window{}).first;
        order_.emplace_back(nonce);
    }
    return known->second.take(count) ? Verdict::good : Verdict::replayed;
}

bool Nonces::Window::take(std::uint32_t count) {
    if (count == 0) return false;
    if (count > highest) {
        const auto ahead = count - highest;
        used = ahead < 64 ? used << ahead : 0;
        used |= 1;
        highest = count;
        return true;
    }
    const auto behind = highest - count;
    if (behind >= 64 || used >> behind & 1) return false;
    used |= std::uint64_t{1} << behind;
    return true;
}

// Before a new one is remembered.
void Nonces::forget_old(base::Time now) {
    while (!order_.empty() && (order_.size() >= most_ || is_over(made_at(order_.front()), now))) {
        floor_ = is_over(made_at(order_.front()), now) ? floor_ : std::max(floor_, made_at(order_.front()));
        windows_.erase(order_.front());
        order_.pop_front();
    }
}

}  // namespace sip
