// Reads one table strictly: every key that nobody asked for is a complaint, and so is every wrong type. What
// was asked for is also what a mistyped key may have meant.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.hh"
#include "policy/complaints.hh"
#include "policy/document.hh"
#include "policy/units.hh"

namespace policy {

struct Choice {
    std::string_view word;
    int value;
};

class TableReader {
  public:
    // `name` is how messages call the table: "[zones.outside]".
    TableReader(const Table& table, Place place, std::string name, Complaints& complaints)
        : table_(table), place_(std::move(place)), name_(std::move(name)), complaints_(complaints) {}

    const Place& place() const { return place_; }
    const std::string& name() const { return name_; }
    Complaints& complaints() { return complaints_; }

    const Value* find(std::string_view key);                           // null when absent
    const Value* need(std::string_view key, std::string_view advice);  // absent: an error with the advice

    // Each answers whether the key was there and good; `out` keeps its value where not.
    bool read(std::string_view key, bool& out);
    bool read(std::string_view key, std::string& out);
    bool read(std::string_view key, base::Duration& out);
    bool read_number(std::string_view key, std::uint64_t least, std::uint64_t most, std::uint64_t& out);
    bool read_size(std::string_view key, std::size_t least, std::size_t most, std::size_t& out);
    bool read_rate(std::string_view key, std::optional<Rate>& out);
    bool read_choice(std::string_view key, const std::vector<Choice>& choices, int& out);
    // A string or a list of strings; `each` gets the text and its place.
    bool read_words(std::string_view key, const std::function<void(const std::string&, const Place&)>& each);
    bool read_prefixes(std::string_view key, std::vector<base::Prefix>& out);
    bool read_methods(std::string_view key, std::vector<std::string>& out);

    // Null when absent or of another type.
    const Table* table(std::string_view key);
    const Array* list(std::string_view key);

    void wrong_type(const Value& value, std::string_view key, std::string_view wanted);
    // Complains about every key that was never asked for. Call it last.
    void finish();

  private:
    const Table& table_;
    Place place_;
    std::string name_;
    Complaints& complaints_;
    std::vector<std::string> known_;
};

}  // namespace policy
