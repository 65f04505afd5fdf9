// Host names to addresses (A and AAAA), by the system's resolver in a thread of its own, so that no loop waits for DNS.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/address.hh"
#include "net/loop.hh"

namespace net {

class Resolver {
 public:
    explicit Resolver(Loop& loop);
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    // `answer` runs in the loop's thread; no addresses: the name has none, or nobody answered. Not called any more
    // once the resolver is gone.
    void resolve(const std::string& host, std::function<void(std::vector<base::Address>)> answer);

 private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace net
