// Which worker owns a message: whatever we generated (branches, tags, Contact users) carries the worker's number;
// a REGISTER goes by its address of record, so that all bindings of a user are in one place, and what begins in a zone whose
// phones register goes to that place by its From; all else by the hash of its Call-ID.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/entropy.hh"
#include "base/ids.hh"
#include "sip/message.hh"

namespace sbc {

// Always below `workers`. `by_user`: it comes from a zone whose phones register.
base::WorkerId home_of(const sip::Message& message, unsigned workers, bool by_user = false);

// A URI as address of record, "sip:alice@example.com": without port, parameters and headers, the host in small letters.
std::string address_of_record(std::string_view uri);
// Who has the bindings of that address of record.
base::WorkerId home_of_record(std::string_view address_of_record, unsigned workers);

// "s" + two hexadecimal digits of the worker + random characters: for tags, Call-IDs and Contact users.
std::string make_token(base::WorkerId worker, base::Entropy& entropy, std::size_t random_characters = 12);
std::optional<base::WorkerId> worker_of_token(std::string_view token);

}  // namespace sbc
