#include "sip/scan.hh"

#include <algorithm>
#include <cstring>

#include "base/text.hh"

namespace sip {
namespace {

constexpr auto kNowhere = std::string_view::npos;

// Behind the comment that begins at `at`, nested ones counted; the end of the text when it does not end.
std::size_t skip_comment(std::string_view text, std::size_t at) {
    int depth = 0;
    for (; at < text.size(); ++at) {
        if (text[at] == '\\')
            ++at;
        else if (text[at] == '(')
            ++depth;
        else if (text[at] == ')' && --depth == 0)
            return at + 1;
    }
    return text.size();
}

// Behind what stands at `at`: a whole quoted string or bracketed URI counts as one step.
std::size_t step(std::string_view text, std::size_t at) {
    if (text[at] == '"') return std::min(skip_quoted(text, at), text.size());
    if (text[at] == '<') {
        const std::size_t end = text.find('>', at);
        return end == kNowhere ? text.size() : end + 1;
    }
    return at + 1;
}

}  // namespace

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return is_char(c, kTokenChar); });
}

// Eight characters at a time: a word with neither a byte below 0x20 nor DEL is done at once.
bool is_safe_text(std::string_view text) {
    constexpr std::uint64_t kOnes = 0x0101010101010101U, kHighs = 0x8080808080808080U;
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t word;
        std::memcpy(&word, text.data() + at, 8);
        const std::uint64_t del = word ^ (kOnes * 0x7f);
        const std::uint64_t suspect = ((word - kOnes * 0x20) & ~word) | ((del - kOnes) & ~del);
        if ((suspect & kHighs) == 0) continue;
        for (std::size_t byte = at; byte < at + 8; ++byte)
            if (is_char(text[byte], kControlChar)) return false;
    }
    return std::ranges::none_of(text.substr(at), [](char c) { return is_char(c, kControlChar); });
}

std::size_t skip_quoted(std::string_view text, std::size_t at) {
    for (++at; at < text.size(); ++at) {
        if (text[at] == '\\')
            ++at;
        else if (text[at] == '"')
            return at + 1;
    }
    return kNowhere;
}

std::optional<std::string_view> header_parameter(std::string_view value, std::string_view name) {
    std::size_t at = 0;
    while (at < value.size() && value[at] != ';') at = step(value, at);
    while (at < value.size()) {
        const std::size_t begin = ++at;
        while (at < value.size() && value[at] != ';') at = step(value, at);
        const std::string_view parameter = value.substr(begin, at - begin);
        const std::size_t equals = std::min(parameter.find('='), parameter.size());
        if (!base::equals_ignoring_case(base::trimmed(parameter.substr(0, equals)), name)) continue;
        return base::trimmed(parameter.substr(std::min(equals + 1, parameter.size())));
    }
    return std::nullopt;
}

std::string_view next_item(std::string_view list, std::size_t& at) {
    const std::size_t begin = at;
    while (at < list.size() && list[at] != ',')
        at = list[at] == '(' ? skip_comment(list, at) : step(list, at);
    const std::string_view item = base::trimmed(list.substr(begin, at - begin));
    at = at < list.size() ? at + 1 : kNowhere;
    return item;
}

}  // namespace sip
