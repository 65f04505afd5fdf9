// One dialog as its user agent sees it (RFC 3261, 12): identifiers, sequence numbers, remote target, route set.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hh"
#include "sip/message.hh"

namespace sip {

struct Dialog {
    std::string call_id, local_tag, remote_tag;
    std::string local_uri, remote_uri;      // name-addr without tag, as From and To write them
    std::uint32_t local_cseq = 0;           // of the last request sent; 0: none yet
    std::optional<std::uint32_t> remote_cseq;
    std::string remote_target;              // URI
    std::vector<std::string> route_set;     // Route values in the order of sending
    bool secure = false;

    // 12.1.1: as UAS, from the request and the tag that we answer with.
    static base::Result<Dialog> as_uas(const Message& request, std::string_view local_tag);
    // 12.1.2: as UAC, from the request that we sent and a response with a To tag. Where the response has no good
    // Contact the target is the Request-URI: a dialog that cannot be ended would be worse.
    static base::Result<Dialog> as_uac(const Message& request, const Message& response);

    // 12.2.1.1: a request within the dialog, with Request-URI, Route (strict routers too), From, To, Call-ID, CSeq
    // (counted up; ACK and CANCEL take `cseq`), Max-Forwards 70. No Via, no Contact.
    Message make_request(Method method, std::string_view method_text = {}, std::optional<std::uint32_t> cseq = {});
    // 12.2.2: false when the request's CSeq is lower than the last one (answer 500).
    bool accept_cseq(const Message& request);
    // 12.2.1.2 and 12.2.2: takes the Contact of a target refresh (re-INVITE, UPDATE, SUBSCRIBE, NOTIFY, REFER).
    void refresh_target(const Message& message);
    // Once the 2xx has come, the route set is taken from it again (13.2.2.4).
    void confirm(const Message& response);
    // Where the next request goes (8.1.2): the URI of the first route, a strict router's too, since that is then the
    // Request-URI; without routes the target.
    std::string next_hop() const;
};

}  // namespace sip
