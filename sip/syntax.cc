#include "sip/syntax.hh"

#include <algorithm>

#include "base/address.hh"
#include "base/number.hh"
#include "base/text.hh"
#include "sip/scan.hh"

namespace sip {
namespace {

using base::Reason;

constexpr auto kNowhere = std::string_view::npos;

// A place in the text that moves forward only.
struct Cursor {
    std::string_view text;
    std::size_t at = 0;

    bool at_end() const { return at == text.size(); }
    char peek() const { return at_end() ? '\0' : text[at]; }
    bool eat(char c) {
        if (at_end() || text[at] != c) return false;
        ++at;
        return true;
    }
    void skip_blanks() {
        while (!at_end() && is_blank(text[at])) ++at;
    }
    std::string_view take(int classes) {
        const std::size_t begin = at;
        while (!at_end() && is_char(text[at], classes)) ++at;
        return text.substr(begin, at - begin);
    }
};

bool is_escaped(std::string_view text, std::size_t at) {
    return at + 2 < text.size() && is_char(text[at + 1], kHexChar) && is_char(text[at + 2], kHexChar);
}

// All of these characters, or escapes.
bool consists_of(std::string_view text, int classes) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '%') {
            if (!is_escaped(text, at)) return false;
            at += 2;
        } else if (!is_char(text[at], classes)) {
            return false;
        }
    }
    return true;
}

bool is_host_name(std::string_view text) {
    if (text.ends_with('.')) text.remove_suffix(1);
    std::size_t label = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (!is_char(text[at], kHostChar)) return false;
        if (text[at] != '.') continue;
        if (at == label) return false;
        label = at + 1;
    }
    // A last label of digits only is an IPv4 address, or nothing (toplabel begins with a letter).
    return label < text.size() && text.find_first_not_of("0123456789", label) != kNowhere;
}

bool is_port(std::string_view text) {
    return text.size() <= 5 && base::to_number<std::uint16_t>(text).value_or(0) != 0;
}

bool is_host_port(std::string_view text) {
    const std::size_t host_end =
        text.starts_with('[') ? text.find(']') + 1 : std::min(text.find(':'), text.size());
    if (!is_host(text.substr(0, host_end))) return false;
    return host_end == text.size() || (text[host_end] == ':' && is_port(text.substr(host_end + 1)));
}

// "name=value" or, where it may, "name".
bool is_pair(std::string_view text, int classes, bool value_needed, bool value_may_be_empty) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || text.empty()) return false;
    if (equals == kNowhere) return !value_needed && consists_of(text, classes);
    const std::string_view value = text.substr(equals + 1);
    return (value_may_be_empty || !value.empty()) && consists_of(text.substr(0, equals), classes) &&
           consists_of(value, classes);
}

template <class Good>
Flaw check_pieces(std::string_view text, char separator, std::size_t max, Good&& good) {
    std::size_t count = 0;
    for (std::size_t at = 0; at <= text.size(); ++count) {
        if (count == max) return Reason::too_many_items;
        const std::size_t end = std::min(text.find(separator, at), text.size());
        if (!good(text.substr(at, end - at))) return Reason::bad_uri;
        at = end + 1;
    }
    return std::nullopt;
}

// What stands behind "sip:" (RFC 3261, 19.1.1).
Flaw check_sip_uri(std::string_view text, std::size_t max_parameters) {
    if (const std::size_t sign = text.find('@'); sign != kNowhere) {
        const std::string_view info = text.substr(0, sign);
        const std::size_t colon = std::min(info.find(':'), info.size());
        if (colon == 0 || !consists_of(info.substr(0, colon), kUserChar)) return Reason::bad_uri;
        if (!consists_of(info.substr(std::min(colon + 1, info.size())), kUserChar)) return Reason::bad_uri;
        text.remove_prefix(sign + 1);
    }
    const std::size_t question = text.find('?');
    if (question != kNowhere) {
        const auto pair = [](std::string_view piece) { return is_pair(piece, kUriHeaderChar, true, true); };
        if (const Flaw flaw = check_pieces(text.substr(question + 1), '&', max_parameters, pair)) return flaw;
        text = text.substr(0, question);
    }
    const std::size_t semicolon = text.find(';');
    if (semicolon != kNowhere) {
        const auto pair = [](std::string_view piece) { return is_pair(piece, kUriParamChar, false, false); };
        if (const Flaw flaw = check_pieces(text.substr(semicolon + 1), ';', max_parameters, pair))
            return flaw;
    }
    if (!is_host_port(text.substr(0, semicolon))) return Reason::bad_uri;
    return std::nullopt;
}

// Moves behind a quoted string; no control character in it but as a quoted pair.
bool eat_quoted(Cursor& cursor) {
    for (++cursor.at; !cursor.at_end(); ++cursor.at) {
        const char c = cursor.text[cursor.at];
        if (c == '"') return ++cursor.at, true;
        if (c == '\\') {
            ++cursor.at;
            if (cursor.peek() == '\r' || cursor.peek() == '\n') return false;
        } else if (is_char(c, kControlChar) && !is_blank(c)) {
            return false;
        }
        if (cursor.at_end()) return false;
    }
    return false;
}

