// How a journal's record becomes fields. One list of fields serves both ways, written and read alike, so that neither
// can forget one. The bytes themselves are record_bytes.hh.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/endpoint.hh"
#include "base/time.hh"

namespace sbc {

// A struct of ours, which has a list of fields: fields(codec, struct).
template <class Value>
concept HasFields = std::is_class_v<Value> && !std::same_as<std::remove_const_t<Value>, std::string> &&
                    !std::same_as<std::remove_const_t<Value>, base::Address> &&
                    !std::same_as<std::remove_const_t<Value>, base::Endpoint> &&
                    !std::same_as<std::remove_const_t<Value>, base::Time> &&
                    !std::same_as<std::remove_const_t<Value>, base::Duration>;

// What a field is made of, for writer and reader alike: `Self` has integer(), text() and count().
template <class Self>
class RecordCodec {
 public:
    template <class... Fields>
    void operator()(Fields&... fields) { (one(fields), ...); }
    // An enumerator not above `last`.
    template <class Enum, class Last>
    void enumerated(Enum& value, Last last) {
        auto number = static_cast<std::uint8_t>(value);
        self().integer(number);
        if (!self().check(number <= static_cast<std::uint8_t>(last))) return;
        if constexpr (!std::is_const_v<Enum>) value = static_cast<Enum>(number);
    }
    template <class Enum, class Last>
    void enumerated(std::optional<Enum>& value, Last last) {
        if (was_there(value)) enumerated(value.emplace(), last);
    }
    template <class Enum, class Last>
    void enumerated(const std::optional<Enum>& value, Last last) {
        if (was_there(value)) enumerated(*value, last);
    }

 private:
    Self& self() { return static_cast<Self&>(*this); }

    template <std::integral Integer>
    void one(Integer& value) { self().integer(value); }
    template <class Text>
        requires std::same_as<std::remove_const_t<Text>, std::string>
    void one(Text& value) { self().text(value); }
    template <class Value>
        requires std::same_as<std::remove_const_t<Value>, base::Address>
    void one(Value& address) {
        auto bytes = address.bytes();
        for (auto& byte : bytes) self().integer(byte);
        if constexpr (!std::is_const_v<Value>) address = base::Address::from_bytes(bytes);
    }
    template <class Value>
        requires std::same_as<std::remove_const_t<Value>, base::Endpoint>
    void one(Value& endpoint) { (*this)(endpoint.address, endpoint.port); }
    template <class Value>
        requires std::same_as<std::remove_const_t<Value>, base::Duration>
    void one(Value& duration) {
        auto ticks = duration.count();
        self().integer(ticks);
        if constexpr (!std::is_const_v<Value>) duration = base::Duration{ticks};
    }
    template <class Value>
        requires std::same_as<std::remove_const_t<Value>, base::Time>
    void one(Value& time) {
        auto since = time.time_since_epoch();
        one(since);
        if constexpr (!std::is_const_v<Value>) time = base::Time{since};
    }
    template <class Option>
    bool was_there(Option& item) {
        bool there = item.has_value();
        self().integer(there);
        if constexpr (!std::is_const_v<Option>) item.reset();
        return there;
    }
    template <class Item>
    void one(std::optional<Item>& item) {
        if (was_there(item)) one(item.emplace());
    }
    template <class Item>
    void one(const std::optional<Item>& item) {
        if (was_there(item)) one(*item);
    }
    template <class Item, std::size_t size>
    void one(std::array<Item, size>& items) { for (auto& item : items) one(item); }
    template <class Item, std::size_t size>
    void one(const std::array<Item, size>& items) { for (const auto& item : items) one(item); }
    template <class Item>
    void one(std::vector<Item>& items) {
        items.resize(self().count(0));
        for (auto& item : items) one(item);
    }
    template <class Item>
    void one(const std::vector<Item>& items) {
        (void)self().count(items.size());
        for (const auto& item : items) one(item);
    }
    template <HasFields Record>
    void one(Record& record) { fields(self(), record); }
};

}  // namespace sbc
