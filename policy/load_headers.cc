// [headers.NAME]: rules that edit what leaves.
#include <re2/re2.h>

#include <array>

#include "policy/compilation.hh"
#include "policy/value_template.hh"
#include "sip/scan.hh"

namespace policy {
namespace {

using Action = HeaderRule::Action;

struct ActionKey {
    std::string_view key;
    Action action;
};
constexpr std::array<ActionKey, 5> kActions{{{"add", Action::add},
                                             {"set", Action::set},
                                             {"remove", Action::remove},
                                             {"rename", Action::rename},
                                             {"copy", Action::copy}}};

// A header that a rule writes to or takes away.
void check_target(const std::string& name, const Place& place, bool wildcard_allowed,
                  Complaints& complaints) {
    if (is_protected_header(name)) {
        complaints.error(place, "\"" + name + "\" holds the call together and cannot be edited by a rule");
        return;
    }
    std::string_view stem = name;
    if (wildcard_allowed && stem.ends_with('*')) stem.remove_suffix(1);
    if (stem.empty() && wildcard_allowed)
        complaints.error(place, "\"*\" alone would remove everything; write the start of a name, \"X-*\"");
    else if (!sip::is_token(stem) || stem.find('*') != std::string_view::npos)
        complaints.error(place, "\"" + name + "\" is no name of a header");
}

// Exactly one of the action keys; where there is none or more, a complaint and nothing.
std::optional<Action> read_action(TableReader& reader, const Table& table, HeaderRule& rule) {
    std::optional<Action> action;
    int given = 0;
    for (const ActionKey& candidate : kActions) {
        if (!table.find(candidate.key)) {
            reader.find(candidate.key);
            continue;
        }
        ++given;
        if (reader.read(candidate.key, rule.header)) action = candidate.action;
    }
    if (given == 0)
        reader.complaints().error(reader.place(),
                                  "a header rule says what to do: one of add, set, remove, rename, copy");
    if (given > 1)
        reader.complaints().error(reader.place(), "one header rule does one thing; make two rules of it");
    return given == 1 ? action : std::nullopt;
}

void read_when(const Table& table, const Place& place, HeaderRule& rule, Compilation& compilation) {
    TableReader when(table, place, "\"when\"", compilation.complaints);
    std::string text;
    if (when.read("missing", text)) rule.when_missing = text;
    if (when.read("present", text)) rule.when_present = text;
    if (when.read("header", text)) rule.when_header = text;
    if (when.read("matches", text)) {
        rule.when_matches = compilation.expression(text, when.find("matches")->place, false);
        if (!rule.when_header)
            compilation.complaints.error(place,
                                         "\"matches\" needs \"header\": whose value it is asked about");
    } else if (rule.when_header) {
        compilation.complaints.error(
            place, "\"header\" needs \"matches\"; to ask only whether it is there write present = \"" +
                       *rule.when_header + "\"");
    }
    when.read_methods("method", rule.methods);
    bool requests = true;
    if (when.read("request", requests)) rule.requests = requests;
    when.finish();
}

void read_value(TableReader& reader, HeaderRule& rule, Action action, Compilation& compilation) {
    Complaints& complaints = compilation.complaints;
    if (action == Action::rename || action == Action::copy) {
        if (reader.need("to", "to = \"NAME\"") && reader.read("to", rule.value))
            check_target(rule.value, reader.find("to")->place, false, complaints);
        return;
    }
    if (action == Action::remove) return;
    if (!reader.need("value", "value = \"…\"") || !reader.read("value", rule.value)) return;
    const int captures = rule.when_matches ? rule.when_matches->NumberOfCapturingGroups() : -1;
    if (const auto problem = template_error(rule.value, captures))
        complaints.error(reader.find("value")->place, *problem);
}

void load_rule(const Value& value, HeaderRules& into, Compilation& compilation) {
    const Table* table = value.as<Table>();
    if (!table) {
        compilation.complaints.error(value.place, "a header rule is a table like { remove = \"X-*\" }");
        return;
    }
    HeaderRule rule;
    rule.place = value.place;
    TableReader reader(*table, value.place, "a header rule", compilation.complaints);
    const auto action = read_action(reader, *table, rule);
    if (const Table* when = reader.table("when"))
        read_when(*when, reader.find("when")->place, rule, compilation);
    if (action) {
        rule.action = *action;
        for (const ActionKey& key : kActions)
            if (key.action == *action && *action != Action::copy)
                check_target(rule.header, table->find(key.key)->value.place, *action == Action::remove,
                             compilation.complaints);
        read_value(reader, rule, *action, compilation);
        reader.finish();
    }
    into.rules.push_back(std::move(rule));
}

}  // namespace

void load_headers(TableReader& root, Compilation& compilation) {
    const Table* profiles = root.table("headers");
    if (!profiles) return;
    for (const Entry& entry : profiles->entries) {
        auto rules = std::make_unique<HeaderRules>();
        rules->name = entry.key;
        rules->place = entry.place;
        if (const Table* table = entry.value.as<Table>()) {
            TableReader reader(*table, entry.place, "[headers." + entry.key + "]", compilation.complaints);
            reader.need("rules", "rules = [ { remove = \"X-*\" } ]");
            if (const Array* list = reader.list("rules"))
                for (const Value& value : *list) load_rule(value, *rules, compilation);
            reader.finish();
        } else {
            compilation.complaints.error(
                entry.value.place,
                "\"" + entry.key + "\" must be a table, this is " + std::string(kind_of(entry.value)));
        }
        compilation.snapshot.header_rules[entry.key] = std::move(rules);
    }
}

}  // namespace policy
