// Keeps where many URIs lead current, by the records' own lifetimes: the questions to ask now, the answers, what has
// changed, when to look again. Nobody who wants a server ever waits for the DNS: what is known is used until there is
// news.
#pragma once

#include <set>
#include <vector>

#include "sip/locating.hh"

namespace sip {

class Locator {
 public:
    explicit Locator(const DnsBounds& bounds) : cache_(bounds) {}

    // Replaces the whole list; what is known of the names stays. Each is named by its index from now on.
    void look_for(std::vector<Destination> destinations, base::Time now);
    // To be sent now; each is answered once.
    std::vector<base::DnsQuestion> take_questions(base::Time now);
    void answer(const base::DnsQuestion& question, base::DnsAnswer answer, base::Time now);
    // Whoever was asked will not answer any more: all that is under way is asked again.
    void forget_questions();
    // Where something else is known than before, or for the first time. Empties the list.
    std::vector<std::size_t> take_changes() { return std::exchange(changes_, {}); }

    const std::vector<Server>& servers(std::size_t index) const { return sought_[index].servers; }
    bool unknown(std::size_t index) const { return sought_[index].unknown; }
    base::Time next_deadline() const;

 private:
    struct Sought {
        Destination destination;
        std::vector<Server> servers;
        std::vector<base::DnsQuestion> waits_for;
        base::Time due;
        bool looked = false, located = false, unknown = false;
    };

    void look(std::size_t index, base::Time now);

    DnsCache cache_;
    std::vector<Sought> sought_;
    std::set<base::DnsQuestion> asked_;
    std::vector<base::DnsQuestion> to_ask_;
    std::vector<std::size_t> changes_;
};

}  // namespace sip
