// What a call needs only until the first final answer: the request as it came, and where it may go.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/timers.hh"
#include "policy/routing.hh"
#include "sbc/media_line.hh"
#include "sbc/party.hh"
#include "sip/dialog.hh"
#include "sip/message.hh"
#include "sip/transactions.hh"
#include "sip/uri.hh"

namespace sbc {

struct Failure;   // call_branches.hh

struct Setup {
    Setup(sip::Message request_, sip::ServerId server_) : request(std::move(request_)), server(server_) {}

    sip::Message request;                             // as it came; moved away once no target is left to try
    sip::ServerId server;
    policy::RouteDecision route;
    std::vector<Way> ways;                            // targets to try, in this order
    std::size_t next_way = 0;
    bool closed = false;                              // nobody may lead it elsewhere: its way is not by its sender's routes
    sip::Dialog far;                                  // our dialog at side b before any response
    std::string sent_uri;                             // Request-URI of the far INVITE
    std::vector<MediaLine> offered;                   // our offer as it stands for forks yet unheard; side b only
    bool provisional = false;
    bool unreached = false;                           // the last target was silent, broken, or said 503
    bool sought = false;                              // registered phones, see call_phones.hh
    std::shared_ptr<Failure> failure;                 // while they are looked for: what the caller hears if there are none
    bool heard = false;                               // any response to the far INVITE, 100 too: it can be cancelled (9.1)
    std::optional<sip::Message> sent;                 // the far INVITE, where it may have to go out once more
    std::vector<sip::Uri> places, tried;              // of redirections that are followed
    unsigned redirections = 0;
    base::TimerHandle no_reply;
    base::TimerHandle ring;                           // of a serial branch
};

}  // namespace sbc
