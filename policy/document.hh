// A TOML file as a tree in which every key and value knows its place. The rest of this room reads this tree
// and never sees the TOML library, which is large and stays in one source file (document.cc).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/place.hh"

namespace policy {

class Complaints;
struct Value;
struct Entry;

using Array = std::vector<Value>;

struct Table {
    std::vector<Entry> entries;  // in the order of the file
    const Entry* find(std::string_view key) const;
    Entry* find(std::string_view key);
};

// A date or time: TOML has them, policy files don't use them.
struct Moment {};

struct Value {
    Place place;
    std::variant<bool, std::int64_t, double, std::string, Moment, Array, Table> data;

    template <class Type>
    const Type* as() const {
        return std::get_if<Type>(&data);
    }
    template <class Type>
    Type* as() {
        return std::get_if<Type>(&data);
    }
};

struct Entry {
    std::string key;
    Place place;  // of the key
    Value value;
};

// "a string", "a table", …: for messages.
std::string_view kind_of(const Value& value);

// A syntax error becomes one complaint with its position, and an empty table.
Table parse_document(const std::string& file, std::string_view text, Complaints& complaints);

// Adds a further file. Tables at the top are merged key by key and lists at the top are joined; the same key
// twice is a complaint that names both places.
void merge_document(Table& into, Table from, Complaints& complaints);

}  // namespace policy
