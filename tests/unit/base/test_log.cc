#include <cppunit/extensions/HelperMacros.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "base/log.hh"

namespace {

using base::log::Level;

// What the process writes to standard error meanwhile.
class Diverted {
 public:
    Diverted() {
        const int file = mkstemp(path_.data());
        saved_ = dup(STDERR_FILENO);
        dup2(file, STDERR_FILENO);
        close(file);
    }
    ~Diverted() {
        dup2(saved_, STDERR_FILENO);
        close(saved_);
        unlink(path_.c_str());
    }
    std::string text() const {
        std::ifstream file(path_);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    bool has(std::string_view word) const { return text().find(word) != std::string::npos; }

 private:
    std::string path_ = "/tmp/sallyport-log-XXXXXX";
    int saved_ = -1;
};

class LogTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(LogTest);
    CPPUNIT_TEST(a_line_is_written_at_once);
    CPPUNIT_TEST(who_gathers_writes_when_told_or_when_it_is_grave);
    CPPUNIT_TEST(no_peer_forges_a_line_or_a_field);
    CPPUNIT_TEST_SUITE_END();

 public:
    void setUp() override { base::log::open({}, Level::info); }

    void a_line_is_written_at_once() {
        const Diverted errors;
        base::log::info("call_started", base::log::Fields("call", "7"));
        CPPUNIT_ASSERT(errors.has(" info call_started call=7\n"));
        base::log::write(Level::debug, "detail", "");
        CPPUNIT_ASSERT(!errors.has("detail"));
    }

    void who_gathers_writes_when_told_or_when_it_is_grave() {
        const Diverted errors;
        std::thread([&errors] {
            const base::log::Gathering gathering;
            base::log::info("one", "");
            base::log::info("two", "");
            CPPUNIT_ASSERT(errors.text().empty());
            base::log::flush();
            CPPUNIT_ASSERT(errors.text().find("one") < errors.text().find("two"));
            base::log::info("three", "");
            base::log::error("four", "");
            CPPUNIT_ASSERT(errors.text().find("three") < errors.text().find("four"));
            CPPUNIT_ASSERT(errors.has("four"));
            base::log::info("five", "");
        }).join();
        CPPUNIT_ASSERT(errors.has("five"));     // the thread has ended
        base::log::info("six", "");
        CPPUNIT_ASSERT(errors.has("six"));
    }

    void no_peer_forges_a_line_or_a_field() {
        const Diverted errors;
        base::log::info("call_started", base::log::Fields("from", "a b=\"c\"\r\nx error y"));
        CPPUNIT_ASSERT(errors.has("from=\"a b=\\\"c\\\"\\x0d\\x0ax error y\"\n"));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogTest);

}  // namespace
