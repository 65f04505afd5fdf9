// The coordinator of one worker's calls (RFC 7092, a signalling and media B2BUA): finds the call, or the registration,
// and hands the event over. It decides nothing by itself. Sans-I/O: inputs with a time in, effects out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/flow.hh"
#include "media/relay.hh"
#include "policy/snapshot.hh"
#include "sbc/effects.hh"
#include "sbc/environment.hh"
#include "sbc/port_pools.hh"
#include "sbc/views.hh"
#include "sip/message.hh"

namespace sbc {

class B2bua {
 public:
    B2bua(const Environment& environment, policy::SnapshotPtr policy, base::Time now);
    ~B2bua();

    // A message that passed guard and parser, at the worker that home_of() names.
    void on_message(sip::Message message, const base::Flow& flow, base::Time now);
    void on_pinholes(PinholeToken token, std::optional<base::Reason> refused, base::Time now);
    void on_latched(const media::Latched& latched, base::Time now);
    void on_transport_failed(const base::Flow& flow, base::Time now);
    // The beginning of a request that came back: sip::Transactions::undeliverable().
    void on_undeliverable(std::string_view beginning, const base::Flow& flow, base::Time now);
    // New calls use it; living ones keep theirs.
    void on_policy(policy::SnapshotPtr policy, base::Time now);
    // Where a peer's name leads now (RFC 3263), found by the daemon; empty: nowhere.
    void on_located(base::PeerId peer, std::vector<sip::Server> servers, base::Time now);
    // Between workers (DialogQuestion): asked here; and answered, what was asked here.
    DialogAnswerPtr find_dialog(const DialogQuestion& question);
    void on_dialog(std::uint64_t question, DialogAnswerPtr answer, base::Time now);
    PhonesPtr find_phones(const PhoneQuestion& question);
    void on_phones(std::uint64_t question, const PhonesPtr& phones, base::Time now);
    void on_news(const RegistrarNews& news, base::Time now);
    void advance(base::Time now);
    base::Time next_deadline() const;

    // To be carried out in this order; empties the list.
    std::vector<Effect> take_effects();

    // At the start, before anything else comes in: takes back what an earlier life wrote in its journal. False: it
    // cannot live again (the log says why), and its record is erased.
    bool restore(std::string_view key, std::string_view record, base::Time now);

    // Commands.
    bool hang_up(std::string_view call_id, base::Time now);  // false: no such call
    void hang_up_all(base::Time now);
    void leave_carriers(base::Time now);   // ends our own registrations
    void drain(bool on);              // refuse new calls with 503 and Retry-After
    void drain(std::string_view peer, bool on);   // no new calls go to this peer

    // Views.
    std::vector<CallView> calls() const;
    std::vector<RegistrationView> registrations() const;
    std::vector<PeerView> peers() const;
    const Refusals& refusals() const;
    Totals totals() const;

 private:
    struct House;
    std::unique_ptr<House> house_;
};

}  // namespace sbc
