#include "base/reason.hh"

#include <array>

namespace base {
namespace {

struct Entry {
    std::string_view name;
    int status;
    std::string_view text;
};

constexpr std::array kEntries{
#define SALLYPORT_REASON(name, status, text) Entry{#name, status, text},
#include "base/reason_list.inc"
#undef SALLYPORT_REASON
};

const Entry& entry(Reason reason) { return kEntries[static_cast<std::size_t>(reason)]; }

}  // namespace

std::string_view name_of(Reason reason) { return entry(reason).name; }
std::string_view text_of(Reason reason) { return entry(reason).text; }
int sip_status_of(Reason reason) { return entry(reason).status; }

}  // namespace base
