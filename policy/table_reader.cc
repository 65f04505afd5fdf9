// The strict reading of one table.
#include "policy/table_reader.hh"

#include <algorithm>

#include "sip/method.hh"
#include "sip/scan.hh"

namespace policy {
const Value* TableReader::find(std::string_view key) {
    if (std::ranges::find(known_, key) == known_.end()) known_.emplace_back(key);
    const Entry* entry = table_.find(key);
    return entry ? &entry->value : nullptr;
}

const Value* TableReader::need(std::string_view key, std::string_view advice) {
    const Value* value = find(key);
    if (!value)
        complaints_.error(place_,
                          name_ + " has no \"" + std::string(key) + "\"; write " + std::string(advice));
    return value;
}

void TableReader::wrong_type(const Value& value, std::string_view key, std::string_view wanted) {
    complaints_.error(value.place, "\"" + std::string(key) + "\" must be " + std::string(wanted) +
                                       ", this is " + std::string(kind_of(value)));
}

bool TableReader::read(std::string_view key, bool& out) {
    const Value* value = find(key);
    if (!value) return false;
    const bool* truth = value->as<bool>();
    if (truth)
        out = *truth;
    else
        wrong_type(*value, key, "true or false");
    return truth;
}

bool TableReader::read(std::string_view key, std::string& out) {
    const Value* value = find(key);
    if (!value) return false;
    const std::string* text = value->as<std::string>();
    if (!text) {
        wrong_type(*value, key, "a string");
        return false;
    }
    if (!sip::is_safe_value(*text)) {
        complaints_.error(value->place, "\"" + std::string(key) + "\" holds a control character");
        return false;
    }
    out = *text;
    return true;
}

bool TableReader::read(std::string_view key, base::Duration& out) {
    const Value* value = find(key);
    if (!value) return false;
    const std::string* text = value->as<std::string>();
    if (!text) {
        wrong_type(*value, key, "a duration like \"30s\"");
        return false;
    }
    const auto duration = parse_duration(*text);
    if (!duration)
        complaints_.error(value->place,
                          "\"" + *text + "\" is no duration; write \"500ms\", \"30s\", \"5m\" or \"2h\"");
    else
        out = *duration;
    return duration.has_value();
}

bool TableReader::read_number(std::string_view key, std::uint64_t least, std::uint64_t most,
                              std::uint64_t& out) {
    const Value* value = find(key);
    if (!value) return false;
    const auto* number = value->as<std::int64_t>();
    if (!number) {
        wrong_type(*value, key, "a whole number");
        return false;
    }
    if (*number < 0 || static_cast<std::uint64_t>(*number) < least ||
        static_cast<std::uint64_t>(*number) > most) {
        complaints_.error(value->place, "\"" + std::string(key) + "\" must be between " +
                                            std::to_string(least) + " and " + std::to_string(most) +
                                            ", this is " + std::to_string(*number));
        return false;
    }
    out = static_cast<std::uint64_t>(*number);
    return true;
}

bool TableReader::read_size(std::string_view key, std::size_t least, std::size_t most, std::size_t& out) {
    const Value* value = find(key);
    if (!value) return false;
    const std::string* text = value->as<std::string>();
    const auto* number = value->as<std::int64_t>();
    const auto size = text ? parse_size(*text) : number ? parse_size(std::to_string(*number)) : std::nullopt;
    if (!size) {
        if (!text && !number)
            wrong_type(*value, key, "a size like \"64KiB\"");
        else
            complaints_.error(value->place,
                              "\"" + std::string(key) + "\" is no size; write bytes, \"64KiB\" or \"1MiB\"");
        return false;
    }
    if (*size < least || *size > most) {
        complaints_.error(value->place, "\"" + std::string(key) + "\" must be between " +
                                            std::to_string(least) + " and " + std::to_string(most) +
                                            " bytes");
        return false;
    }
    out = *size;
    return true;
}

bool TableReader::read_rate(std::string_view key, std::optional<Rate>& out) {
    const Value* value = find(key);
    if (!value) return false;
    const std::string* text = value->as<std::string>();
    if (!text) {
        wrong_type(*value, key, "a rate like \"10/s\"");
        return false;
    }
    const auto rate = parse_rate(*text);
    if (rate)
        out = rate;
    else
        complaints_.error(value->place, "\"" + *text + "\" is no rate; write \"10/s\" or \"100/m burst 50\"");
    return rate.has_value();
}

bool TableReader::read_choice(std::string_view key, const std::vector<Choice>& choices, int& out) {
    std::string word;
    if (!read(key, word)) return false;
    const auto choice = std::ranges::find(choices, std::string_view(word), &Choice::word);
    if (choice != choices.end()) {
        out = choice->value;
        return true;
    }
    std::string text = "\"" + std::string(key) + "\" cannot be \"" + word + "\"; write";
    for (const Choice& c : choices)
        text += (&c == &choices.front() ? " \"" : " or \"") + std::string(c.word) + '"';
    complaints_.error(find(key)->place, text);
    return false;
}

bool TableReader::read_words(std::string_view key,
                             const std::function<void(const std::string&, const Place&)>& each) {
    const Value* value = find(key);
    if (!value) return false;
    if (const auto* text = value->as<std::string>()) {
        each(*text, value->place);
        return true;
    }
    const auto* items = value->as<Array>();
    if (!items) {
        wrong_type(*value, key, "a string or a list of strings");
        return false;
    }
    if (items->empty())
        complaints_.error(value->place, "\"" + std::string(key) + "\" is empty; leave it out or fill it");
    for (const Value& item : *items)
        if (const auto* word = item.as<std::string>())
            each(*word, item.place);
        else
            wrong_type(item, key, "a list of strings");
    return true;
}

bool TableReader::read_prefixes(std::string_view key, std::vector<base::Prefix>& out) {
    return read_words(key, [&](const std::string& text, const Place& place) {
        if (const auto prefix = base::Prefix::parse(text))
            out.push_back(*prefix);
        else
            complaints_.error(place, "\"" + text +
                                         "\" is no address or prefix; write \"203.0.113.0/24\" or "
                                         "\"2001:db8::/32\", with no bits beyond the length");
    });
}

bool TableReader::read_methods(std::string_view key, std::vector<std::string>& out) {
    return read_words(key, [&](const std::string& text, const Place& place) {
        std::string upper = text;
        for (char& c : upper)
            if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
        if (!sip::is_token(text))
            complaints_.error(place, "\"" + text + "\" is no method");
        else if (text != upper && sip::parse_method(upper) != sip::Method::unknown)
            complaints_.error(place, "methods are written in capitals (RFC 3261, 7.1): \"" + upper + "\"");
        else
            out.push_back(text);
    });
}

const Table* TableReader::table(std::string_view key) {
    const Value* value = find(key);
    if (!value) return nullptr;
    const Table* inner = value->as<Table>();
    if (!inner) wrong_type(*value, key, "a table");
    return inner;
}

const Array* TableReader::list(std::string_view key) {
    const Value* value = find(key);
    if (!value) return nullptr;
    const Array* items = value->as<Array>();
    if (!items) wrong_type(*value, key, "a list");
    return items;
}

void TableReader::finish() {
    for (const Entry& entry : table_.entries)
        if (std::ranges::find(known_, entry.key) == known_.end())
            complaints_.error(
                entry.place, "unknown key \"" + entry.key + "\" in " + name_ + suggestion(entry.key, known_));
}

}  // namespace policy
