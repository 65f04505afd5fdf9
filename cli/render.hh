// JSON results as text for a person: aligned tables and lists of fields.
#pragma once

#include <boost/json/value.hpp>

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

// Only printable characters: what comes from the network must not steer the terminal.
std::string printable(std::string_view text);

// A list of objects as a table: first `columns` in their order (those that any row has), then all other
// fields. A column "a.local" is the field of an object within.
void print_table(std::ostream& out, const boost::json::array& rows, const std::vector<std::string>& columns);

// An object as "name  value" lines; lists of objects within follow as tables.
void print_fields(std::ostream& out, const boost::json::object& object);

// Whatever it is: table, fields, or the value itself.
void print_value(std::ostream& out, const boost::json::value& value, const std::vector<std::string>& columns);

}  // namespace cli
