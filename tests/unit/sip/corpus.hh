// The torture messages of RFC 4475 and their table of verdicts, read from tests/corpus below $srcdir.
#pragma once

#include <string>
#include <vector>

struct TortureCase {
    std::string name, section;
    std::string guard;    // "accept" or the name of a base::Reason
    std::string refusal;  // "400", "none" or "-"
    std::string wire;     // for the daemon's own test
    std::string bytes;
};

std::string read_corpus_file(
    const std::string& name);  // below tests/corpus/rfc4475; asserts that it is there
const std::vector<TortureCase>& torture_cases();
