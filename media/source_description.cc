#include "media/source_description.hh"

#include <algorithm>
#include <string_view>

#include "base/hash.hh"

namespace media {
namespace {

using Packet = std::span<std::uint8_t>;

constexpr std::size_t kHeader = 4;
constexpr std::size_t kSource = 4;              // an SSRC or CSRC
constexpr std::uint8_t kSourceDescription = 202, kGoodbye = 203;
constexpr std::size_t kMostItems = 64;          // in a compound packet: each costs a digest
constexpr std::uint8_t kEnd = 0, kPrivate = 8;  // items of SDES

std::string_view text_of(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void overwrite(Packet words, std::uint64_t key) {
    if (words.empty()) return;
    const std::string_view secret(reinterpret_cast<const char*>(&key), sizeof key);
    const auto digits = base::hash_of(base::HashName::sha256, {secret, text_of(words)});
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = static_cast<std::uint8_t>(digits[i % digits.size()]);
}

// The item's words begin behind its type and length; those of PRIV behind the length of its prefix (6.5.8).
void hide_item(std::uint8_t type, Packet words, std::uint64_t key) {
    if (type == kPrivate && !words.empty()) words = words.subspan(1);
    overwrite(words, key);
}

// Of chunks, each an SSRC and items up to an empty one, filled up to a multiple of four. False: more than `left` items.
bool hide_chunks(Packet chunks, std::size_t& left, std::uint64_t key) {
    std::size_t at = 0;
    while (at + kSource < chunks.size()) {
        at += kSource;
        while (at + 1 < chunks.size() && chunks[at] != kEnd) {
            const std::size_t length = std::min<std::size_t>(chunks[at + 1], chunks.size() - at - 2);
            if (left-- == 0) return false;
            hide_item(chunks[at], chunks.subspan(at + 2, length), key);
            at += 2 + length;
        }
        at = at / 4 * 4 + 4;
    }
    return true;
}

void hide_reason(Packet goodbye, std::size_t sources, std::uint64_t key) {
    const std::size_t at = kSource * sources;
    if (at >= goodbye.size()) return;
    overwrite(goodbye.subspan(at + 1, std::min<std::size_t>(goodbye[at], goodbye.size() - at - 1)), key);
}

}  // namespace

bool hide_source_description(Packet compound, std::uint64_t key) {
    std::size_t left = kMostItems;
    while (!compound.empty()) {
        if (compound.size() < kHeader || compound[0] >> 6 != 2) return false;
        const std::size_t length = 4 * (std::size_t{compound[2]} << 8 | compound[3]) + kHeader;
        if (length > compound.size()) return false;
        const Packet body = compound.subspan(kHeader, length - kHeader);
        if (compound[1] == kSourceDescription && !hide_chunks(body, left, key)) return false;
        if (compound[1] == kGoodbye && left-- == 0) return false;
        if (compound[1] == kGoodbye) hide_reason(body, compound[0] & 0x1f, key);
        compound = compound.subspan(length);
    }
    return true;
}

}  // namespace media
