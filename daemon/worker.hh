// One worker: a thread with its own loop, doors, calls, media relay and link to the warden. Nothing of it is shared;
// others speak to it through post() and hand_over() alone. Each turn of its loop: what came in is understood, then the
// effects are carried out in order, then everything that was queued leaves in batches. Time is read once a turn.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/entropy.hh"
#include "daemon/apply.hh"
#include "daemon/counters.hh"
#include "daemon/journal.hh"
#include "daemon/record_file.hh"
#include "daemon/signalling.hh"
#include "daemon/warden_link.hh"
#include "media/relay_pause.hh"
#include "media/relay_socket.hh"
#include "net/loop.hh"
#include "sbc/b2bua.hh"

namespace sallyportd {

// What a worker is given. The relay's descriptors and the link are its own from then on.
struct WorkerPosition {
    base::WorkerId id;
    unsigned workers = 1;
    media::RelayDescriptors relay;
    int link = -1;
    base::Key256 key{};                        // one for all
    Journal* journal = nullptr;            // of all workers; outlives them
};

class Worker final : private EffectDoors {
 public:
    Worker(const WorkerPosition& position, policy::SnapshotPtr policy, std::vector<OpenListener> listeners,
           std::function<void()> on_warden_gone);
    ~Worker() override;
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // `all`: every worker by its number, this one too; fixed before the first starts.
    // `records`: of this worker, from the journal; they are taken back before anything else.
    void start(std::vector<Worker*> all, Journal::Records records);
    // Ends the thread after its turn. Waits for it.
    void stop();

    // Other threads: runs `task` in the worker's own, between two turns' inputs.
    void post(std::function<void(Worker&)> task);

    // In the worker's thread only.
    base::Time now();
    sbc::B2bua& b2bua() { return b2bua_; }
    void take_over(policy::SnapshotPtr policy, std::vector<OpenListener> opened);
    Counters counters() const;
    void reopen_records() { records_.reopen(); }

 private:
    struct Handed;
    // One family's media socket. While it rests nobody watches it, and a batch gathers.
    struct MediaDoor {
        int descriptor;
        std::unique_ptr<net::Watch> watch;
        media::RelayPause pause;
        std::size_t packets = 0;               // since the pause was asked
        base::Time rests_until = base::kNever; // kNever: it is watched
    };

    void run();
    void take_back();
    void end_turn();
    base::Duration patience();
    void to_everybody(const std::function<void(Worker&)>& task);

    // worker_sip.cc
    void on_arrived(std::string_view bytes, const base::Flow& flow);
    void on_broken(base::Reason reason, std::string_view bytes, const base::Flow& flow);
    void on_failed(const base::Flow& flow);
    void on_returned(std::string_view beginning, const base::Flow& flow);
    void refuse(base::Reason reason, std::string_view bytes, const base::Flow& flow);
    void understand(sip::Message message, const base::Flow& flow);
    void keep_alive(std::string_view bytes, const base::Flow& flow);
    void note_alias(const sip::Message& message, const base::Flow& flow);
    // What begins in their zone goes to the worker that has their bindings.
    bool have_registered_phones(const base::Flow& flow) const;
    bool hand_over(Worker& home, sip::Message& message, const base::Flow& flow);
    bool may_answer();
    bool is_emergency_call(const sip::Message& message) const;
    void send(const sip::Send& send) override;
    void ask(const sbc::DialogQuestion& question) override;
    void ask(const sbc::PhoneQuestion& question) override;
    void tell(const sbc::RegistrarNews& news) override;

    // worker_media.cc
    void watch_media();
    void on_media(MediaDoor& door);
    bool read_media(MediaDoor& door);
    void read_resting();
    void end_rests();
    void settle_media();
    void change_pinholes(const sbc::ChangePinholes& change) override;
    void write(const sbc::Journal& entry) override { written_.push_back(entry); }
    void write_record(const sbc::CallRecord& record) override;
    void write_records();
    void on_link();
    void flush_link();

    WorkerPosition position_;
    std::function<void()> on_warden_gone_;
    policy::SnapshotPtr policy_;
    std::optional<base::Time> now_;        // stamped by the first who asks in a turn
    std::atomic<bool> stopping_ = false;
    std::atomic<unsigned> inbox_ = 0;      // messages handed over and not yet taken
    std::vector<Worker*> all_;
    Journal::Records journalled_;          // to be taken back
    std::vector<sbc::Journal> written_;    // in this turn
    Counters counters_;
    double answers_left_ = 0;
    base::Time answers_since_{};

    net::Loop loop_;
    base::SystemEntropy entropy_;
    media::Relay relay_;
    sbc::B2bua b2bua_;
    Signalling signalling_;
    media::RelaySocket relay_socket_;
    std::function<void(const media::Packet&)> on_packet_;
    RecordFile records_;
    std::string record_lines_;             // of this turn
    WardenLink link_;
    std::vector<std::unique_ptr<MediaDoor>> media_doors_;
    std::unique_ptr<net::Watch> link_watch_;
    bool warden_gone_ = false, unsent_ = false;
    bool read_resting_ = false;            // in this turn already
    std::thread thread_;
};

}  // namespace sallyportd
