// The journal on the disk: records by key, in one LMDB environment. A thread of its own writes what the workers hand
// it, all that is there at once; handing over never waits for the disk. What was written outlives the process however
// it ends; a power cut may cost the last second (docs/decisions/0014-journal.md).
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sbc/journal.hh"

namespace sallyportd {

class Journal {
 public:
    using Records = std::vector<std::pair<std::string, std::string>>;   // key, record

    // Opens the environment in `folder`, which must be there. What cannot be read is set aside, and said. Throws
    // std::runtime_error with one clear line, which calls the folder `name`. No thread runs before start().
    Journal(const std::string& folder, const std::string& name);
    ~Journal();                             // writes what was handed over
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    // At the start: everything that is written. Records that three starts in a row have not outlived (settled() was not
    // said) are dropped, and said: a daemon without its calls is better than none.
    Records read();
    void start();
    void settled();

    // Any thread: takes the entries, in their order; leaves the vector empty.
    void write(std::vector<sbc::Journal>& entries);
    // Waits until all that was handed over is written.
    void flush();
    // Erases everything, after what was handed over before.
    void clear();
    std::uint64_t lost() const;             // entries that could not be written, for the counters

 private:
    struct Writer;
    std::unique_ptr<Writer> writer_;
};

}  // namespace sallyportd
