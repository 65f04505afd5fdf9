// Walks the lines of a message's head without changing or copying it: folded lines stay one (RFC
// 3261, 7.3.1). Lines are cut at LF, so that a head with wrong line ends can still be read for the answer;
// strict() tells.
#pragma once

#include <string_view>

namespace sip {

class HeadLines {
  public:
    explicit HeadLines(std::string_view text) : text_(text) {}

    // The next line without its end, folds inside; false at the empty line, and where the text is over.
    bool next(std::string_view& line);
    bool complete() const { return complete_; }  // the empty line was met
    bool strict() const { return strict_; }      // all line ends were CRLF so far
    std::size_t at() const { return at_; }       // behind what was read

  private:
    std::string_view text_;
    std::size_t at_ = 0;
    bool complete_ = false, strict_ = true;
};

// A header line cut at its colon: the name as written, the value trimmed, folds still in it. The name is
// empty where it is no token.
struct RawHeader {
    std::string_view name, value;
};
RawHeader cut_header(std::string_view line);

}  // namespace sip
