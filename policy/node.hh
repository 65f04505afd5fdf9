// What holds for the whole daemon: [node], [records], [firewall].
#pragma once

#include <cstdint>
#include <string>

#include "base/time.hh"

namespace policy {

struct Node {
    std::string name = "sallyport";
    unsigned workers = 0;                                // 0: one for each CPU
    std::string state_dir = "/var/lib/sallyport";
    std::string control = "/run/sallyport/control.sock";
    std::string http;                                    // empty: off
    std::string log_file;                                // empty: standard error
    std::string log_level = "info";
    std::string user = "sallyport";                      // whom the engine becomes; falls back to nobody
};

// Where call records are written.
struct Records {
    std::string file;                                    // empty: nowhere; default: records/calls.jsonl in the state_dir
    std::uint64_t rotate = 64 << 20;                     // bytes
    unsigned keep = 10;                                  // old files
};

struct Firewall {
    bool enforce = true;
    std::string table = "sallyport";
    std::uint32_t mark = 0x5a11;
    base::Duration pinhole_timeout{std::chrono::seconds(60)};  // dead man's switch; refreshed while the call lives
};

}  // namespace policy
