// What operators see, as JSON: the fields that docs and scripts rely on. Pure.
#pragma once

#include <boost/json/fwd.hpp>

#include <span>
#include <string>
#include <vector>

#include "daemon/counters.hh"
#include "nft/pinhole.hh"
#include "sbc/views.hh"

namespace sallyportd {

boost::json::object to_json(const sbc::CallView& call);                       // `streams` is their number
boost::json::object to_json_with_streams(const sbc::CallView& call);          // `streams` is the streams
boost::json::object to_json(const sbc::StreamView& stream);
boost::json::object to_json(const sbc::RegistrationView& registration);
boost::json::object to_json(const sbc::TargetView& target);
boost::json::object to_json(const sbc::PeerView& peer);
boost::json::object to_json(const sbc::Totals& totals);
boost::json::object to_json(const Counters& counters);

// Pinholes as the kernel has them, each with the id of the call that has its port; empty: a call that just ended.
boost::json::array to_json(std::span<const nft::PinholeStatus> pinholes, std::span<const sbc::CallView> calls);

// The same peer as all workers see it.
std::vector<sbc::PeerView> merged(std::span<const std::vector<sbc::PeerView>> of_workers);
sbc::Totals sum(std::span<const sbc::Totals> of_workers);

}  // namespace sallyportd
