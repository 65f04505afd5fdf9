#include "policy/loader_tls.hh"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace policy {
namespace {

using tls::Verify;

// One table: tls = { … }, or one of its certificates.
struct Section {
    TableReader reader;
    Compilation& compilation;

    Complaints& complaints() { return compilation.complaints; }
    const Place& place_of(std::string_view key) { return reader.find(key)->place; }
};

// A file that is not there is an error on the host that is to use it, else no more than a word.
void complain_of_file(Section& section, std::string_view key, const std::string& text) {
    if (section.compilation.host) section.complaints().error(section.place_of(key), text);
    else section.complaints().warning(section.place_of(key), text);
}

// The text of the file that a key names, sought beside the file that says it; nothing, with a complaint, where it cannot
// be had.
std::optional<std::string> read_file(Section& section, std::string_view key) {
    std::string name;
    if (!section.reader.read(key, name)) return std::nullopt;
    const std::filesystem::path path = std::filesystem::path(section.place_of(key).file).parent_path() / name;
    std::error_code ignored;
    errno = 0;
    std::ifstream stream(path, std::ios::binary);
    if (stream && !std::filesystem::is_directory(path, ignored)) {
        std::ostringstream text;
        text << stream.rdbuf();
        return std::move(text).str();
    }
    complain_of_file(section, key,
                     "\"" + path.string() + "\" cannot be read (" + std::strerror(errno ? errno : EISDIR) +
                         "); the user of [node] must be able to: chgrp it to that user's group, chmod 0640 it");
    return std::nullopt;
}

std::optional<std::string> read_key_file(Section& section) {
    auto text = read_file(section, "key");
    if (!text) return text;
    const std::filesystem::path path =
        std::filesystem::path(section.place_of("key").file).parent_path() / *section.reader.find("key")->as<std::string>();
    if (check_secret_file(path.string()) != SecretFile::open_to_others) return text;
    section.complaints().error(section.place_of("key"),
                               "\"" + path.string() + "\" is open to everybody on this host; chmod 0640 it");
    return std::nullopt;
}

void read_identity(Section& section, tls::Rules& rules) {
    const bool has_certificate = section.reader.find("certificate"), has_key = section.reader.find("key");
    if (!has_certificate && !has_key) return;
    section.reader.need("certificate", "certificate = \"/etc/sallyport/tls/edge.pem\"");
    section.reader.need("key", "key = \"/etc/sallyport/tls/edge.key\"");
    const auto certificate = read_file(section, "certificate");
    const auto key = read_key_file(section);
    if (!certificate || !key) return;
    tls::Identity::Fault fault;
    if (auto identity = tls::Identity::parse(*certificate, *key, fault)) {
        rules.identities.push_back(std::move(identity));
        return;
    }
    const std::string_view wrong = fault.in_key ? "key" : "certificate";
    section.complaints().error(section.place_of(wrong),
                               "\"" + *section.reader.find(wrong)->as<std::string>() + "\" " + fault.text);
}

void read_identities(Section& section, tls::Rules& rules) {
    read_identity(section, rules);
    const Array* const list = section.reader.list("certificates");
    if (!list) return;
    for (const Value& item : *list) {
        const Table* const table = item.as<Table>();
        if (!table) {
            section.complaints().error(item.place, "a certificate is written { certificate = \"FILE\", key = \"FILE\" }");
            continue;
        }
        Section one{{*table, item.place, "a certificate", section.complaints()}, section.compilation};
        read_identity(one, rules);
        one.reader.need("certificate", "certificate = \"/etc/sallyport/tls/edge.pem\"");
        one.reader.finish();
    }
}

void read_trust(Section& section, tls::Rules& rules) {
    const auto text = read_file(section, "ca");
    if (!text) return;
    std::string fault;
    if (auto trust = tls::Trust::parse(*text, fault)) rules.trust = std::move(trust);
    else section.complaints().error(section.place_of("ca"),
                                    "\"" + *section.reader.find("ca")->as<std::string>() + "\" " + fault);
}

void read_habits(Section& section, tls::Rules& rules) {
    int only_1_3 = rules.only_1_3;
    section.reader.read_choice("minimum", {{"1.2", 0}, {"1.3", 1}}, only_1_3);
    rules.only_1_3 = only_1_3 != 0;
    section.reader.read("ciphers", rules.ciphers);
}

std::shared_ptr<const tls::Context> compile(Section& section, tls::Role role, const tls::Rules& rules) {
    std::string fault;
    auto context = tls::Context::make(role, rules, fault);
    if (context) return context;
    const bool of_ciphers = fault.find("cipher") != std::string::npos && section.reader.find("ciphers");
    section.complaints().error(of_ciphers ? section.place_of("ciphers") : section.reader.place(),
                               "OpenSSL refuses this: " + fault +
                                   (of_ciphers ? std::string("; write a list as openssl ciphers takes it, \"") +
                                                     tls::kCiphers + "\""
                                               : std::string()));
    return nullptr;
}

}  // namespace

