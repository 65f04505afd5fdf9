// What a call needs only until the first final answer: the request as it came, and where it may go.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/flow.hh"
#include "base/timers.hh"
#include "policy/routing.hh"
#include "sbc/media_line.hh"
#include "sbc/targets.hh"
#include "sip/dialog.hh"
#include "sip/message.hh"
#include "sip/transactions.hh"
#include "sip/uri.hh"

namespace sbc {

struct Way;   // call_invite.hh

struct Setup {
    Setup(sip::Message request_, sip::ServerId server_) : request(std::move(request_)), server(server_) {}

    sip::Message request;                             // as it came; moved away once no target is left to try
    sip::ServerId server;
    policy::RouteDecision route;
    std::vector<Attempt> attempts;                    // targets to try, in this order
    std::size_t next_attempt = 0;
    std::shared_ptr<const std::vector<Way>> ways;     // to the attempts, kept over a reload; null: as the policy says
    std::optional<base::Flow> registered_flow;        // the target is a phone that registered through us
    std::string registered_uri;
    std::shared_ptr<const Way> owner;                 // of the dialog that the request names: it goes there, and only there
    bool closed = false;                              // nobody may lead it elsewhere: its way is not by its sender's routes
    sip::Dialog far;                                  // our dialog at side b before any response
    std::string sent_uri;                             // Request-URI of the far INVITE
    std::vector<MediaLine> offered;                   // our offer as it stands for forks yet unheard; side b only
    bool provisional = false;
    std::optional<sip::Message> sent;                 // the far INVITE, where it may have to go out once more
    std::vector<sip::Uri> places, tried;              // of redirections that are followed
    unsigned redirections = 0;
    base::TimerHandle no_reply;
};

}  // namespace sbc
