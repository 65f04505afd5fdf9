// [[routes]]: which request goes to which peers.
#include <algorithm>
#include <array>

#include "policy/compilation.hh"
#include "policy/match.hh"

namespace policy {
namespace {

using Subject = Condition::Subject;
constexpr std::array kSubjects{Subject::from_user, Subject::from_host,    Subject::to_user,
                               Subject::to_host,   Subject::request_user, Subject::request_host};

void read_from(TableReader& reader, Route& route, Compilation& compilation) {
    if (!reader.need("from", "from = \"outside\" (a zone or a peer)")) return;
    reader.read_words("from", [&](const std::string& name, const Place& place) {
        if (const auto zone = compilation.zones.find(name); zone != compilation.zones.end()) {
            route.from.push_back({zone->second, base::kNoPeer});
        } else if (const auto peer = compilation.peers.find(name); peer != compilation.peers.end()) {
            route.from.push_back({compilation.snapshot.peer(peer->second).zone, peer->second});
        } else {
            std::vector<std::string> known;
            for (const auto& [zone_name, id] : compilation.zones) known.push_back(zone_name);
            for (const auto& [peer_name, id] : compilation.peers) known.push_back(peer_name);
            compilation.complaints.error(
                place, "there is no zone or peer \"" + name + '"' + suggestion(name, known));
        }
    });
}

void add_condition(Subject subject, const std::string& header, const Value& value, Match& match,
                   Compilation& compilation) {
    const std::string* pattern = value.as<std::string>();
    const std::string key = subject == Subject::header ? header : std::string(key_of(subject));
    if (!pattern) {
        compilation.complaints.error(value.place,
                                     "\"" + key + "\" must be a regular expression in a string, this is " +
                                         std::string(kind_of(value)));
        return;
    }
    const bool any_case =
        subject == Subject::from_host || subject == Subject::to_host || subject == Subject::request_host;
    if (auto regex = compilation.expression(*pattern, value.place, any_case))
        match.conditions.push_back({subject, header, *pattern, std::move(regex)});
}

void read_match(const Table& table, const Place& place, Match& match, Compilation& compilation) {
    TableReader reader(table, place, "\"match\"", compilation.complaints);
    reader.read_methods("method", match.methods);
    reader.read_prefixes("source", match.sources);
    std::string text;
    if (reader.read("peer", text)) match.peer = compilation.peer_named(text, reader.find("peer")->place);
    int transport = 0;
    if (reader.read_choice("transport", {{"udp", 0}, {"tcp", 1}, {"tls", 2}, {"ws", 3}, {"wss", 4}},
                           transport))
        match.transport = static_cast<base::Transport>(transport);
    bool truth = false;
    if (reader.read("registered", truth)) match.registered = truth;
    if (reader.read("emergency", truth)) match.emergency = truth;
    for (const Subject subject : kSubjects)
        if (const Value* value = reader.find(key_of(subject)))
            add_condition(subject, {}, *value, match, compilation);
    if (const Table* headers = reader.table("header"))
        for (const Entry& entry : headers->entries)
            add_condition(Subject::header, entry.key, entry.value, match, compilation);
    reader.finish();
}

void read_target(const Value& value, Route& route, Compilation& compilation) {
    RouteTarget target;
    std::optional<base::PeerId> peer;
    if (const auto* name = value.as<std::string>(); name && *name == kRegistered) {
        route.registered = true;
    } else if (name) {
        peer = compilation.peer_named(*name, value.place);
    } else if (const auto* table = value.as<Table>()) {
        TableReader reader(*table, value.place, "a target", compilation.complaints);
        std::string name_of_peer;
        if (reader.need("peer", "{ peer = \"NAME\", weight = 2 }") && reader.read("peer", name_of_peer))
            peer = compilation.peer_named(name_of_peer, reader.find("peer")->place);
        std::uint64_t weight = 1;
        if (reader.read_number("weight", 1, 1'000'000, weight))
            target.weight = static_cast<std::uint32_t>(weight);
        reader.finish();
    } else {
        compilation.complaints.error(value.place,
                                     "a target is a peer's name, or { peer = \"NAME\", weight = 2 }");
    }
    if (!peer) return;
    target.peer = *peer;
    if (std::ranges::any_of(route.to, [&](const RouteTarget& t) { return t.peer == *peer; }))
        compilation.complaints.error(
            value.place, "peer \"" + compilation.snapshot.peer(*peer).name + "\" stands twice in \"to\"");
    route.to.push_back(target);
}

// 503, or "5xx" for the whole class.
std::optional<StatusRange> status_range_of(const Value& value) {
    if (const auto* number = value.as<std::int64_t>(); number && *number >= 300 && *number <= 699)
        return StatusRange{static_cast<int>(*number), static_cast<int>(*number)};
    const auto* text = value.as<std::string>();
    if (!text || text->size() != 3 || text->substr(1) != "xx" || (*text)[0] < '3' || (*text)[0] > '6') return std::nullopt;
    const int first = ((*text)[0] - '0') * 100;
    return StatusRange{first, first + 99};
}

void read_failover(const Table& table, const Place& place, Route& route, Complaints& complaints) {
    TableReader reader(table, place, "\"failover\"", complaints);
    const Array* codes = reader.list("codes");
    const Array* on = reader.list("on");
    if (codes && on) complaints.error(reader.find("codes")->place, "\"codes\" is an older name of \"on\"; write one of them");
    for (const Array* list : {codes, on}) {
        if (!list) continue;
        route.failover_on.clear();
        for (const Value& code : *list) {
            if (const auto range = status_range_of(code)) route.failover_on.push_back(*range);
            else
                complaints.error(code.place, '"' + std::string(list == on ? "on" : "codes") +
                                                 "\" holds final response codes from 300 to 699, like [503, 500], "
                                                 "or classes, like \"5xx\"");
        }
    }
    if (reader.read("after", route.failover_after) && route.failover_after < std::chrono::milliseconds(100))
        complaints.error(reader.find("after")->place, "\"after\" must be at least \"100ms\"");
    reader.finish();
}

// "hash" says what "order" spreads by; alone it is a mistake.
void read_order(TableReader& reader, Route& route) {
    int order = 0, hash = 0;
    if (reader.read_choice("order", {{"first", 0}, {"weighted", 1}, {"hash", 2}}, order))
        route.order = static_cast<Route::Order>(order);
    if (reader.read_choice("hash", {{"call-id", 0}, {"from_user", 1}, {"to_user", 2}, {"request_user", 3}, {"source", 4}}, hash))
        route.hash_on = static_cast<Route::HashOn>(hash);
    if (const Value* value = reader.find("hash"); value && route.order != Route::Order::hash)
        reader.complaints().error(value->place, "\"hash\" without order = \"hash\" means nothing");
}

// "ring" says how long each rings; alone it is a mistake, as "fork" is with one target.
void read_fork(TableReader& reader, Route& route) {
    int fork = 0;
    if (reader.read_choice("fork", {{"parallel", 1}, {"serial", 2}}, fork)) route.fork = static_cast<Forking>(fork);
    if (const Value* value = reader.find("fork"); value && route.to.size() < 2)
        reader.complaints().error(value->place, "\"fork\" needs several peers in \"to\"");
    if (reader.read("ring", route.ring) && route.ring < std::chrono::seconds(1))
        reader.complaints().error(reader.find("ring")->place, "\"ring\" must be at least \"1s\"");
    if (const Value* value = reader.find("ring"); value && route.fork != Forking::serial)
        reader.complaints().error(value->place, "\"ring\" without fork = \"serial\" means nothing");
}

void read_reject(const Table& table, const Place& place, Route& route, Complaints& complaints) {
    TableReader reader(table, place, "\"reject\"", complaints);
    std::uint64_t code = 403;
    if (reader.read_number("code", 400, 699, code)) {
    }
    route.reject_code = static_cast<int>(code);
    reader.read("reason", route.reject_reason);
    reader.finish();
}

// Where the request goes: "to" or "reject", one of them.
void read_outcome(TableReader& reader, Route& route, Compilation& compilation) {
    Complaints& complaints = compilation.complaints;
    const Value* to = reader.find("to");
    const Value* reject = reader.find("reject");
    if (!to && !reject)
        complaints.error(reader.place(),
                         reader.name() + " leads nowhere; write to = [\"PEER\"] or reject = { code = 403 }");
    if (to && reject) complaints.error(reject->place, "a route has \"to\" or \"reject\", not both");
    if (to) {
        if (const Array* items = to->as<Array>()) {
            if (items->empty())
                complaints.error(to->place,
                                 "\"to\" is empty; write a peer's name, or reject = { code = 403 }");
            for (const Value& item : *items) read_target(item, route, compilation);
            if (route.registered && items->size() > 1)
                complaints.error(to->place, "\"registered\" stands alone in \"to\": where nobody has registered, nobody is called");
        } else {
            read_target(*to, route, compilation);
        }
    }
    if (reject) {
        if (const Table* table = reader.table("reject"))
            read_reject(*table, reject->place, route, complaints);
    }
    read_order(reader, route);
    read_fork(reader, route);
    if (const Table* failover = reader.table("failover"))
        read_failover(*failover, reader.find("failover")->place, route, complaints);
}

void load_route(const Value& value, Compilation& compilation) {
    const Table* table = value.as<Table>();
    if (!table) {
        compilation.complaints.error(value.place, "a route is a table; write [[routes]]");
        return;
    }
    Route route;
    route.place = value.place;
    route.name = "route " + std::to_string(compilation.rules.routes.size() + 1);
    TableReader naming(*table, value.place, "[[routes]]", compilation.complaints);
    naming.read("name", route.name);
    for (const Route& other : compilation.rules.routes)
        if (other.name == route.name)
            compilation.complaints.error(
                naming.find("name") ? naming.find("name")->place : value.place,
                "a route \"" + route.name + "\" was given before, at " + other.place.to_string());
    TableReader reader(*table, value.place, "route \"" + route.name + '"', compilation.complaints);
    reader.find("name");
    read_from(reader, route, compilation);
    if (const Table* match = reader.table("match"))
        read_match(*match, reader.find("match")->place, route.match, compilation);
    read_outcome(reader, route, compilation);
    compilation.read_attachments(reader, route.topology, route.headers);
    read_call_rules(reader, route.call_rules);
    reader.finish();
    compilation.rules.routes.push_back(std::move(route));
}

// `whole`: the routes that were read without complaint. What was read by half would seem to match more than
// it says.
void check_reachable(const std::vector<Route>& routes, const std::vector<bool>& whole,
                     Complaints& complaints) {
    for (std::size_t later = 0; later < routes.size(); ++later)
        for (std::size_t earlier = 0; earlier < later; ++earlier) {
            const auto seen_before = [&](const Origin& origin) {
                return std::ranges::any_of(routes[earlier].from,
                                           [&](const Origin& o) { return o.covers(origin); });
            };
            if (!whole[later] || !whole[earlier] || !std::ranges::all_of(routes[later].from, seen_before) ||
                !covers(routes[earlier].match, routes[later].match))
                continue;
            complaints.error(routes[later].place,
                             "route \"" + routes[later].name + "\" is never reached: route \"" +
                                 routes[earlier].name + "\" at " + routes[earlier].place.to_string() +
                                 " takes all that it would match; put it above that one");
            break;
        }
}

}  // namespace

void load_routes(TableReader& root, Compilation& compilation) {
    std::vector<bool> whole;
    if (const Array* routes = root.list("routes"))
        for (const Value& value : *routes) {
            const auto complaints = compilation.complaints.size();
            load_route(value, compilation);
            whole.resize(compilation.rules.routes.size(), complaints == compilation.complaints.size());
        }
    check_reachable(compilation.rules.routes, whole, compilation.complaints);
}

}  // namespace policy
