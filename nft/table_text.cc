// The wall: chain `wall` sees packets before conntrack (priority raw). What is for a media port needs an element in
// a pinhole set; it is then not tracked, marked for the host's own rules, and steered to the worker's transparent
// socket. TCP media ports are closed to new connections only, so that the host's own connections from ports of the
// range live on. The table has no say over anything else.
#include "nft/table_text.hh"

#include <algorithm>
#include <cstdio>
#include <map>

namespace nft {
namespace {

using base::Address;

struct Family {
    bool v4;
    const char* digit;      // of set names
    const char* ip;         // "ip" or "ip6"
    const char* type;
    const char* loopback;
};

constexpr Family kFamilies[] = {{true, "4", "ip", "ipv4_addr", "127.0.0.1"},
                                {false, "6", "ip6", "ipv6_addr", "[::1]"}};

std::string span_text(PortSpan ports) {
    if (ports.first == ports.last) return std::to_string(ports.first);
    return std::to_string(ports.first) + "-" + std::to_string(ports.last);
}

// An IPv4 source of length 0 in the 128-bit form is written with the length of its own family.
std::string source_text(const base::Prefix& source, bool v4) {
    if (source.length == 0) return v4 ? "0.0.0.0/0" : "::/0";
    return source.to_string();
}

bool is_everybody(const base::Prefix& source, bool v4) { return source.length <= (v4 ? 96 : 0); }

bool of_family(const base::Prefix& source, bool v4) {
    return source.length == 0 || source.address.is_v4() == v4;
}

// The zones' ranges, put together again from the workers' shares.
std::map<Address, std::vector<PortSpan>> ranges_of(const std::vector<MediaShare>& media, bool v4) {
    std::map<Address, std::vector<PortSpan>> ranges;
    auto sorted = media;
    std::ranges::sort(sorted);
    for (const auto& share : sorted) {
        if (share.address.is_v4() != v4) continue;
        auto& spans = ranges[share.address];
        if (!spans.empty() && spans.back().last + 1 == share.ports.first) spans.back().last = share.ports.last;
        else spans.push_back(share.ports);
    }
    return ranges;
}

std::string elements_text(const std::vector<std::string>& elements) {
    std::string text;
    for (const auto& element : elements) text += (text.empty() ? "" : ", ") + element;
    return text;
}

class Writer {
 public:
    explicit Writer(const TableSpec& spec) : spec_(spec) {}

    // Sets, counters and empty chains: said again over an existing table, this changes nothing.
    std::string frame() {
        open();
        line("comment \"media pinholes and signalling guard of sallyport\"");
        for (const char* name : {"strangers", "unsteered", "banned", "hurried"})
            line(std::string("counter ") + name + " { }");
        for (const auto& family : kFamilies) sets(family);
        line("chain wall { type filter hook prerouting priority raw; policy accept; }");
        line("chain leaving { type filter hook output priority raw; policy accept; }");
        for (const char* chain : {"signalling4", "signalling6", "media4", "media6", "steer"})
            line(std::string("chain ") + chain + " { }");
        close();
        return std::move(text_);
    }

    std::string emptied() const {
        std::string text;
        for (const char* chain : {"wall", "leaving", "signalling4", "signalling6", "media4", "media6", "steer"})
            text += "flush chain inet " + spec_.table + " " + chain + "\n";
        for (const char* set : {"permitted4", "permitted6", "exempt4", "exempt6"})
            text += "flush set inet " + spec_.table + " " + set + "\n";
        return text;
    }

    std::string rules() {
        open();
        chain("wall", [this] { wall(); });
        for (const auto& family : kFamilies) {
            chain(std::string("signalling") + family.digit, [&] { signalling(family); });
            chain(std::string("media") + family.digit, [&] { media(family); });
        }
        chain("steer", [this] { steer(); });
        chain("leaving", [this] { leaving(); });
        close();
        for (const auto& family : kFamilies) static_elements(family);
        return std::move(text_);
    }

 private:
    void line(const std::string& content) { text_ += "\t" + content + "\n"; }
    void open() { text_ = "table inet " + spec_.table + " {\n"; }
    void close() { text_ += "}\n"; }

