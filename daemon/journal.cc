#include "daemon/journal.hh"

#include <lmdb.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "base/log.hh"

namespace sallyportd {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostBytes = std::size_t{4} << 30;     // address space, not memory; a record is some 2 KiB
constexpr std::size_t kMostWaiting = std::size_t{1} << 18;   // entries, where the disk does not keep up
constexpr auto kGathering = 2ms;     // for what comes meanwhile: a commit costs more than its records
constexpr auto kBetweenSyncs = 1s;
constexpr std::size_t kMostVainStarts = 3;
const std::string kStarts = "!";    // one '!' for each start since settled(); before all other keys
// A commit is a write to the page cache: nothing waits for the disk, and a process may die at any instruction.
constexpr unsigned kFlags = MDB_NOSYNC | MDB_NOTLS | MDB_NORDAHEAD;

MDB_val value_of(const std::string& bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }
std::string text_of(const MDB_val& value) { return {static_cast<const char*>(value.mv_data), value.mv_size}; }

struct CloseEnvironment {
    void operator()(MDB_env* environment) const { mdb_env_close(environment); }
};
using Environment = std::unique_ptr<MDB_env, CloseEnvironment>;

// A transaction that is aborted unless it is committed.
class Transaction {
 public:
    Transaction(MDB_env* environment, unsigned flags) : error_(mdb_txn_begin(environment, nullptr, flags, &raw_)) {}
    ~Transaction() { if (raw_) mdb_txn_abort(raw_); }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    int error() const { return error_; }
    MDB_txn* raw() const { return raw_; }
    int commit() { return mdb_txn_commit(std::exchange(raw_, nullptr)); }

 private:
    MDB_txn* raw_ = nullptr;
    int error_;
};

// 0, or LMDB's error.
int open_environment(const std::string& folder, Environment& environment, MDB_dbi& records) {
    MDB_env* raw = nullptr;
    if (const int error = mdb_env_create(&raw)) return error;
    environment.reset(raw);
    if (const int error = mdb_env_set_mapsize(raw, kMostBytes)) return error;
    if (const int error = mdb_env_open(raw, folder.c_str(), kFlags, 0600)) return error;
    int dead = 0;
    mdb_reader_check(raw, &dead);   // of processes that were killed
    Transaction opening(raw, 0);
    if (opening.error()) return opening.error();
    if (const int error = mdb_dbi_open(opening.raw(), nullptr, 0, &records)) return error;
    return opening.commit();
}

bool is_damaged(int error) {
    return error == MDB_INVALID || error == MDB_CORRUPTED || error == MDB_PAGE_NOTFOUND || error == MDB_PANIC ||
           error == MDB_VERSION_MISMATCH;
}

}  // namespace

struct Journal::Writer {
    Environment environment;
    MDB_dbi records = 0;

    mutable std::mutex mutex;
    std::condition_variable work, idle;
    std::vector<sbc::Journal> waiting;
    bool busy = false, ending = false;
    std::atomic<std::uint64_t> lost = 0;
    bool failing = false;               // the last batch failed: said once
    std::thread thread;

    void run();
    bool count_start();
    void write(const std::vector<sbc::Journal>& batch);
    int put_all(const std::vector<sbc::Journal>& batch);
    int put(MDB_txn* transaction, const sbc::Journal& entry);
};

void Journal::Writer::run() {
    ::pthread_setname_np(::pthread_self(), "journal");
    std::vector<sbc::Journal> batch;
    auto synced = std::chrono::steady_clock::now();
    bool dirty = false;
    std::unique_lock lock(mutex);
    while (!ending || !waiting.empty()) {
        const auto ready = [this] { return ending || !waiting.empty(); };
        if (dirty) work.wait_until(lock, synced + kBetweenSyncs, ready);
        else work.wait(lock, ready);
        if (!waiting.empty()) work.wait_for(lock, kGathering, [this] { return ending; });
        batch.swap(waiting);
        busy = true;
        lock.unlock();
        if (!batch.empty()) {
            write(batch);
            dirty = true;
            batch.clear();
        }
        if (const auto now = std::chrono::steady_clock::now(); dirty && (now - synced >= kBetweenSyncs || ending)) {
            (void)mdb_env_sync(environment.get(), 1);
            synced = now;
            dirty = false;
        }
        lock.lock();
        busy = false;
        idle.notify_all();
    }
}

void Journal::Writer::write(const std::vector<sbc::Journal>& batch) {
    const int error = put_all(batch);
    if (error) lost += batch.size();
    if (error && !failing)
        base::log::error("journal_failing", base::log::Fields("cause", mdb_strerror(error)));
    if (!error && failing) base::log::info("journal_works_again", "");
    failing = error != 0;
}

