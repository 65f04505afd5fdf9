#include "net/dns_answer.hh"

#include <ares.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/text.hh"

namespace net {
namespace {

using Outcome = base::DnsAnswer::Outcome;

constexpr std::uint16_t kCname = 5, kSoa = 6, kInternet = 1;
constexpr std::size_t kHeader = 12;
constexpr int kNoSuchName = 3;

// Reads forward; once something did not fit, everything is empty and good() is false.
class Reader {
 public:
    explicit Reader(std::span<const unsigned char> message) : message_(message) {}

    bool good() const { return good_; }
    std::size_t at() const { return at_; }
    void go_to(std::size_t at) {
        good_ = good_ && at <= message_.size();
        if (good_) at_ = at;
    }

    std::uint32_t number(std::size_t bytes) {
        if (!take(bytes)) return 0;
        std::uint32_t value = 0;
        for (std::size_t i = at_ - bytes; i < at_; ++i) value = value << 8 | message_[i];
        return value;
    }
    std::uint16_t half() { return static_cast<std::uint16_t>(number(2)); }

    // Lower case, without the last dot.
    std::string name() {
        char* text = nullptr;
        long length = 0;
        if (!ready() || ares_expand_name(here(), message_.data(), size(), &text, &length) != ARES_SUCCESS) return fail();
        const std::unique_ptr<char, void (*)(void*)> owned(text, ares_free_string);
        std::string name(text);
        std::ranges::transform(name, name.begin(), base::lower);
        return take(static_cast<std::size_t>(length)) ? name : std::string();
    }

    std::string text() {
        unsigned char* text = nullptr;
        long length = 0;
        if (!ready() || ares_expand_string(here(), message_.data(), size(), &text, &length) != ARES_SUCCESS) return fail();
        const std::unique_ptr<unsigned char, void (*)(void*)> owned(text, ares_free_string);
        std::string value(reinterpret_cast<const char*>(text));
        return take(static_cast<std::size_t>(length)) ? value : std::string();
    }

    base::Address address(std::size_t bytes) {
        if (bytes == 4) return base::Address::v4(number(4));
        base::Address::Bytes value{};
        if (take(16)) std::copy_n(message_.begin() + static_cast<std::ptrdiff_t>(at_ - 16), 16, value.begin());
        return base::Address::from_bytes(value);
    }

 private:
    bool ready() const { return good_ && at_ < message_.size(); }
    bool take(std::size_t bytes) {
        good_ = good_ && bytes <= message_.size() - at_;
        if (good_) at_ += bytes;
        return good_;
    }
    std::string fail() {
        good_ = false;
        return {};
    }
    const unsigned char* here() const { return message_.data() + at_; }
    int size() const { return static_cast<int>(message_.size()); }

    std::span<const unsigned char> message_;
    std::size_t at_ = 0;
    bool good_ = true;
};

struct Head {
    std::string owner;
    std::uint16_t type = 0, klass = 0;
    base::Duration ttl{0};
    std::size_t end = 0;
};

std::optional<Head> read_head(Reader& reader) {
    Head head;
    head.owner = reader.name();
    head.type = reader.half();
    head.klass = reader.half();
    const auto ttl = reader.number(4);
    head.ttl = std::chrono::seconds(ttl >> 31 ? 0 : ttl);   // RFC 2181, 8
    const auto length = reader.half();
    head.end = reader.at() + length;
    return reader.good() ? std::optional(std::move(head)) : std::nullopt;
}

void read_data(Reader& reader, const base::DnsQuestion& question, base::DnsAnswer& answer) {
    switch (question.type) {
        case base::DnsType::a:
            answer.addresses.push_back(reader.address(4));
            break;
        case base::DnsType::aaaa:
            answer.addresses.push_back(reader.address(16));
            break;
        case base::DnsType::srv: {
            auto& record = answer.services.emplace_back();
            record.priority = reader.half(), record.weight = reader.half(), record.port = reader.half();
            record.target = reader.name();
            break;
        }
        case base::DnsType::naptr: {
            auto& record = answer.rules.emplace_back();
            record.order = reader.half(), record.preference = reader.half();
            record.flags = reader.text(), record.services = reader.text(), record.regexp = reader.text();
            record.replacement = reader.name();
            break;
        }
    }
}

// How long a "no" holds: the smaller of the SOA record's own lifetime and its last field (RFC 2308, 5).
base::Duration negative_ttl(Reader& reader, unsigned records) {
    for (unsigned i = 0; i < records; ++i) {
        const auto head = read_head(reader);
        if (!head) break;
        if (head->type == kSoa && head->end >= reader.at() + 4) {
            reader.go_to(head->end - 4);
            const auto minimum = std::chrono::seconds(reader.number(4));
            return reader.good() ? std::min<base::Duration>(head->ttl, minimum) : base::Duration{0};
        }
        reader.go_to(head->end);
    }
    return base::Duration{0};
}

}  // namespace

base::DnsAnswer read_dns_answer(std::span<const unsigned char> message, const base::DnsQuestion& question) {
    base::DnsAnswer answer;
    Reader reader(message);
    if (message.size() < kHeader) return answer;
    const int code = message[3] & 15;
    reader.go_to(4);
    const auto questions = reader.half(), records = reader.half(), authorities = reader.half();
    reader.go_to(kHeader);
    if (questions != 1 || (code != 0 && code != kNoSuchName)) return answer;
    reader.name();
    reader.number(4);
    // Along the aliases, in the order in which a resolver gives them.
    std::string owner = question.name;
    auto ttl = base::Duration::max();
    for (unsigned i = 0; i < records; ++i) {
        const auto head = read_head(reader);
        if (!head) return {};
        if (head->klass == kInternet && head->owner == owner) {
            if (head->type == kCname) owner = reader.name();
            else if (head->type == static_cast<std::uint16_t>(question.type)) read_data(reader, question, answer);
            if (!reader.good() || reader.at() > head->end) return {};
            if (reader.at() == head->end) ttl = std::min(ttl, head->ttl);
        }
        reader.go_to(head->end);
    }
    if (!reader.good()) return {};
    const bool found = !answer.addresses.empty() || !answer.services.empty() || !answer.rules.empty();
    answer.outcome = found ? Outcome::found : Outcome::nothing;
    answer.ttl = found ? ttl : negative_ttl(reader, authorities);
    return answer;
}

}  // namespace net