    template <class Body>
    void chain(const std::string& name, const Body& body) {
        line("chain " + name + " {");
        body();
        line("}");
    }

    void set(const std::string& name, const std::string& body) { line("set " + name + " { " + body + " }"); }

    void sets(const Family& f) {
        const std::string type = f.type, digit = f.digit;
        const std::string local = "inet_proto . " + type + " . inet_service";
        const std::string pinhole = "; flags timeout; size " + std::to_string(spec_.set_size) + "; ";
        // Only these count: a counter costs half as much as its element, and wide ones live until the answer.
        set("exact" + digit, "type " + local + " . " + type + " . inet_service" + pinhole +
                                 "counter; comment \"protocol, our address and port, the peer's address and port\";");
        set("address" + digit, "type " + local + " . " + type + pinhole +
                                   "comment \"the peer's port is not learnt yet\";");
        set("zone" + digit, "type " + local + pinhole + "comment \"until the answer names the peer\";");
        set("permitted" + digit, "type " + type + " . inet_service . " + type +
                                     "; flags interval; comment \"who may use the zone's wide pinholes\";");
        set("exempt" + digit, "type " + type + "; flags interval; comment \"peers without signalling limit\";");
        set("sources" + digit, "type " + type + "; flags dynamic, timeout; timeout 10s; size 65536; "
                                                "comment \"signalling sources and their rates\";");
        set(ban_set_name(f.v4), "type " + type + "; flags timeout; counter; size 65536;");
    }

    void wall() {
        for (const auto& f : kFamilies) {
            for (const auto& [address, spans] : ranges_of(spec_.media, f.v4)) {
                for (const auto span : spans) {
                    const std::string match = std::string(f.ip) + " daddr " + address.to_string();
                    const std::string jump = " dport " + span_text(span);
                    line("\t" + match + " udp" + jump + " goto media" + f.digit);
                    line("\t" + match + " tcp" + jump + " tcp flags & (syn | ack) == syn goto media" + f.digit);
                }
            }
        }
        if (!spec_.enforce) return;
        for (const auto& door : spec_.listeners) {
            const Family& f = kFamilies[door.local.address.is_v4() ? 0 : 1];
            const bool any = door.local.address.is_unspecified();
            const std::string match =
                any ? std::string("meta nfproto ") + (f.v4 ? "ipv4" : "ipv6")
                    : std::string(f.ip) + " daddr " + door.local.address.to_string();
            line("\t" + match + (door.stream ? " tcp" : " udp") + " dport " + std::to_string(door.local.port) +
                 (door.limited ? " goto signalling" + std::string(f.digit)
                               : " " + std::string(f.ip) + " saddr @" + ban_set_name(f.v4) +
                                     " counter name \"banned\" drop"));
        }
    }

    void signalling(const Family& f) {
        if (!spec_.enforce) return;
        const std::string source = std::string(f.ip) + " saddr";
        char rate[80];
        std::snprintf(rate, sizeof rate, "limit rate over %u/second burst %u packets", spec_.signalling_rate,
                      spec_.signalling_burst);
        line("\t" + source + " @" + ban_set_name(f.v4) + " counter name \"banned\" drop");
        line("\t" + source + " @exempt" + f.digit + " accept");
        line("\tupdate @sources" + std::string(f.digit) + " { " + source + " " + rate +
             " } counter name \"hurried\" drop");
    }

    void media(const Family& f) {
        const std::string ip = f.ip, digit = f.digit;
        const std::string local = "meta l4proto . " + ip + " daddr . th dport";
        if (spec_.enforce)
            line("\t" + ip + " saddr @" + ban_set_name(f.v4) + " counter name \"banned\" drop");
        const std::string exact = "\t" + local + " . " + ip + " saddr . th sport @exact" + digit + " goto steer";
        line(exact);
        line("\t" + local + " . " + ip + " saddr @address" + digit + " goto steer");
        line("\t" + local + " @zone" + digit + " " + ip + " daddr . th dport . " + ip + " saddr @permitted" + digit +
             " goto steer");
        // Asked again: between the lookups above the kernel may have replaced a wide pinhole by its exact one.
        line(exact);
        if (spec_.enforce) line("\tcounter name \"strangers\" drop");
    }

