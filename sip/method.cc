#include "sip/method.hh"

#include <array>

namespace sip {
namespace {

constexpr std::array<std::string_view, 15> kNames{
    "",     "INVITE",  "ACK",       "BYE",    "CANCEL",  "OPTIONS", "REGISTER", "PRACK", "UPDATE",
    "INFO", "MESSAGE", "SUBSCRIBE", "NOTIFY", "PUBLISH", "REFER",
};
static_assert(kNames.size() == static_cast<std::size_t>(Method::refer) + 1);

}  // namespace

Method parse_method(std::string_view text) {
    for (std::size_t index = 1; index < kNames.size(); ++index)
        if (kNames[index] == text) return static_cast<Method>(index);
    return Method::unknown;
}

std::string_view name_of(Method method) { return kNames[static_cast<std::size_t>(method)]; }

}  // namespace sip
