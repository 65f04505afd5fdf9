// [topologies.NAME]: one key for each place where an inside name can leak. "hide-all" and "keep-all" are
// built in; a table of the same name takes the place of the built-in one.
#include "policy/compilation.hh"

namespace policy {
namespace {

std::unique_ptr<Topology> built_in(std::string name, Treatment::Kind kind) {
    auto topology = std::make_unique<Topology>();
    topology->name = std::move(name);
    topology->place = {"(built in)", 0, 0};
    topology->treatments.fill({kind, {}});
    return topology;
}

void read_treatment(TableReader& reader, std::string_view key, Treatment& out) {
    const Value* value = reader.find(key);
    if (!value) return;
    if (const Table* table = value->as<Table>()) {
        TableReader inner(*table, value->place, "\"" + std::string(key) + "\"", reader.complaints());
        std::string text;
        if (inner.need("value", "{ value = \"…\" }") && inner.read("value", text))
            out = {Treatment::Kind::fixed, text};
        inner.finish();
        return;
    }
    const std::string* word = value->as<std::string>();
    if (word && *word == "hide")
        out = {Treatment::Kind::hide, {}};
    else if (word && *word == "keep")
        out = {Treatment::Kind::keep, {}};
    else if (word)
        reader.complaints().error(value->place, "\"" + std::string(key) + "\" cannot be \"" + *word +
                                                    "\"; write \"hide\", \"keep\" or { value = \"" + *word +
                                                    "\" }");
    else
        reader.wrong_type(*value, key, "\"hide\", \"keep\" or { value = \"…\" }");
}

void load_one(const Entry& entry, Compilation& compilation, const Topology& hide_all,
              const Topology& keep_all) {
    const Table* table = entry.value.as<Table>();
    if (!table) {
        compilation.complaints.error(entry.value.place, "\"" + entry.key + "\" must be a table, this is " +
                                                            std::string(kind_of(entry.value)));
        return;
    }
    TableReader reader(*table, entry.place, "[topologies." + entry.key + "]", compilation.complaints);
    int base = 0;
    reader.read_choice("base", {{"hide-all", 0}, {"keep-all", 1}}, base);
    auto topology = std::make_unique<Topology>(base ? keep_all : hide_all);
    topology->name = entry.key;
    topology->place = entry.place;
    for (int i = 0; i < kLeakPlaces; ++i)
        read_treatment(reader, name_of(static_cast<LeakPlace>(i)),
                       topology->treatments[static_cast<std::size_t>(i)]);
    reader.finish();
    compilation.snapshot.topologies[entry.key] = std::move(topology);
}

}  // namespace

void load_topologies(TableReader& root, Compilation& compilation) {
    auto hide_all = built_in("hide-all", Treatment::Kind::hide);
    auto keep_all = built_in("keep-all", Treatment::Kind::keep);
    if (const Table* table = root.table("topologies"))
        for (const Entry& entry : table->entries) load_one(entry, compilation, *hide_all, *keep_all);
    compilation.snapshot.topologies.try_emplace("hide-all", std::move(hide_all));
    compilation.snapshot.topologies.try_emplace("keep-all", std::move(keep_all));
}

}  // namespace policy
