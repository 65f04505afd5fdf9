// The door of this room: policy files from disk to a snapshot, or all their errors at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/snapshot.hh"

namespace policy {

struct Complaint {
    Place place;
    bool is_error = true;       // else a warning: the policy loads
    std::string text;           // what is wrong, and what to write instead
    std::string to_string() const { return place.to_string() + (is_error ? ": error: " : ": warning: ") + text; }
};

struct Loaded {
    SnapshotPtr snapshot;                  // null when there is any error
    std::vector<Complaint> complaints;     // in the order of files and lines
};

struct LoadOptions {
    bool check_local_addresses = true;     // listen and media addresses must be on this host (or non-local bind is on)
};

Loaded load(const std::string& file, const LoadOptions& options);

// The same for a main file that is at hand already; `name` stands in the places, and relative includes are sought
// beside it.
Loaded load_text(const std::string& name, std::string_view text, const LoadOptions& options);

}  // namespace policy
