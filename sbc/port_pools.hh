// This worker's media ports, a pool for each zone and address family. Pools whose range did not change live on through
// a reload; a pool that is gone lives until its last call gives its ports back.
#pragma once

#include <memory>
#include <vector>

#include "media/port_pool.hh"
#include "policy/snapshot.hh"

namespace sbc {

class PortPools {
 public:
    PortPools(base::WorkerId worker, unsigned workers, base::Entropy& entropy)
        : worker_(worker), workers_(workers), entropy_(&entropy) {}

    void take_over(const policy::Snapshot& policy);
    // The pool of a zone's media address of a family, else of its other family; null when the zone has no media.
    struct Choice {
        std::shared_ptr<media::PortPool> pool;
        base::Address advertised;
    };
    Choice choose(const policy::Zone& zone, bool v4) const;
    // The pool of this address that the pair is free in, taken out of it; null: there is none.
    std::shared_ptr<media::PortPool> take_again(const base::Address& address, std::uint16_t even) const;
    std::size_t in_use() const;

 private:
    struct Entry {
        policy::MediaAddress media;
        std::shared_ptr<media::PortPool> pool;
    };
    base::WorkerId worker_;
    unsigned workers_;
    base::Entropy* entropy_;
    std::vector<Entry> entries_;
    std::vector<std::weak_ptr<media::PortPool>> all_;
};

}  // namespace sbc