void read_zone_tls(TableReader& zone_reader, Zone& zone, base::ZoneId id, Compilation& compilation) {
    const Table* const table = zone_reader.table("tls");
    if (!table) return;
    const auto before = compilation.complaints.size();
    Section section{{*table, zone_reader.find("tls")->place, "[zones." + zone.name + ".tls]", compilation.complaints},
                    compilation};
    tls::Rules rules;
    read_identities(section, rules);
    read_trust(section, rules);
    read_habits(section, rules);
    int verify = 0;
    section.reader.read_choice("verify", {{"none", 0}, {"request", 1}, {"require", 2}}, verify);
    if (verify && !section.reader.find("ca"))
        compilation.complaints.error(section.place_of("verify"),
                                     "whose certificates are good is not said; write ca = \"/etc/sallyport/tls/ca.pem\"");
    if (rules.identities.empty() && compilation.complaints.size() == before)
        compilation.complaints.error(section.reader.place(), "a zone's doors need a certificate; write certificate = "
                                                             "\"/etc/sallyport/tls/edge.pem\" and key = "
                                                             "\"/etc/sallyport/tls/edge.key\"");
    section.reader.finish();
    rules.verify = static_cast<Verify>(verify);
    if (compilation.complaints.size() != before) return compilation.half_read.push_back(id);
    zone.tls.server = compile(section, tls::Role::server, rules);
    rules.verify = Verify::require;
    if (zone.tls.server) zone.tls.client = compile(section, tls::Role::client, rules);
}

void read_peer_tls(TableReader& peer_reader, Peer& peer, Compilation& compilation) {
    peer.tls_name = peer.host;
    const Table* const table = peer_reader.table("tls");
    if (!table) return;
    const auto before = compilation.complaints.size();
    Section section{{*table, peer_reader.find("tls")->place, "[peers." + peer.name + ".tls]", compilation.complaints},
                    compilation};
    if (!base::is_secure(peer.transport))
        compilation.complaints.error(section.reader.place(),
                                     "this peer is not spoken to over TLS; add \";transport=tls\" to its uri");
    const Zone& zone = compilation.snapshot.zone(peer.zone);
    tls::Rules rules = zone.tls.client ? zone.tls.client->rules() : tls::Rules{};
    if (section.reader.find("certificate") || section.reader.find("key")) rules.identities.clear();
    read_identity(section, rules);
    read_trust(section, rules);
    read_habits(section, rules);
    int verify = 1;
    section.reader.read_choice("verify", {{"none", 0}, {"require", 1}}, verify);
    rules.verify = verify ? Verify::require : Verify::none;
    section.reader.read("name", peer.tls_name);
    section.reader.finish();
    if (compilation.complaints.size() == before) peer.tls = compile(section, tls::Role::client, rules);
}

}  // namespace policy
