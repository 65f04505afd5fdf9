// What a server transaction keeps of its request to build responses (RFC 3261, 8.2.6): Via with received and rport
// (18.2.1; RFC 3581, 4), From, To, Call-ID, CSeq, and Record-Route where the request makes a dialog (12.1.1).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/flow.hh"
#include "sip/message.hh"
#include "sip/packed_texts.hh"
#include "sip/via.hh"

namespace sip {

class ResponseSkeleton {
 public:
    ResponseSkeleton() = default;  // empty: has nothing to give
    ResponseSkeleton(const Message& request, const Via& top, const base::Flow& flow);

    // `to_tag` is added where the request had none.
    Message respond(int status, std::string_view to_tag, std::string_view reason_phrase = {}) const;
    bool empty() const { return texts_.empty(); }
    void clear() { texts_.clear(); }

 private:
    PackedTexts texts_;  // Via, Record-Route, From, To, Call-ID, CSeq
    std::uint16_t vias_ = 0, record_routes_ = 0;
    bool has_to_tag_ = false;
};

// Where responses go (RFC 3261, 18.2.2; RFC 3581, 4): back along a stream; over UDP to the source address, and to its
// port where the Via has rport, else to the port of the Via's sent-by. maddr is ignored: nobody sends us elsewhere.
base::Flow response_flow(const Via& top, const base::Flow& flow);

}  // namespace sip
