#include "sip/dialog.hh"

#include <algorithm>

#include "sip/name_addr.hh"
#include "sip/scan.hh"

namespace sip {
namespace {

using base::Reason;

// From or To without its tag, which is found by itself.
base::Result<std::string> without_tag(std::string_view value) {
    auto name = NameAddr::parse(value);
    if (!name) return Reason::bad_header;
    name->remove_parameter("tag");
    return name->to_string();
}

// The URI of the first Contact; empty when there is none, or when it is no URI ("*" is none).
std::string contact_uri(const Message& message) {
    std::size_t at = 0;
    const std::string_view first = next_item(message.value(HeaderName::contact), at);
    if (first.empty()) return {};
    const auto contact = NameAddr::parse(first);
    return contact ? contact->uri.to_string() : std::string();
}

std::vector<std::string> record_route(const Message& message) {
    const auto items = message.items(HeaderName::record_route);
    return {items.begin(), items.end()};
}

// 12.1.2: the UAC's way is the response's Record-Route backwards.
std::vector<std::string> reversed_record_route(const Message& response) {
    auto routes = record_route(response);
    std::ranges::reverse(routes);
    return routes;
}

bool is_loose(const Uri& route) { return route.parameter("lr").has_value(); }

// A Route's URI as a Request-URI: without what 19.1.1 forbids there.
std::string as_request_uri(Uri uri) {
    uri.remove_parameter("method");
    uri.headers.clear();
    return uri.to_string();
}

std::string with_tag(const std::string& name_addr, const std::string& tag) {
    return tag.empty() ? name_addr : name_addr + ";tag=" + tag;
}

bool refreshes_target(Method method) {
    switch (method) {
        case Method::invite:
        case Method::update:
        case Method::subscribe:
        case Method::notify:
        case Method::refer: return true;
        default: return false;
    }
}

}  // namespace

base::Result<Dialog> Dialog::as_uas(const Message& request, std::string_view local_tag) {
    Dialog dialog;
    auto local = without_tag(request.value(HeaderName::to));
    if (!local) return local.error();
    auto remote = without_tag(request.value(HeaderName::from));
    if (!remote) return remote.error();
    if (!request.has(HeaderName::contact)) return Reason::missing_header;
    dialog.remote_target = contact_uri(request);
    if (dialog.remote_target.empty()) return Reason::bad_header;
    dialog.call_id = request.call_id();
    dialog.local_tag = local_tag;
    dialog.remote_tag = request.from_tag();
    dialog.local_uri = std::move(*local);
    dialog.remote_uri = std::move(*remote);
    dialog.remote_cseq = request.cseq();
    dialog.route_set = record_route(request);
    const auto target = Uri::parse(request.request_uri());
    dialog.secure = target && target->scheme == "sips";
    return dialog;
}

base::Result<Dialog> Dialog::as_uac(const Message& request, const Message& response) {
    Dialog dialog;
    auto local = without_tag(request.value(HeaderName::from));
    if (!local) return local.error();
    auto remote = without_tag(request.value(HeaderName::to));
    if (!remote) return remote.error();
    dialog.remote_target = contact_uri(response);
    // A call that was answered must be ended too, whatever is wrong with the answer's Contact: the way it came is left.
    if (dialog.remote_target.empty()) dialog.remote_target = request.request_uri();
    dialog.call_id = request.call_id();
    dialog.local_tag = request.from_tag();
    dialog.remote_tag = response.to_tag();
    dialog.local_uri = std::move(*local);
    dialog.remote_uri = std::move(*remote);
    dialog.local_cseq = request.cseq();
    dialog.route_set = reversed_record_route(response);
    const auto target = Uri::parse(request.request_uri());
    dialog.secure = target && target->scheme == "sips";
    return dialog;
}

Message Dialog::make_request(Method method, std::string_view method_text, std::optional<std::uint32_t> cseq) {
    const std::string_view text = method_text.empty() ? name_of(method) : method_text;
    std::string uri = remote_target;
    std::size_t first_route = 0;
    bool strict = false;
    if (!route_set.empty()) {
        const auto first = NameAddr::parse(route_set.front());
        strict = first && !is_loose(first->uri);
        if (strict) {  // 12.2.1.1: the strict router stands in the Request-URI, the target at the end of the routes
            uri = as_request_uri(first->uri);
            first_route = 1;
        }
    }
    Message request = Message::request(text, uri);
    for (std::size_t i = first_route; i < route_set.size(); ++i) request.add(HeaderName::route, route_set[i]);
    if (strict) request.add(HeaderName::route, '<' + remote_target + '>');
    request.add(HeaderName::max_forwards, "70");
    request.add(HeaderName::from, with_tag(local_uri, local_tag));
    request.add(HeaderName::to, with_tag(remote_uri, remote_tag));
    request.add(HeaderName::call_id, call_id);
    const std::uint32_t number = cseq ? *cseq : ++local_cseq;
    request.add(HeaderName::cseq, std::to_string(number).append(" ").append(text));
    return request;
}

// ACK and CANCEL carry the number of their INVITE and say nothing about order.
bool Dialog::accept_cseq(const Message& request) {
    if (request.method() == Method::ack || request.method() == Method::cancel) return true;
    const std::uint32_t number = request.cseq();
    if (remote_cseq && number < *remote_cseq) return false;
    remote_cseq = number;
    return true;
}

void Dialog::refresh_target(const Message& message) {
    const bool counts = message.is_request() || (message.status() >= 200 && message.status() < 300);
    if (!counts || !refreshes_target(message.method())) return;
    if (std::string target = contact_uri(message); !target.empty()) remote_target = std::move(target);
}

void Dialog::confirm(const Message& response) {
    if (const auto tag = response.to_tag(); !tag.empty()) remote_tag = tag;
    if (std::string target = contact_uri(response); !target.empty()) remote_target = std::move(target);
    route_set = reversed_record_route(response);
}

std::string Dialog::next_hop() const {
    if (route_set.empty()) return remote_target;
    const auto first = NameAddr::parse(route_set.front());
    return first ? first->uri.to_string() : remote_target;
}

}  // namespace sip
