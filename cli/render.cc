// Aligned text out of JSON. It knows no command: columns that a later daemon adds show up by themselves.
#include "cli/render.hh"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdio>
#include <ostream>

namespace cli {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) {
    if (value.is_null()) return "-";
    if (value.is_bool()) return value.get_bool() ? "yes" : "no";
    if (value.is_string()) return value.get_string().empty() ? "-" : printable(value.get_string());
    if (const auto* list = value.if_array()) {
        std::string text;
        for (const auto& item : *list) text += (text.empty() ? "" : " ") + text_of(item);
        return text.empty() ? "-" : text;
    }
    if (const auto* number = value.if_double()) {
        char text[32];
        std::snprintf(text, sizeof text, "%.2f", *number);
        return text;
    }
    return printable(json::serialize(value));
}

// Nested objects become fields with dotted names.
void flatten(const json::object& object, const std::string& prefix,
             std::vector<std::pair<std::string, std::string>>& into) {
    for (const auto& [key, value] : object) {
        const std::string name = prefix + std::string(key);
        if (const auto* inner = value.if_object())
            flatten(*inner, name + '.', into);
        else
            into.emplace_back(name, text_of(value));
    }
}

using Row = std::vector<std::pair<std::string, std::string>>;

std::vector<std::string> columns_of(const std::vector<Row>& rows, const std::vector<std::string>& wanted) {
    std::vector<std::string> present;
    for (const Row& row : rows)
        for (const auto& [name, text] : row)
            if (std::ranges::find(present, name) == present.end()) present.push_back(name);
    std::vector<std::string> columns;
    for (const std::string& name : wanted)
        if (std::ranges::find(present, name) != present.end()) columns.push_back(name);
    for (const std::string& name : present)
        if (std::ranges::find(columns, name) == columns.end()) columns.push_back(name);
    return columns;
}

std::string upper(std::string text) {
    for (char& c : text) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
        if (c == '.') c = ' ';
    }
    return text;
}

bool is_number(std::string_view text) {
    return text == "-" ||
           (!text.empty() && text.find_first_not_of("0123456789.-+e") == std::string_view::npos &&
            std::ranges::count(text, '.') < 2 && text.find('-', 1) == std::string_view::npos);
}

// Columns as wide as characters, not bytes, are shown.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

bool is_table(const json::value& value) {
    const auto* list = value.if_array();
    return list && !list->empty() && list->front().is_object();
}

}  // namespace

std::string printable(std::string_view text) {
    std::string safe;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        // C1 controls are two bytes in UTF-8: 0xc2 and 0x80 to 0x9f.
        const bool c1 = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if (c1) ++i;
        safe += c < 0x20 || c == 0x7f || c1 ? '?' : text[i];
    }
    return safe;
}

void print_table(std::ostream& out, const json::array& list, const std::vector<std::string>& wanted) {
    std::vector<Row> rows;
    for (const auto& item : list) {
        rows.emplace_back();
        if (const auto* object = item.if_object()) flatten(*object, "", rows.back());
    }
    const auto columns = columns_of(rows, wanted);
    std::vector<std::vector<std::string>> cells{{}};
    for (const std::string& column : columns) cells[0].push_back(upper(column));
    for (const Row& row : rows) {
        cells.emplace_back();
        for (const std::string& column : columns) {
            const auto cell = std::ranges::find(row, column, &Row::value_type::first);
            cells.back().push_back(cell == row.end() ? "-" : cell->second);
        }
    }
    std::vector<std::size_t> widths(columns.size());
    std::vector<bool> right(columns.size(), true);
    for (std::size_t r = 0; r < cells.size(); ++r)
        for (std::size_t c = 0; c < columns.size(); ++c) {
            widths[c] = std::max(widths[c], width_of(cells[r][c]));
            if (r > 0 && !is_number(cells[r][c])) right[c] = false;
        }
    for (const auto& line : cells) {
        std::string text;
        for (std::size_t c = 0; c < columns.size(); ++c) {
            const std::string padding(widths[c] - width_of(line[c]), ' ');
            text += (c ? "  " : "") + (right[c] ? padding + line[c] : line[c] + padding);
        }
        text.erase(text.find_last_not_of(' ') + 1);
        out << text << '\n';
    }
}

void print_fields(std::ostream& out, const json::object& object) {
    Row fields;
    json::object plain;
    for (const auto& [key, value] : object)
        if (!is_table(value)) plain[key] = value;
    flatten(plain, "", fields);
    std::size_t width = 0;
    for (const auto& [name, text] : fields) width = std::max(width, name.size());
    for (const auto& [name, text] : fields)
        out << name << std::string(width - name.size() + 2, ' ') << text << '\n';
    for (const auto& [key, value] : object)
        if (is_table(value)) {
            out << '\n' << printable(key) << ":\n";
            print_table(out, value.get_array(), {});
        }
}

void print_value(std::ostream& out, const json::value& value, const std::vector<std::string>& columns) {
    if (const auto* list = value.if_array()) {
        if (is_table(value))
            print_table(out, *list, columns);
        else if (list->empty())
            out << "none\n";
        else
            for (const auto& item : *list) out << text_of(item) << '\n';
    } else if (const auto* object = value.if_object()) {
        print_fields(out, *object);
    } else if (value.is_null() || (value.is_bool() && value.get_bool())) {
        out << "done\n";
    } else {
        out << text_of(value) << '\n';
    }
}

}  // namespace cli
