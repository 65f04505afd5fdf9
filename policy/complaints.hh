// All that is wrong with the policy files, gathered while they are read, sorted by file and line at the end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/loader.hh"

namespace policy {

class Complaints {
  public:
    void error(const Place& place, std::string text) { list_.push_back({place, true, std::move(text)}); }
    void warning(const Place& place, std::string text) { list_.push_back({place, false, std::move(text)}); }

    bool has_errors() const;
    std::size_t size() const { return list_.size(); }
    // `files` in the order in which they were read.
    std::vector<Complaint> sorted(const std::vector<std::string>& files) const;

  private:
    std::vector<Complaint> list_;
};

// "; did you mean \"x\"?" for the known name that is nearest to `wrong`; else "; known are …" where the list
// is short, else nothing.
std::string suggestion(std::string_view wrong, const std::vector<std::string>& known);

}  // namespace policy
