// The door to the file of call records: JSON, one line a record. Each worker appends its turn's lines with one write, so
// lines never mix and what was written outlives the process. The engine's thread alone renames full files; workers then
// open anew, and what they wrote in between stands in the file that was renamed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/descriptor.hh"

namespace sallyportd {

class RecordFile {
 public:
    // Empty path: records go nowhere. Creates the file where it is missing; what cannot be opened is said in the log,
    // and tried again with each record.
    explicit RecordFile(std::string path);

    void append(std::string_view lines);
    void reopen();
    void move_to(std::string path);              // a new policy's
    std::uint64_t lost() const { return lost_; } // records that the disk did not take

 private:
    void lose(std::string_view lines);

    std::string path_;
    net::Descriptor file_;
    std::uint64_t lost_ = 0;
    bool failing_ = false;                       // said once, until it works again
};

// Renames `path` to `path`.1 and so on when it has reached `bytes`; at most `keep` old ones stay. True: it did.
bool rotate_records(const std::string& path, std::uint64_t bytes, unsigned keep);

}  // namespace sallyportd
