// A call that stands, for tests that begin with one.
#pragma once

#include <optional>

#include "tests/unit/sbc/ladder.hh"

namespace sbc::test {

// A call between the phone and the PBX; `acked`: the caller's ACK has crossed.
struct Talk {
    explicit Talk(Ladder& ladder, bool acked = true, bool late = false)
        : invite(ladder.invite(kOutside, "desk", late ? "" : description(kOutside, 4000))) {
        ladder.from(kOutside, invite);
        ladder.skip(kOutside);
        ladder.acknowledge();
        far = ladder.to(kPbx);
        far_ok = Ladder::answer(kPbx, *far, 200, "pbx", description(kPbx, 6000));
        ladder.from(kPbx, *far_ok);
        ladder.acknowledge();
        ok = ladder.to(kOutside);
        if (!acked) return;
        ack(ladder, late);
        ladder.skip(kPbx);
    }
    void ack(Ladder& ladder, bool late = false) {
        auto message = ladder.within(invite, *ok, "ACK");
        if (late) message.set_body(description(kOutside, 4000), "application/sdp");
        ladder.from(kOutside, message);
    }
    sip::Message invite;
    std::optional<sip::Message> far, far_ok, ok;
};

inline void end_from_outside(Ladder& ladder, const Talk& talk) {
    ladder.skip(kOutside);
    ladder.skip(kPbx);
    ladder.from(kOutside, ladder.within(talk.invite, *talk.ok, "BYE"));
    CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
    const auto bye = ladder.to(kPbx);
    CPPUNIT_ASSERT(bye.method() == sip::Method::bye);
    CPPUNIT_ASSERT(bye.from_tag() == talk.far->from_tag() && bye.to_tag() == "pbx");
    CPPUNIT_ASSERT(bye.cseq() > talk.far->cseq());
    ladder.from(kPbx, Ladder::answer(kPbx, bye, 200, {}));
}

}  // namespace sbc::test
