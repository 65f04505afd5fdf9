#include "tests/sim/traffic.hh"

#include "base/number.hh"

namespace sim {
namespace {

constexpr std::string_view kMark = "story ";

}  // namespace

std::string Traffic::text(unsigned story, std::uint64_t& number) {
    number = ++last_;
    std::string text(kMark);
    text += std::to_string(story) + " " + std::to_string(number) + " ";
    while (text.size() % 4) text += '.';
    return text;
}

// RFC 3550, 5.1: version 2, PCMU.
Bytes Traffic::rtp(unsigned story, std::uint64_t& number) {
    const auto said = text(story, number);
    std::string packet("\x80\0\0\0\0\0\0\0\0\0\0\1", 12);
    packet[2] = static_cast<char>(number >> 8);
    packet[3] = static_cast<char>(number);
    return std::make_shared<const std::string>(packet + said);
}

// RFC 3550, 6.7: an APP packet.
Bytes Traffic::rtcp(unsigned story, std::uint64_t& number) {
    const auto said = text(story, number);
    std::string packet("\x80\xcc\0\0\0\0\0\1SIM ", 12);
    packet[3] = static_cast<char>((packet.size() + said.size()) / 4 - 1);
    return std::make_shared<const std::string>(packet + said);
}

std::optional<Packet> Traffic::read(std::string_view bytes) {
    const auto at = bytes.find(kMark);
    if (at == bytes.npos) return std::nullopt;
    auto rest = bytes.substr(at + kMark.size());
    const auto story = base::to_number<unsigned>(rest.substr(0, rest.find(' ')));
    rest.remove_prefix(rest.find(' ') + 1);
    const auto number = base::to_number<std::uint64_t>(rest.substr(0, rest.find(' ')));
    if (!story || !number) return std::nullopt;
    return Packet{*story, *number};
}

}  // namespace sim
