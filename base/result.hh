// A value, or the reason why there is none. The peer's fault travels as a value and is never thrown.
#pragma once

#include <cassert>
#include <optional>
#include <utility>
#include <variant>

#include "base/reason.hh"

namespace base {

template <class Value, class Error = Reason>
class [[nodiscard]] Result {
 public:
    Result(Value value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit by design
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

    explicit operator bool() const { return state_.index() == 0; }
    Value& operator*() { return *std::get_if<0>(&state_); }
    const Value& operator*() const { return *std::get_if<0>(&state_); }
    Value* operator->() { return std::get_if<0>(&state_); }
    const Value* operator->() const { return std::get_if<0>(&state_); }
    const Error& error() const { return *std::get_if<1>(&state_); }

 private:
    std::variant<Value, Error> state_;
};

}  // namespace base
