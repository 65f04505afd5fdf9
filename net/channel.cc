#include "net/channel.hh"

#include <utility>

namespace net {

Channel::Channel(const ChannelRules& rules)
    : connects_((rules.tls && rules.tls->role() == tls::Role::client) || (rules.web && !rules.web->server)) {
    if (rules.tls) tls_ = std::make_unique<tls::Session>(rules.tls, rules.peer_name);
    if (!rules.web) return;
    upgrade_ = std::make_unique<WebUpgrade>(*rules.web);
    web_ = std::make_unique<WebSocket>(rules.web->server, rules.web->message_bytes);
}

void Channel::start() {
    if (!connects_) return;
    if (tls_) tls_->start();
    else begin_upgrade();
}

// The HTTP request of a client, once there is something to send it through.
void Channel::begin_upgrade() {
    if (!connects_ || !upgrade_ || std::exchange(asked_, true)) return;
    upgrade_->start();
}

bool Channel::receive(std::string_view bytes, std::vector<std::string>& arrived) {
    if (!tls_) return receive_plain(bytes, arrived);
    std::string plain;
    const bool goes_on = tls_->receive(bytes, plain);
    if (tls_->established()) begin_upgrade();
    if (!plain.empty() && !receive_plain(plain, arrived)) return false;
    if (goes_on) return true;
    switch (tls_->end()) {
        case tls::Session::End::untrusted: return fail(Fault::certificate, tls_->why());
        case tls::Session::End::failed: return fail(Fault::tls, tls_->why());
        default: return false;
    }
}

bool Channel::receive_plain(std::string_view bytes, std::vector<std::string>& arrived) {
    if (!web_) {
        arrived.emplace_back(bytes);
        return true;
    }
    std::string rest;
    if (upgrade_) {
        const auto state = upgrade_->receive(bytes);
        clear_ += upgrade_->take_outgoing();
        if (state == WebUpgrade::State::asking) return true;
        if (state == WebUpgrade::State::refused) return fail(Fault::upgrade, upgrade_->why());
        rest = upgrade_->take_rest();
        bytes = rest;
        upgrade_ = nullptr;
    }
    if (web_->receive(bytes, arrived)) return true;
    return web_->closed_in_order() ? false : fail(Fault::frame, "a frame against RFC 6455");
}

bool Channel::fail(Fault fault, std::string why) {
    fault_ = fault;
    why_ = std::move(why);
    return false;
}

bool Channel::send(std::string_view bytes) {
    if (!is_open()) return false;
    if (web_) web_->send(bytes);
    else clear_ += bytes;
    return true;
}

void Channel::close() {
    if (web_ && !upgrade_) web_->close(WebSocket::Code::going_away);
    closing_ = true;
}

std::string Channel::take_outgoing() {
    if (upgrade_) clear_ += upgrade_->take_outgoing();
    if (web_) clear_ += web_->take_outgoing();
    if (!tls_) return std::exchange(clear_, {});
    if (!clear_.empty()) (void)tls_->send(std::exchange(clear_, {}));
    if (closing_) tls_->close();
    return tls_->take_outgoing();
}

bool Channel::has_partial() const {
    return !is_open() || (tls_ && tls_->has_partial()) || (web_ && web_->has_partial());
}

}  // namespace net
