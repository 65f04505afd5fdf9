#include "daemon/peer_locations.hh"

#include <algorithm>

#include "base/log.hh"

namespace sallyportd {
namespace {

std::string text_of(const std::vector<sip::Server>& servers) {
    std::string text;
    for (const auto& server : servers)
        for (const auto& address : server.addresses)
            text.append(text.empty() ? "" : " ").append(base::name_of(server.transport)).append(":").append(
                base::Endpoint{address, server.port}.to_string());
    return text;
}

// A name that leads to ourselves would send every call round and round.
std::vector<sip::Server> without_us(std::vector<sip::Server> servers, const policy::Snapshot& policy) {
    for (auto& server : servers)
        std::erase_if(server.addresses, [&](const base::Address& address) {
            return std::ranges::any_of(policy.listeners, [&](const policy::Listener& listener) {
                return listener.transport == server.transport && listener.local == base::Endpoint{address, server.port};
            });
        });
    std::erase_if(servers, [](const sip::Server& server) { return server.addresses.empty(); });
    return servers;
}

}  // namespace

void PeerLocations::take_over(policy::SnapshotPtr policy, base::Time now) {
    now_ = now;
    if (!policy_ || policy_->dns.bounds != policy->dns.bounds) locator_ = std::make_unique<sip::Locator>(policy->dns.bounds);
    policy_ = std::move(policy);
    named_.clear();
    std::vector<sip::Destination> destinations;
    for (std::size_t i = 0; i < policy_->peers.size(); ++i) {
        if (policy_->peers[i].address) continue;
        named_.push_back({static_cast<std::uint16_t>(i)});
        destinations.push_back(policy_->destination_of(policy_->peers[i]));
    }
    start_client();
    locator_->look_for(std::move(destinations), now);
    tell();
    advance(now);
}

// Anew with each policy: /etc/resolv.conf may have changed with it. What was asked of the old one is asked again.
void PeerLocations::start_client() {
    client_.reset();
    locator_->forget_questions();
    if (named_.empty()) return;
    try {
        client_ = std::make_unique<net::DnsClient>(*loop_, net::DnsSettings{policy_->dns.servers, policy_->dns.timeout, 2});
    } catch (const std::exception& error) {
        base::log::error("dns", base::log::Fields("why", error.what()));
    }
}

void PeerLocations::advance(base::Time now) {
    now_ = now;
    if (!client_) return;
    client_->advance();
    while (now >= locator_->next_deadline())
        for (const auto& question : locator_->take_questions(now)) ask(question);
    tell();
}

void PeerLocations::ask(const base::DnsQuestion& question) {
    client_->ask(question, [this, question](base::DnsAnswer answer) { locator_->answer(question, std::move(answer), now_); });
}

void PeerLocations::tell() {
    for (const auto index : locator_->take_changes()) {
        const auto& peer = policy_->peer(named_[index]);
        const auto servers = without_us(locator_->servers(index), *policy_);
        if (servers.empty())
            base::log::warning("unresolved", base::log::Fields("peer", peer.name)("host", peer.host)(
                                                 "why", locator_->unknown(index) ? "nobody answers" : "no such name or service"));
        else
            base::log::info("resolved", base::log::Fields("peer", peer.name)("targets", text_of(servers)));
        found_(named_[index], servers);
    }
}

}  // namespace sallyportd
