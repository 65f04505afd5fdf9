#include "sip/invite_companions.hh"

#include <string>

#include "sip/transaction_key.hh"

namespace sip {
namespace {

std::uint16_t add_all(PackedTexts& texts, const Message& invite, HeaderName id) {
    std::uint16_t count = 0;
    for (const Header& header : invite.headers()) {
        if (header.id != id) continue;
        texts.add(header.value);
        ++count;
    }
    return count;
}

}  // namespace

InviteCompanions::InviteCompanions(const Message& invite) : cseq_(invite.cseq()) {
    const std::string_view via = top_via_of(invite);
    std::size_t bytes = PackedTexts::room_for(invite.request_uri()) + PackedTexts::room_for(via);
    for (const Header& header : invite.headers()) switch (header.id) {
        case HeaderName::from: case HeaderName::to: case HeaderName::call_id: case HeaderName::route:
        case HeaderName::authorization: case HeaderName::proxy_authorization:
            bytes += PackedTexts::room_for(header.value);
            break;
        default: break;
    }
    texts_.reserve(bytes);
    texts_.add(invite.request_uri());
    texts_.add(via);
    for (const HeaderName id : {HeaderName::from, HeaderName::to, HeaderName::call_id}) texts_.add(invite.value(id));
    routes_ = add_all(texts_, invite, HeaderName::route);
    authorizations_ = add_all(texts_, invite, HeaderName::authorization);
    proxy_authorizations_ = add_all(texts_, invite, HeaderName::proxy_authorization);
}

Message InviteCompanions::start(Method method, std::string_view to, bool with_credentials) const {
    std::size_t at = 0;
    Message request = Message::request(method, texts_.next(at));
    request.add(HeaderName::via, texts_.next(at));
    request.add(HeaderName::max_forwards, "70");
    request.add(HeaderName::from, texts_.next(at));
    const std::string_view invite_to = texts_.next(at);
    request.add(HeaderName::to, to.empty() ? invite_to : to);
    request.add(HeaderName::call_id, texts_.next(at));
    request.add(HeaderName::cseq, std::to_string(cseq_).append(" ").append(name_of(method)));
    for (int i = 0; i < routes_; ++i) request.add(HeaderName::route, texts_.next(at));
    if (!with_credentials) return request;
    for (int i = 0; i < authorizations_; ++i) request.add(HeaderName::authorization, texts_.next(at));
    for (int i = 0; i < proxy_authorizations_; ++i) request.add(HeaderName::proxy_authorization, texts_.next(at));
    return request;
}

// 22.1: the ACK repeats the INVITE's credentials, since it cannot be challenged.
Message InviteCompanions::ack(const Message& response) const {
    return start(Method::ack, response.value(HeaderName::to), true);
}

Message InviteCompanions::cancel(std::string_view reason_header) const {
    Message request = start(Method::cancel, {}, false);
    if (!reason_header.empty()) request.add(HeaderName::reason, reason_header);
    return request;
}

}  // namespace sip
