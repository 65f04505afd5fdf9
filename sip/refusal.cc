#include "sip/refusal.hh"

#include <algorithm>
#include <array>

#include "base/address.hh"
#include "base/text.hh"
#include "sip/head_lines.hh"
#include "sip/message.hh"
#include "sip/scan.hh"
#include "sip/start_line.hh"
#include "sip/syntax.hh"
#include "sip/via.hh"

namespace sip {
namespace {

constexpr std::size_t kHeadersRead = 256;
constexpr std::size_t kViasCopied = 70;
constexpr std::size_t kMaxParameters = 32;

// A value as one line without control characters; nothing where that cannot be.
std::optional<std::string> clean(std::string_view value) {
    std::string text;
    for (const char c : value) {
        const char plain = is_blank(c) ? ' ' : is_char(c, kControlChar) ? '?' : c;
        if (plain == ' ' && !text.empty() && text.back() == ' ') continue;
        text += plain;
    }
    if (text.empty() || text.size() > 4096) return std::nullopt;
    return text;
}

// The longest beginning of a Via value that is well-formed, at a semicolon or at the end. The version may be
// one that we don't speak: the answer speaks ours.
std::optional<Via> salvage_via(std::string_view text) {
    const std::size_t version = text.find('/'), transport = text.find('/', version + 1);
    if (version == std::string_view::npos || transport == std::string_view::npos) return std::nullopt;
    const std::string ours =
        std::string(text.substr(0, version)) + "/2.0" + std::string(text.substr(transport));
    std::string_view item = ours;
    for (int attempt = 0; attempt < 8; ++attempt) {
        if (auto via = Via::parse(item)) return via;
        const std::size_t semicolon = item.rfind(';');
        if (semicolon == std::string_view::npos) break;
        item = item.substr(0, semicolon);
    }
    return Via::parse(item.substr(0, item.find(';')));
}

// What an answer copies of the request (RFC 3261, 8.2.6.2).
struct Copied {
    std::optional<Via> top;
    std::vector<std::string> vias;
    std::optional<std::string> from, to, call_id, cseq;
};

void copy_vias(std::string_view value, Copied& copied) {
    for (std::size_t at = 0; at != std::string_view::npos;) {
        const auto item = clean(next_item(value, at));
        if (!item) continue;
        if (!copied.top)
            copied.top = salvage_via(*item);
        else if (copied.vias.size() < kViasCopied && !check_via(*item, kMaxParameters))
            copied.vias.push_back(*item);
    }
}

Copied copy_from(HeadLines& lines) {
    Copied copied;
    std::string_view line;
    const auto first = [](std::optional<std::string>& place, std::string_view value) {
        if (!place) place = clean(value);
    };
    for (std::size_t count = 0; count < kHeadersRead && lines.next(line); ++count) {
        const RawHeader header = cut_header(line);
        switch (parse_header_name(header.name)) {
            case HeaderName::via:
                copy_vias(header.value, copied);
                break;
            case HeaderName::from:
                first(copied.from, header.value);
                break;
            case HeaderName::to:
                first(copied.to, header.value);
                break;
            case HeaderName::call_id:
                first(copied.call_id, header.value);
                break;
            case HeaderName::cseq:
                first(copied.cseq, header.value);
                break;
            default:
                break;
        }
    }
    return copied;
}

// The same for each retransmission of the request, as a stateless answer must be (RFC 3261, 8.2.7).
std::string tag_for(const Copied& copied) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    const auto mix = [&hash](std::string_view text) {
        for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    };
    mix(copied.top->to_string());
    for (const auto& value : {copied.from, copied.call_id, copied.cseq}) mix(value.value_or(""));
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string tag;
    for (int shift = 28; shift >= 0; shift -= 4) tag += kDigits[hash >> shift & 15];
    return tag;
}

// RFC 3261, 18.2.1; RFC 3581, 4.
void stamp(Via& via, std::string_view received, std::uint16_t rport) {
    const auto source = base::Address::parse(received);
    const bool asked = via.parameter("rport").has_value();
    if (asked) via.set_parameter("rport", std::to_string(rport));
    if (asked || !source || base::Address::parse(via.host) != source) via.set_parameter("received", received);
}

std::string write(int status, const Copied& copied, bool compact) {
    std::string text =
        "SIP/2.0 " + std::to_string(status) + ' ' + std::string(reason_phrase_of(status)) + "\r\n";
    const auto header = [&](std::string_view name, std::string_view letter, std::string_view value) {
        (((text += compact ? letter : name) += compact ? ":" : ": ") += value) += "\r\n";
    };
    header("Via", "v", copied.top->to_string());
    for (const std::string& via : copied.vias) header("Via", "v", via);
    if (copied.from) header("From", "f", *copied.from);
    if (copied.to) {
        const bool needs_tag = !header_parameter(*copied.to, "tag");
        header("To", "t", needs_tag ? *copied.to + ";tag=" + tag_for(copied) : *copied.to);
    }
    if (copied.call_id) header("Call-ID", "i", *copied.call_id);
    if (copied.cseq) header("CSeq", "CSeq", *copied.cseq);
    header("Content-Length", "l", "0");
    return text += "\r\n";
}

}  // namespace

std::optional<std::string> refuse(std::string_view bytes, base::Reason reason, std::string_view received,
                                  std::uint16_t rport) {
    const int status = base::sip_status_of(reason);
    HeadLines lines(bytes);
    std::string_view line;
    if (status == 0 || !lines.next(line) || looks_like_response(line)) return std::nullopt;
    const std::string_view method = line.substr(0, line.find(' '));
    if (!is_token(method) || method == "ACK") return std::nullopt;
    Copied copied = copy_from(lines);
    if (!copied.top) return std::nullopt;
    stamp(*copied.top, received, rport);
    for (const bool compact : {false, true})
        if (std::string answer = write(status, copied, compact); answer.size() <= bytes.size()) return answer;
    return std::nullopt;
}

}  // namespace sip
