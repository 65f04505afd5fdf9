// A ladder for the tests of sbc: a phone outside, a PBX inside, the B2BUA between them; time is moved by hand, and so
// is the kernel. Messages are written and read as their peers would.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/b2bua.hh"
#include "sbc/call_record.hh"

namespace sbc::test {

inline constexpr std::string_view kOutside = "203.0.113.20:5060", kPbx = "198.51.100.10:5060",
                                  kSpare = "198.51.100.11:5060";

std::string description(std::string_view host, unsigned port, std::string_view direction = "sendrecv");

class Ladder {
 public:
    explicit Ladder(std::string_view more_policy = {});

    // A message from a peer; its zone follows from its address.
    void from(std::string_view peer, const sip::Message& message);
    // From now on peers outside come over this connection, as if their transport were a stream; 0: without.
    void speak_over(base::ConnectionId connection) { connection_ = connection; }
    void lose(base::ConnectionId connection);           // it is closed
    void pass(base::Duration time);                     // in steps that miss no deadline
    // The kernel answers all that it was asked for.
    void acknowledge();
    void refuse();
    bool kernel_is_asked() const { return !asked_.empty(); }

    // The next message to a peer; fails the test when there is none.
    sip::Message to(std::string_view peer);
    base::Transport transport() const { return last_.transport; }   // of what to() gave last
    void refuse_stream();                               // there is no connection for what to() gave last
    bool quiet(std::string_view peer) const;            // nothing more to it
    void skip(std::string_view peer);                   // whatever was sent to it

    // RTP from `source` to where the first line of a description of ours says; what goes on is heard.
    void media(std::string_view source, const sip::Message& told);
    // Where packets went since it was asked last: from our port, to a peer's.
    std::vector<media::Forward> heard();

    B2bua& b2bua() { return *b2bua_; }
    // An RTP packet at the relay; what it teaches the calls is told to them.
    std::optional<media::Forward> rtp(const base::Endpoint& local, const base::Endpoint& remote);
    // The bytes become what is forwarded.
    std::optional<media::Forward> media(const base::Endpoint& local, const base::Endpoint& remote, std::span<std::uint8_t> bytes);
    const auto& records() const { return records_; }
    std::vector<DialogQuestion> questions;              // to another worker
    std::vector<PhoneQuestion> phone_questions;         // the same
    std::vector<RegistrarNews> news;                    // to all others, or to one
    void collect();                                     // what a direct call of b2bua() set off
    base::Time now() const { return now_; }
    std::size_t open() const { return table_.size(); }          // pinholes
    // The process dies, and another takes back what the journal says. What had been sent stays sent, what the kernel
    // had opened stays open but for what nobody claims any more.
    void crash(std::string_view more_policy = {}, base::WorkerId worker = {}, unsigned workers = 1);
    // Another policy comes into force; what stands before the rest has the first numbers.
    void reload(std::string_view more_policy, std::string_view before = {});
    const std::map<std::string, std::string>& journal() const { return journal_; }
    std::map<std::string, std::string>& journal() { return journal_; }

    // After all timers: nothing of any call is left.
    bool is_empty_after(base::Duration time);

    // Messages as phones write them.
    sip::Message invite(std::string_view peer, std::string_view user, std::string body);
    sip::Message request(std::string_view peer, std::string_view method, std::string_view uri);
    // Within the dialog that `response` answered the caller's request with.
    sip::Message within(const sip::Message& request, const sip::Message& response, std::string_view method);
    // Within the dialog of a callee that answered `request` with `tag`.
    sip::Message backwards(std::string_view peer, const sip::Message& request, std::string_view method, std::string_view tag);
    static sip::Message ack(const sip::Message& invite, const sip::Message& response);
    static sip::Message cancel(const sip::Message& invite);
    static sip::Message answer(std::string_view peer, const sip::Message& request, int status, std::string_view tag,
                               std::string body = {});

 private:
    void change(const std::vector<nft::Change>& changes);

    base::SeededEntropy entropy_{1};
    std::optional<media::Relay> relay_{std::in_place};
    policy::SnapshotPtr policy_;
    base::Time now_{std::chrono::seconds(1000)};
    std::optional<B2bua> b2bua_;
    std::map<std::string, std::string> journal_;
    std::set<nft::Pinhole> table_;                      // as the kernel has it
    std::deque<sip::Send> sent_;
    std::deque<ChangePinholes> asked_;
    std::vector<std::shared_ptr<const CallRecord>> records_;
    std::vector<media::Forward> heard_;
    base::Flow last_;
    unsigned branches_ = 0;
    base::ConnectionId connection_;
};

}  // namespace sbc::test