    void steer() {
        line("\tnotrack");
        char mark[40];
        std::snprintf(mark, sizeof mark, "\tmeta mark set 0x%08x", spec_.mark);
        line(mark);
        for (const auto& share : spec_.media) {
            const Family& f = kFamilies[share.address.is_v4() ? 0 : 1];
            line("\t" + std::string(f.ip) + " daddr " + share.address.to_string() + " udp dport " +
                 span_text(share.ports) + " tproxy " + f.ip + " to " + f.loopback + ":" +
                 std::to_string(share.steer_port) + " accept");
        }
        line("\tmeta l4proto tcp accept");
        // tproxy goes on to the next rule when nobody has the socket: without an engine the wall is closed.
        if (spec_.enforce) line("\tcounter name \"unsteered\" drop");
    }

    void leaving() {
        for (const auto& f : kFamilies)
            for (const auto& [address, spans] : ranges_of(spec_.media, f.v4))
                for (const auto span : spans)
                    line("\t" + std::string(f.ip) + " saddr " + address.to_string() + " udp sport " +
                         span_text(span) + " notrack");
    }

    void static_elements(const Family& f) {
        std::vector<std::string> permitted, exempt;
        for (const auto& p : without_overlaps(spec_.permitted))
            if (p.address.is_v4() == f.v4 && of_family(p.source, f.v4))
                permitted.push_back(p.address.to_string() + " . " + span_text(p.ports) + " . " +
                                    source_text(p.source, f.v4));
        for (const auto& prefix : without_overlaps(spec_.exempt))
            if (of_family(prefix, f.v4)) exempt.push_back(source_text(prefix, f.v4));
        add_elements(std::string("permitted") + f.digit, permitted);
        add_elements(std::string("exempt") + f.digit, exempt);
    }

    void add_elements(const std::string& name, const std::vector<std::string>& elements) {
        if (elements.empty()) return;
        text_ += "add element inet " + spec_.table + " " + name + " { " + elements_text(elements) + " }\n";
    }

    const TableSpec& spec_;
    std::string text_;
};

}  // namespace

bool is_table_name(const std::string& name) {
    return !name.empty() && name.size() < 32 && name.front() != '-' && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

std::string removal_text(const std::string& table) {
    return "add table inet " + table + "\ndelete table inet " + table + "\n";
}

std::string creation_text(const TableSpec& spec) {
    Writer writer(spec);
    return removal_text(spec.table) + writer.frame() + writer.rules();
}

std::string reload_text(const TableSpec& spec) {
    Writer writer(spec);
    return writer.frame() + writer.emptied() + writer.rules();
}

std::string set_name(Width width, bool v4) {
    static constexpr const char* kWidths[] = {"exact", "address", "zone"};
    return std::string(kWidths[static_cast<int>(width)]) + (v4 ? "4" : "6");
}

std::string ban_set_name(bool v4) { return v4 ? "banned4" : "banned6"; }

std::vector<Permitted> without_overlaps(std::vector<Permitted> permitted) {
    const auto swallows = [](const Permitted& wide, const Permitted& narrow) {
        if (wide.address != narrow.address || wide.ports != narrow.ports) return false;
        const bool v4 = wide.address.is_v4();
        return is_everybody(wide.source, v4) || wide.source.contains(narrow.source.address);
    };
    std::ranges::sort(permitted, [](const Permitted& a, const Permitted& b) {
        return std::pair(a.source.length, a) < std::pair(b.source.length, b);
    });
    std::vector<Permitted> kept;
    for (const auto& p : permitted)
        if (std::ranges::none_of(kept, [&](const Permitted& k) { return swallows(k, p); })) kept.push_back(p);
    return kept;
}

std::vector<base::Prefix> without_overlaps(std::vector<base::Prefix> prefixes) {
    std::ranges::sort(prefixes, {}, &base::Prefix::length);
    std::vector<base::Prefix> kept;
    for (const auto& prefix : prefixes)
        if (std::ranges::none_of(kept, [&](const base::Prefix& k) {
                // 0.0.0.0/0 (96 bits) and ::/0 stand for their own family only.
                return of_family(k, prefix.address.is_v4()) && k.contains(prefix.address);
            }))
            kept.push_back(prefix);
    return kept;
}

}  // namespace nft
