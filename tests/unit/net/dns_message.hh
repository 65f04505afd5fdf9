// A DNS message written by hand (RFC 1035, 4), without compression.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace net::test {

class DnsMessage {
 public:
    DnsMessage(std::string_view name_asked, std::uint16_t type, int code = 0, std::uint16_t id = 1) : id_(id), code_(code) {
        body_ = name(name_asked) + numbers({type, 1});
    }

    DnsMessage& answer(std::string_view owner, std::uint16_t type, std::uint32_t ttl, std::string_view data) {
        ++answers_;
        return add(owner, type, ttl, data);
    }
    DnsMessage& authority(std::string_view owner, std::uint16_t type, std::uint32_t ttl, std::string_view data) {
        ++authorities_;
        return add(owner, type, ttl, data);
    }

    std::vector<unsigned char> bytes() const {
        const auto flags = static_cast<std::uint16_t>(0x8180 | code_);
        const auto all = numbers({id_, flags, 1, answers_, authorities_, 0}) + body_;
        return {all.begin(), all.end()};
    }

    static std::string numbers(std::initializer_list<std::uint16_t> values) {
        std::string text;
        for (const auto value : values) text += static_cast<char>(value >> 8), text += static_cast<char>(value);
        return text;
    }
    static std::string text(std::string_view value) { return static_cast<char>(value.size()) + std::string(value); }
    static std::string name(std::string_view dotted) {
        std::string encoded;
        while (!dotted.empty()) {
            const auto label = dotted.substr(0, dotted.find('.'));
            encoded += text(label);
            dotted.remove_prefix(std::min(dotted.size(), label.size() + 1));
        }
        return encoded + '\0';
    }

 private:
    DnsMessage& add(std::string_view owner, std::uint16_t type, std::uint32_t ttl, std::string_view data) {
        body_ += name(owner) + numbers({type, 1, static_cast<std::uint16_t>(ttl >> 16), static_cast<std::uint16_t>(ttl),
                                        static_cast<std::uint16_t>(data.size())});
        body_ += data;
        return *this;
    }

    std::uint16_t id_, answers_ = 0, authorities_ = 0;
    int code_;
    std::string body_;
};

}  // namespace net::test
