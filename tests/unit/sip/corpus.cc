#include "tests/unit/sip/corpus.hh"

#include <cppunit/TestAssert.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

std::string read_corpus_file(const std::string& name) {
    const char* source = std::getenv("srcdir");
    const std::string path = std::string(source ? source : ".") + "/tests/corpus/rfc4475/" + name;
    std::ifstream file(path, std::ios::binary);
    CPPUNIT_ASSERT_MESSAGE(path + " is missing", file.good());
    std::ostringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
}

const std::vector<TortureCase>& torture_cases() {
    static const std::vector<TortureCase> cases = [] {
        std::vector<TortureCase> all;
        std::istringstream lines(read_corpus_file("verdicts.txt"));
        for (std::string line; std::getline(lines, line);) {
            if (line.empty() || line.front() == '#') continue;
            TortureCase one;
            std::istringstream words(line);
            words >> one.name >> one.section >> one.guard >> one.refusal >> one.wire;
            one.bytes = read_corpus_file(one.name + ".dat");
            all.push_back(std::move(one));
        }
        return all;
    }();
    return cases;
}
