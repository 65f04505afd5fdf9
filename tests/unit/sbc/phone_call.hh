// An established call of the ladder, with what both ends have heard of it.
#pragma once

#include <string>

#include "sip/dialog_name.hh"
#include "tests/unit/sbc/ladder.hh"

namespace sbc::test {

// `caller` calls a user of `callee` (whom the routes choose by the user), who answers.
struct PhoneCall {
    explicit PhoneCall(Ladder& ladder, std::string_view caller_ = kOutside, std::string_view callee_ = kPbx,
                  std::string_view user = "desk")
        : caller(caller_), callee(callee_), invite(ladder.invite(caller, user, description(caller, 4000))),
          far(arrive(ladder)), far_ok(Ladder::answer(callee, far, 200, "callee", description(callee, 6000))),
          ok(answer(ladder)), ack(ladder.within(invite, ok, "ACK")) {
        ladder.from(caller, ack);
        far_ack = ladder.to(callee).body();
    }

    // The call as its caller knows it, and as its callee does, in a request of theirs to us.
    sip::DialogName as_caller_knows() const {
        return {std::string(invite.call_id()), std::string(ok.to_tag()), std::string(invite.from_tag())};
    }
    sip::DialogName as_callee_knows() const {
        return {std::string(far.call_id()), std::string(far.from_tag()), std::string(far_ok.to_tag())};
    }

    std::string caller, callee;
    sip::Message invite, far, far_ok, ok, ack;
    std::string far_ack;

 private:
    sip::Message arrive(Ladder& ladder) const {
        ladder.from(caller, invite);
        ladder.skip(caller);
        ladder.acknowledge();
        return ladder.to(callee);
    }
    sip::Message answer(Ladder& ladder) const {
        ladder.from(callee, far_ok);
        ladder.acknowledge();
        return ladder.to(caller);
    }
};

}  // namespace sbc::test
