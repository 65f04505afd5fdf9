#include "policy/port_range.hh"

namespace policy {

PortRange share_of(const PortRange& range, base::WorkerId worker, unsigned workers) {
    const unsigned first = range.first + (range.first & 1U), pairs = (range.last + 1U - first) / 2;
    const unsigned index = worker.value;
    const unsigned begin = first + pairs * index / workers * 2, end = first + pairs * (index + 1) / workers * 2;
    return {static_cast<std::uint16_t>(index == 0 ? range.first : begin),
            static_cast<std::uint16_t>(index + 1 == workers ? range.last : end - 1)};
}

}  // namespace policy
