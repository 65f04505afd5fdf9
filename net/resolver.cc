#include "net/resolver.hh"

#include "net/asio.hh"

#include <boost/asio/ip/udp.hpp>

#include "net/socket_address.hh"

namespace net {

struct Resolver::State {
    boost::asio::ip::udp::resolver resolver;
    explicit State(Loop& loop) : resolver(loop.context()) {}
};

Resolver::Resolver(Loop& loop) : state_(std::make_shared<State>(loop)) {}
Resolver::~Resolver() { state_->resolver.cancel(); }

void Resolver::resolve(const std::string& host, std::function<void(std::vector<base::Address>)> answer) {
    using Results = boost::asio::ip::udp::resolver::results_type;
    state_->resolver.async_resolve(
        host, "", [alive = std::weak_ptr(state_), answer = std::move(answer)](const auto& error, const Results& results) {
            if (alive.expired()) return;
            std::vector<base::Address> addresses;
            if (!error) {
                for (const auto& result : results) {
                    SocketAddress address{};
                    std::memcpy(&address, result.endpoint().data(), std::min(result.endpoint().size(), sizeof address));
                    addresses.push_back(from_socket_address(address).address);
                }
            }
            answer(std::move(addresses));
        });
}

}  // namespace net
