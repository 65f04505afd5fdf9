// The phones behind an address of record (RFC 3261, 16.5: a location service), for a request that goes to them and not
// to a registrar. Their bindings are with the worker that hears the user's REGISTERs; another one asks it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/flow.hh"
#include "base/ids.hh"
#include "base/time.hh"
#include "sbc/party.hh"

namespace sip {
class Message;
}

namespace sbc {

struct Context;

// One binding, as other workers may know it.
struct Phone {
    std::string contact;
    std::vector<std::string> path;
    base::Flow flow;
    std::string registrar;                // peer, by name
    bool survives = false;                // its zone says so
    base::Time registered{};
};

using PhonesPtr = std::shared_ptr<const std::vector<Phone>>;

// Answered by B2bua::find_phones() of the home, which B2bua::on_phones() of the asking worker is to hear.
struct PhoneQuestion {
    std::uint64_t number = 0;             // of the asking worker's
    base::WorkerId home;
    std::string aor;
};

// Who looks for phones, and what is known so far.
struct PhoneSearch {
    enum class For : std::uint8_t { call, request } whom = For::call;
    std::uint64_t number = 0;             // of the call, or the relayed request
    std::vector<std::string> aors;        // to be asked for one after another, until one has phones
    std::vector<std::string> registrars;  // only phones that survive one of these; empty: any
    std::string caller;                   // he must have such a phone, at this address; empty: he need not
    base::Address from;
    std::vector<Phone> found;             // the latest first
};

// For a request that came from `caller`; `registrars`: see PhoneSearch.
PhoneSearch search_for(const Context& context, const sip::Message& request, const Party& caller,
                       std::vector<std::string> registrars);
// True: `found` is all that there is. False: another worker was asked, which has taken the search along.
bool go_on(Context& context, PhoneSearch& search);
std::vector<Phone> phones_of(Context& context, const std::string& aor);
// The ways to them, as this worker's policy numbers its doors.
std::vector<Way> ways_to(const Context& context, const std::vector<Phone>& phones);
// What another worker answered. Null: nobody waits for it any more, or somebody has to be asked yet.
std::unique_ptr<PhoneSearch> phones_answered(Context& context, std::uint64_t question, const PhonesPtr& phones);

// Of those peers: the registrars whose phones survive them. One that is drained is not gone.
std::vector<std::string> survived(const Context& context, const std::vector<base::PeerId>& peers);

}  // namespace sbc
