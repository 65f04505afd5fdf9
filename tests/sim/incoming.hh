// What a simulated user agent was asked for, beside the dialogs of its calls.
#pragma once

#include <memory>
#include <vector>

#include "sip/dialog.hh"
#include "sip/transactions.hh"
#include "tests/sim/story.hh"

namespace sim {

struct Subscription {
    sip::Dialog dialog;
    bool notifier = false, over = false;
};

struct Incoming {                            // an INVITE that we were sent
    sip::ServerId server;
    Story* story = nullptr;
    std::shared_ptr<sip::Message> invite, first_answer;
    std::vector<Leg*> legs;
    bool over = false;
};

}  // namespace sim
