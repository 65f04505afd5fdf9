// A simulated user agent: phone, PBX or carrier. It plays its part of each story with the real transaction layer and
// dialogs, which have tests of their own; what it says and when is its own. One class, a file for each part.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sip/dialog_name.hh"
#include "sip/transactions.hh"
#include "sip/uri.hh"
#include "tests/sim/cast.hh"
#include "tests/sim/incoming.hh"
#include "tests/sim/leg.hh"

namespace sim {

class Agent {
 public:
    using Answered = std::function<void(const sip::Message* response)>;   // null: no answer came

    Agent(Cast& cast, Home home);

    const Home& home() const { return home_; }
    bool dead() const { return dead_; }
    void die();                                  // silent from now on, like a machine without power
    void sleep(bool on) { asleep_ = on; }        // deaf meanwhile
    std::size_t busy() const { return transactions_.size(); }
    void reset_streams();                        // its side of a reset

    // Calls (agent_caller.cc, agent_callee.cc).
    void call(Story& story);
    void cancel(Story& story);
    void bye(Leg& leg);
    void give_up_ringing();                      // nobody will ever hear the answer
    void hang_up_all();
    // Within a call (agent_changes.cc).
    void perform(Leg& leg, Act act);
    // Beside calls (agent_requests.cc).
    void send_request(sip::Method method, const std::string& user, Answered answered);
    void register_at(unsigned seconds, bool challenge_expected, Answered answered);
    void subscribe(const std::string& user, unsigned seconds);
    // The Contact that a user of this registrar has; empty: none.
    std::string registered(const std::string& user) const;
    std::size_t registered() const { return bindings_.size(); }
    std::size_t living_subscriptions() const;

    // Media (agent_media.cc). Answers the packets' numbers: of each stream that flows one RTP, and RTCP beside it.
    std::vector<std::uint64_t> send_media(Leg& leg, const std::vector<Stream>& streams);

 private:
    void receive(const base::Endpoint& from, const Bytes& bytes);
    void settle();
    void wake_up_in_time();
    base::Flow flow() const;

    void on(sip::RequestArrived& arrived);
    void on(sip::AckArrived& arrived);
    void on(sip::CancelArrived& arrived);
    void on(sip::ResponseArrived& arrived);
    void on(sip::ClientFailed& failed);
    void on(sip::ServerFailed& failed);
    void on(sip::StreamRefused&) {}
    void on(sip::Refused&) {}

    sip::ClientId request(sip::Message message, Answered answered);
    void respond(sip::ServerId server, sip::Message response);
    void answer(sip::ServerId server, int status, std::string_view tag = {});
    sip::Message response(sip::ServerId server, int status, std::string_view tag);
    std::string contact() const;
    std::string token(std::size_t length);
    void dress(sip::Message& message, bool with_contact);
    Leg& add_leg(Story* story, Who who);
    Leg* leg_of(const sip::Message& request);     // whose dialog it is sent in

    void caller_hears(Story& story, const sip::Message& invite, const sip::Message* response);
    void note_fork(Leg& leg, const sip::Message& response);
    Leg& fork_of(Story& story, const sip::Message& invite, const sip::Message& response);
    void caller_answered(Story& story, Leg& leg, const sip::Message& invite, const sip::Message& response);
    std::string answer_late(Leg& leg, std::string_view offer);
    void acknowledge(Leg& leg, std::uint32_t cseq, const std::string& body);

    // Reliable responses (agent_reliable.cc).
    void hear_provisional(Leg& leg, const sip::Message& invite, const sip::Message& response);
    bool make_reliable(Incoming& incoming, Leg& leg, sip::Message& response);
    void repeat_reliable(Incoming& incoming, Leg& leg, sip::Message response, base::Duration interval);
    void prack_arrives(Leg& leg, sip::RequestArrived& arrived);

    void call_arrives(sip::RequestArrived& arrived);
    void ring(Incoming& incoming, std::size_t fork);
    void talk_early(Leg& leg, Time last);
    void pick_up(Incoming& incoming, std::size_t fork);
    void decline(Incoming& incoming, int status);
    void send_answer(Leg& leg, sip::ServerId server, sip::Message response);
    void repeat_answer(Leg& leg, sip::ServerId server);
    void answered(Leg& leg);                     // the call talks now

    void request_within(Leg& leg, sip::RequestArrived& arrived);
    void offer_within(Leg& leg, sip::RequestArrived& arrived);
    void accept_offer(Leg& leg, sip::ServerId server, const sip::Message& request);
    void end(Leg& leg);
    void reinvite(Leg& leg, std::optional<std::vector<Stream>> offer, bool cancelled);
    void offer_answered(Leg& leg, const sip::Message& response, bool late);
    void update(Leg& leg, std::vector<Stream> offer);

    // Transfers (agent_transfer.cc).
    const Leg* consulted(const Leg& leg) const;
    void refer(Leg& leg);
    void referral_told(Leg& leg, const sip::Message& notify);
    Leg* replaced(const sip::Message& invite);
    Story* story_of_transfer(const sip::Message& invite, Who& who);
    bool transfer_arrives(sip::RequestArrived& arrived);
    void takes_over(Leg& leg);

    void request_outside(sip::RequestArrived& arrived);
    void registration_arrives(sip::RequestArrived& arrived);
    void subscription_arrives(sip::RequestArrived& arrived);
    bool subscription_within(sip::RequestArrived& arrived);
    void notify(Subscription& subscription, const std::string& state);

    std::vector<Stream> new_streams();
    std::uint16_t take_port(Story* story);
    void hear_media(Story* story, const base::Endpoint& from, const Bytes& bytes);
    std::string describe(Leg& leg, std::vector<Stream>& streams);
    Style new_style();

    Cast& cast_;
    World& world_;
    Home home_;
    base::SeededEntropy entropy_;
    sip::Transactions transactions_;
    bool dead_ = false, asleep_ = false;
    Time alarm_ = base::kNever;
    std::uint16_t last_port_ = 10000;
    std::map<sip::ClientId, Answered> waiting_;
    std::vector<std::unique_ptr<Leg>> legs_;
    std::vector<std::unique_ptr<Incoming>> incoming_;
    std::map<unsigned, sip::ClientId> calls_out_;                // by story
    std::vector<std::unique_ptr<Subscription>> subscriptions_;
    struct Binding {
        std::string contact;
        Time expires;
    };
    std::map<std::string, Binding> bindings_;
    std::string register_call_id_;
    std::uint32_t register_cseq_ = 0;
};
}  // namespace sim
