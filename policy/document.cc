// The only file that knows the TOML library: text to tree, and the merging of several files.
#include "policy/document.hh"

#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <utility>

#include "policy/complaints.hh"

namespace policy {
namespace {

class Converter {
  public:
    explicit Converter(const std::string& file) : file_(file) {}

    Table table(const toml::table& from) const {
        Table to;
        for (const auto& [key, node] : from)
            to.entries.push_back({std::string(key.str()), place(key.source()), value(node)});
        std::ranges::sort(to.entries, {},
                          [](const Entry& e) { return std::pair(e.place.line, e.place.column); });
        return to;
    }

  private:
    Place place(const toml::source_region& region) const {
        return {file_, static_cast<std::uint32_t>(region.begin.line),
                static_cast<std::uint32_t>(region.begin.column)};
    }

    Value value(const toml::node& node) const {
        Value to{place(node.source()), Moment{}};
        if (const auto* text = node.as_string())
            to.data = text->get();
        else if (const auto* number = node.as_integer())
            to.data = number->get();
        else if (const auto* real = node.as_floating_point())
            to.data = real->get();
        else if (const auto* truth = node.as_boolean())
            to.data = truth->get();
        else if (const auto* inner = node.as_table())
            to.data = table(*inner);
        else if (const auto* list = node.as_array()) {
            Array items;
            for (const auto& item : *list) items.push_back(value(item));
            to.data = std::move(items);
        }
        return to;
    }

    const std::string& file_;
};

void merge_entries(Table& into, Table from, bool nested, Complaints& complaints) {
    for (Entry& entry : from.entries) {
        Entry* there = into.find(entry.key);
        if (!there) {
            into.entries.push_back(std::move(entry));
            continue;
        }
        Table* old_table = there->value.as<Table>();
        Table* new_table = entry.value.as<Table>();
        Array* old_list = there->value.as<Array>();
        Array* new_list = entry.value.as<Array>();
        if (!nested && old_table && new_table)
            merge_entries(*old_table, std::move(*new_table), true, complaints);
        else if (!nested && old_list && new_list)
            std::ranges::move(*new_list, std::back_inserter(*old_list));
        else
            complaints.error(entry.place, "\"" + entry.key + "\" was given before, at " +
                                              there->place.to_string() + "; keep one of the two");
    }
}

}  // namespace

const Entry* Table::find(std::string_view key) const {
    const auto at = std::ranges::find(entries, key, &Entry::key);
    return at == entries.end() ? nullptr : &*at;
}

Entry* Table::find(std::string_view key) { return const_cast<Entry*>(std::as_const(*this).find(key)); }

std::string_view kind_of(const Value& value) {
    switch (value.data.index()) {
        case 0:
            return "a boolean";
        case 1:
            return "a whole number";
        case 2:
            return "a decimal number";
        case 3:
            return "a string";
        case 4:
            return "a date or time";
        case 5:
            return "a list";
        default:
            return "a table";
    }
}

Table parse_document(const std::string& file, std::string_view text, Complaints& complaints) {
    try {
        return Converter(file).table(toml::parse(text, file));
    } catch (const toml::parse_error& problem) {
        const auto begin = problem.source().begin;
        complaints.error(
            {file, static_cast<std::uint32_t>(begin.line), static_cast<std::uint32_t>(begin.column)},
            "this is not TOML: " + std::string(problem.description()));
        return {};
    }
}

void merge_document(Table& into, Table from, Complaints& complaints) {
    merge_entries(into, std::move(from), false, complaints);
}

}  // namespace policy