// *( SEMI name [ EQUAL value ] ) to the end. A value may hold more than a token: addresses, and what others
// write.
Flaw check_parameters(Cursor& cursor, std::size_t max) {
    for (std::size_t count = 0;; ++count) {
        cursor.skip_blanks();
        if (cursor.at_end()) return std::nullopt;
        if (!cursor.eat(';')) return Reason::bad_header;
        if (count == max) return Reason::too_many_items;
        cursor.skip_blanks();
        if (cursor.take(kTokenChar).empty()) return Reason::bad_header;
        cursor.skip_blanks();
        if (!cursor.eat('=')) continue;
        cursor.skip_blanks();
        if (cursor.peek() == '"') {
            if (!eat_quoted(cursor)) return Reason::bad_header;
        } else if (cursor.take(kValueChar).empty()) {
            return Reason::bad_header;
        }
    }
}

// Moves behind the display name that stands before "<"; an unquoted one may hold blanks, but no separators.
bool eat_display_name(Cursor& cursor) {
    if (cursor.peek() == '"') {
        if (!eat_quoted(cursor)) return false;
        cursor.skip_blanks();
        return cursor.peek() == '<';
    }
    for (; !cursor.at_end() && cursor.peek() != '<'; ++cursor.at) {
        const char c = cursor.peek();
        if (c == '"' || c == ',' || c == ';' || c == '>' || c == '\\') return false;
        if (is_char(c, kControlChar) && !is_blank(c)) return false;
    }
    return !cursor.at_end();
}

}  // namespace

bool is_host(std::string_view text) {
    if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
        const std::string_view inside = text.substr(1, text.size() - 2);
        return inside.find(':') != kNowhere && base::Address::parse(inside).has_value();
    }
    if (text.empty() || text.size() > 255) return false;
    return is_host_name(text) ||
           (is_char(text.front(), kHexChar) && text.find(':') == kNowhere && base::Address::parse(text));
}

Flaw check_uri(std::string_view text, std::size_t max_parameters) {
    const std::size_t colon = text.find(':');
    if (colon == kNowhere || colon == 0 || colon + 1 == text.size()) return Reason::bad_uri;
    const std::string_view scheme = text.substr(0, colon), rest = text.substr(colon + 1);
    const bool letter = is_char(scheme.front(), kHostChar) && base::lower(scheme.front()) >= 'a';
    if (!letter || !std::ranges::all_of(scheme, [](char c) { return is_char(c, kHostChar) || c == '+'; }))
        return Reason::bad_uri;
    if (base::equals_ignoring_case(scheme, "sip") || base::equals_ignoring_case(scheme, "sips"))
        return check_sip_uri(rest, max_parameters);
    if (!std::ranges::all_of(rest, [](char c) { return is_char(c, kAnyUriChar); })) return Reason::bad_uri;
    return std::nullopt;
}

Flaw check_name_addr(std::string_view text, std::size_t max_parameters) {
    Cursor cursor{base::trimmed(text)};
    const std::size_t sign = cursor.text.find_first_of("<;");
    const bool bracketed = cursor.peek() == '"' || (sign != kNowhere && cursor.text[sign] == '<');
    if (!bracketed) {
        const std::string_view uri = cursor.text.substr(0, cursor.text.find_first_of("; \t\r\n"));
        // RFC 3261, 20: an addr-spec with a comma, question mark or semicolon needs angle brackets.
        if (uri.find_first_of(",?") != kNowhere) return Reason::bad_header;
        if (uri.empty()) return Reason::bad_header;
        cursor.at = uri.size();
        if (const Flaw flaw = check_uri(uri, max_parameters)) return flaw;
        return check_parameters(cursor, max_parameters);
    }
    if (!eat_display_name(cursor)) return Reason::bad_header;
    const std::size_t close = cursor.text.find('>', cursor.at);
    if (close == kNowhere) return Reason::bad_header;
    if (const Flaw flaw = check_uri(cursor.text.substr(cursor.at + 1, close - cursor.at - 1), max_parameters))
        return flaw;
    cursor.at = close + 1;
    return check_parameters(cursor, max_parameters);
}

// sent-protocol LWS sent-by *( SEMI via-params ), blanks allowed around every separator (RFC 3261, 25.1).
Flaw check_via(std::string_view text, std::size_t max_parameters) {
    Cursor cursor{base::trimmed(text)};
    const bool is_sip = base::equals_ignoring_case(cursor.take(kTokenChar), "SIP");
    cursor.skip_blanks();
    if (!is_sip || !cursor.eat('/')) return Reason::bad_header;
    cursor.skip_blanks();
    const std::string_view version = cursor.take(kTokenChar);
    cursor.skip_blanks();
    if (version.empty() || !cursor.eat('/')) return Reason::bad_header;
    if (version != "2.0") return Reason::bad_version;
    cursor.skip_blanks();
    if (cursor.take(kTokenChar).empty() || !is_blank(cursor.peek())) return Reason::bad_header;
    cursor.skip_blanks();

    const std::size_t begin = cursor.at;
    if (cursor.peek() == '[')
        cursor.at = std::min(cursor.text.find(']', begin), cursor.text.size() - 1) + 1;
    else
        cursor.take(kHostChar);
    if (!is_host(cursor.text.substr(begin, cursor.at - begin))) return Reason::bad_header;
    cursor.skip_blanks();
    if (cursor.eat(':')) {
        cursor.skip_blanks();
        if (!is_port(cursor.take(kTokenChar))) return Reason::bad_header;
    }
    return check_parameters(cursor, max_parameters);
}

}  // namespace sip
