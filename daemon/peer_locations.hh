// Where the peers that are named lead: their names go to the DNS in the background, again and again as the records'
// lifetimes say, and what is found goes to whoever wants it. No call ever waits for it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "net/dns_client.hh"
#include "policy/snapshot.hh"
#include "sip/locator.hh"

namespace sallyportd {

class PeerLocations {
 public:
    // Of the snapshot that was handed to take_over() last.
    using Found = std::function<void(base::PeerId peer, const std::vector<sip::Server>& servers)>;

    PeerLocations(net::Loop& loop, Found found) : loop_(&loop), found_(std::move(found)) {}

    // Asks for every peer that is named; what is known already is told at once.
    void take_over(policy::SnapshotPtr policy, base::Time now);
    // To be called some times a second.
    void advance(base::Time now);

 private:
    void start_client();
    void ask(const base::DnsQuestion& question);
    void tell();

    net::Loop* loop_;
    Found found_;
    policy::SnapshotPtr policy_;
    std::vector<base::PeerId> named_;                // by the locator's index
    base::Time now_{};
    std::unique_ptr<sip::Locator> locator_;
    std::unique_ptr<net::DnsClient> client_;         // the last member: its answers touch the others
};

}  // namespace sallyportd