int Journal::Writer::put_all(const std::vector<sbc::Journal>& batch) {
    Transaction transaction(environment.get(), 0);
    if (transaction.error()) return transaction.error();
    for (const auto& entry : batch)
        if (const int error = put(transaction.raw(), entry)) return error;
    return transaction.commit();
}

// An entry without a key stands for all of them.
int Journal::Writer::put(MDB_txn* transaction, const sbc::Journal& entry) {
    if (entry.key.empty()) return mdb_drop(transaction, records, 0);
    auto key = value_of(entry.key);
    if (!entry.record) {
        const int error = mdb_del(transaction, records, &key, nullptr);
        return error == MDB_NOTFOUND ? 0 : error;
    }
    auto value = value_of(*entry.record);
    const int error = mdb_put(transaction, records, &key, &value, 0);
    if (error != MDB_BAD_VALSIZE) return error;
    ++lost;             // one that no journal could hold costs no other its place
    return 0;
}

Journal::Journal(const std::string& folder, const std::string& name) : writer_(std::make_unique<Writer>()) {
    int error = open_environment(folder, writer_->environment, writer_->records);
    if (is_damaged(error)) {
        base::log::error("journal_damaged", base::log::Fields("folder", name)("cause", mdb_strerror(error))(
                                                "note", "set aside as data.mdb.damaged; no call is taken back"));
        writer_->environment.reset();
        (void)::rename((folder + "/data.mdb").c_str(), (folder + "/data.mdb.damaged").c_str());
        (void)::unlink((folder + "/lock.mdb").c_str());
        error = open_environment(folder, writer_->environment, writer_->records);
    }
    if (error)
        throw std::runtime_error("the journal in " + name + " cannot be opened (" + mdb_strerror(error) +
                                 "): let the user of node.user write there, or name another folder in node.state_dir");
}

Journal::~Journal() {
    if (!writer_->thread.joinable()) return;
    {
        const std::lock_guard lock(writer_->mutex);
        writer_->ending = true;
    }
    writer_->work.notify_one();
    writer_->thread.join();
}

// Counts this start. False: the records have been dropped.
bool Journal::Writer::count_start() {
    Transaction counting(environment.get(), 0);
    if (counting.error()) return true;
    auto key = value_of(kStarts);
    MDB_val value;
    std::string starts;
    if (mdb_get(counting.raw(), records, &key, &value) == 0) starts = text_of(value);
    const bool vain = starts.size() >= kMostVainStarts;
    if (vain) {
        (void)mdb_drop(counting.raw(), records, 0);
        starts.clear();
    }
    starts += '!';
    value = value_of(starts);
    (void)mdb_put(counting.raw(), records, &key, &value, 0);
    (void)counting.commit();
    return !vain;
}

Journal::Records Journal::read() {
    Records records;
    if (!writer_->count_start()) {
        base::log::error("journal_dropped", base::log::Fields("why", "the daemon died three times over these records"));
        return records;
    }
    Transaction reading(writer_->environment.get(), MDB_RDONLY);
    MDB_cursor* cursor = nullptr;
    if (reading.error() || mdb_cursor_open(reading.raw(), writer_->records, &cursor)) return records;
    MDB_val key, value;
    while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0)
        if (auto name = text_of(key); name != kStarts) records.emplace_back(std::move(name), text_of(value));
    mdb_cursor_close(cursor);
    return records;
}

void Journal::start() {
    writer_->thread = std::thread([this] { writer_->run(); });
}

void Journal::settled() {
    std::vector<sbc::Journal> entry{{kStarts, {}}};
    write(entry);
}

void Journal::write(std::vector<sbc::Journal>& entries) {
    if (entries.empty()) return;
    bool first = false;
    {
        const std::lock_guard lock(writer_->mutex);
        auto& waiting = writer_->waiting;
        first = waiting.empty();
        if (waiting.size() + entries.size() > kMostWaiting) writer_->lost += entries.size();
        else if (waiting.empty()) waiting.swap(entries);
        else waiting.insert(waiting.end(), std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end()));
    }
    entries.clear();
    if (first) writer_->work.notify_one();
}

void Journal::flush() {
    std::unique_lock lock(writer_->mutex);
    writer_->idle.wait(lock, [this] { return writer_->waiting.empty() && !writer_->busy; });
}

void Journal::clear() {
    std::vector<sbc::Journal> everything(1);
    write(everything);
}

std::uint64_t Journal::lost() const { return writer_->lost; }

}  // namespace sallyportd
