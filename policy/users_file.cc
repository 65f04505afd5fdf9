#include "policy/users_file.hh"

#include <algorithm>

#include "sip/digest.hh"

namespace policy {
namespace {

using base::HashName;

struct Line {
    std::string_view user, realm, kind, secret;
};

std::string_view take_field(std::string_view& rest) {
    const auto colon = std::min(rest.find(':'), rest.size());
    const auto field = rest.substr(0, colon);
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    return field;
}

bool is_hexadecimal(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
}

bool is_quotable(std::string_view text) { return !text.empty() && text.find_first_of("\"\\") == text.npos; }

std::string small_letters(std::string_view digits) {
    std::string text(digits);
    std::ranges::transform(text, text.begin(), base::lower);
    return text;
}

// What is wrong with the line; empty: it was taken.
std::string take(const Line& line, Authentication& auth) {
    const auto put = [&](HashName hash, std::string secret) {
        return auth.users.put(line.user, hash, std::move(secret))
                   ? std::string()
                   : "this user has a " + std::string(name_of(hash)) + " line already";
    };
    if (line.kind == "password") {
        if (line.secret.empty()) return "the password is empty";
        for (const auto hash : auth.algorithms)
            if (auto wrong = put(hash, sip::secret_of(hash, line.user, line.realm, line.secret)); !wrong.empty()) return wrong;
        return {};
    }
    const bool htdigest = line.secret.empty() && line.kind.size() == base::hex_digits_of(HashName::md5);
    const auto hash = htdigest ? std::optional(HashName::md5) : base::hash_named(line.kind);
    const auto digits = htdigest ? line.kind : line.secret;
    if (!hash || digits.size() != base::hex_digits_of(*hash) || !is_hexadecimal(digits))
        return "write user:realm:HA1 as htdigest does, user:realm:SHA-256:HA1, or user:realm:password:TEXT";
    return put(*hash, small_letters(digits));
}

}  // namespace

bool read_users_file(const std::string& file, std::string_view text, Authentication& auth, Complaints& complaints) {
    bool good = true;
    const auto wrong = [&](std::uint32_t line, const std::string& what) {
        complaints.error({file, line, 1}, what);
        good = false;
    };
    for (std::uint32_t number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        auto rest = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!rest.empty() && rest.back() == '\r') rest.remove_suffix(1);
        if (rest.empty() || rest.front() == '#') continue;
        Line line;
        line.user = take_field(rest);
        line.realm = take_field(rest);
        line.kind = take_field(rest);
        line.secret = rest;
        if (!is_quotable(line.user) || !is_quotable(line.realm)) wrong(number, "a line is user:realm:HA1, without quotes and backslashes");
        else if (line.realm != auth.realm) continue;
        else if (const auto what = take(line, auth); !what.empty()) wrong(number, what);
    }
    for (const auto& [user, secrets] : auth.users.all())
        for (const auto hash : auth.algorithms)
            if (good && !auth.users.secret(user, hash))
                wrong(1, "user \"" + user + "\" has no " + std::string(name_of(hash)) + " line, and \"algorithms\" offers it; add one, or a password line");
    return good;
}

}  // namespace policy
