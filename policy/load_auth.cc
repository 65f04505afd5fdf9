// `auth` of zones, access rules and peers: accounts of ours, and those of the phones. The files with the secrets are
// read here, once for each load; what they hold is in no message.
#include <algorithm>

#include "policy/authentication.hh"
#include "policy/compilation.hh"
#include "policy/users_file.hh"
#include "sip/uri.hh"

namespace policy {
namespace {

using base::HashName;

// The strongest first, whatever the order in the file: a phone takes the topmost that it knows (RFC 8760, 2.4).
void read_algorithms(TableReader& reader, std::vector<HashName>& algorithms) {
    std::vector<HashName> read;
    reader.read_words("algorithms", [&](const std::string& word, const Place& place) {
        const auto hash = base::hash_named(word);
        if (!hash)
            reader.complaints().error(place, "\"" + word + "\" is no algorithm; known are \"SHA-512-256\", \"SHA-256\", \"MD5\"");
        else if (std::ranges::find(read, *hash) == read.end())
            read.push_back(*hash);
    });
    std::ranges::sort(read, std::greater{});
    if (!read.empty()) algorithms = read;
}

// Both stand between quotes, and digests are computed over what stands there.
void read_quotable(TableReader& reader, std::string_view key, std::string& text) {
    if (!reader.read(key, text)) return;
    if (text.empty() || std::ranges::any_of(text, [](char c) {
            return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
        }))
        reader.complaints().error(reader.find(key)->place,
                                  "\"" + std::string(key) + "\" must not be empty nor hold quotes, backslashes or control characters");
}

// False: with what is wrong said. What cannot be read at all is the caller's to judge.
bool is_kept_well(TableReader& reader, std::string_view key, const std::string& file) {
    if (!file.starts_with('/')) {
        reader.complaints().error(reader.find(key)->place, "\"" + file + "\" must be an absolute path");
        return false;
    }
    if (check_secret_file(file) != SecretFile::open_to_others) return true;
    reader.complaints().error(reader.find(key)->place, "\"" + file + "\" is open to everybody on this host; chmod 0640 it");
    return false;
}

void read_users(TableReader& reader, Authentication& auth) {
    std::string file;
    if (!reader.need("users_file", "users_file = \"/etc/sallyport/users\"") || !reader.read("users_file", file)) return;
    const Place& place = reader.find("users_file")->place;
    if (!is_kept_well(reader, "users_file", file)) return;
    const auto text = secret_text(file);
    if (!text) return reader.complaints().error(place, "\"" + file + "\" cannot be read");
    const bool good = read_users_file(file, *text, auth, reader.complaints());
    if (good && !auth.realm.empty() && auth.users.all().empty())
        reader.complaints().error(place, "\"" + file + "\" names nobody in the realm \"" + auth.realm + '"');
}

void read_password(TableReader& reader, PeerLogin& login) {
    std::string file;
    if (!reader.need("password_file", "password_file = \"/etc/sallyport/NAME.secret\"") ||
        !reader.read("password_file", file) || !is_kept_well(reader, "password_file", file))
        return;
    const Place& place = reader.find("password_file")->place;
    auto text = secret_text(file);
    if (!text) return reader.complaints().warning(place, "\"" + file + "\" cannot be read: no challenge of this peer is answered");
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
    if (text->empty() || text->find('\n') != text->npos)
        return reader.complaints().error(place, "\"" + file + "\" must hold the password in one line, and nothing else");
    login.password = std::move(*text);
}

void read_registering(TableReader& reader, PeerLogin& login) {
    reader.read("register", login.registers);
    if (reader.read("aor", login.aor)) {
        const auto uri = sip::Uri::parse(login.aor);
        if (!uri || !uri->is_sip() || uri->user.empty() || uri->host.empty())
            reader.complaints().error(reader.find("aor")->place,
                                      "\"" + login.aor + "\" is no address of record; write \"sip:NAME@carrier.example\"");
    }
    if (reader.read("contact_user", login.contact_user)) {
        const auto uri = sip::Uri::parse("sip:" + login.contact_user + "@192.0.2.1");
        if (!uri || uri->user.empty())
            reader.complaints().error(reader.find("contact_user")->place, "\"" + login.contact_user + "\" is no user of a SIP URI");
    }
    const auto at_least = [&](std::string_view key, base::Duration& value, base::Duration least, base::Duration most) {
        if (reader.read(key, value) && (value < least || value > most))
            reader.complaints().error(reader.find(key)->place, "\"" + std::string(key) + "\" must be between \"" +
                                          std::to_string(least / std::chrono::seconds(1)) + "s\" and \"1d\"");
    };
    at_least("expires", login.expires, std::chrono::seconds(10), std::chrono::hours(24));
    at_least("interval", login.interval, std::chrono::seconds(1), std::chrono::hours(24));
    for (const std::string_view key : {"aor", "contact_user", "expires", "interval"})
        if (const auto* value = reader.find(key); value && !login.registers)
            reader.complaints().error(value->place, "\"" + std::string(key) + "\" is for register = true alone");
}

}  // namespace

void Compilation::read_authentication(TableReader& reader, std::shared_ptr<const Authentication>& out) const {
    const Table* table = reader.table("auth");
    if (!table) return;
    auto auth = std::make_shared<Authentication>();
    auth->place = reader.find("auth")->place;
    TableReader inner(*table, auth->place, "\"auth\"", complaints);
    if (inner.need("realm", "realm = \"sip.example.org\"")) read_quotable(inner, "realm", auth->realm);
    read_algorithms(inner, auth->algorithms);
    std::vector<std::string> methods;
    if (inner.read_methods("methods", methods)) auth->methods = std::move(methods);
    for (const std::string_view method : {"ACK", "CANCEL"})
        if (std::ranges::find(auth->methods, method) != auth->methods.end())
            complaints.error(inner.find("methods")->place,
                             std::string(method) + " cannot be answered with a challenge (RFC 3261, 22.1); leave it out");
    inner.read("integrity", auth->integrity);
    inner.read("match_user", auth->match_user);
    read_users(inner, *auth);
    inner.finish();
    out = std::move(auth);
}

std::shared_ptr<const PeerLogin> Compilation::read_login(TableReader& reader, const std::string& peer) const {
    const Table* table = reader.table("auth");
    if (!table) return nullptr;
    auto login = std::make_shared<PeerLogin>();
    TableReader inner(*table, reader.find("auth")->place, "[peers." + peer + ".auth]", complaints);
    if (inner.need("user", "user = \"NAME\"")) read_quotable(inner, "user", login->user);
    read_quotable(inner, "realm", login->realm);
    read_password(inner, *login);
    read_algorithms(inner, login->algorithms);
    read_registering(inner, *login);
    inner.finish();
    return login->password.empty() ? nullptr : login;
}

}  // namespace policy
