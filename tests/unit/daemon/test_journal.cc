// The journal on the disk: order, survival of a kill, and folders that don't serve.
#include <cppunit/extensions/HelperMacros.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <sys/wait.h>
#include <unistd.h>

#include "base/log.hh"
#include "daemon/journal.hh"

namespace {

using sallyportd::Journal;
using Records = Journal::Records;

struct Folder {
    std::string path = "/tmp/sallyport-journal-XXXXXX";
    Folder() { CPPUNIT_ASSERT(::mkdtemp(path.data())); }
    ~Folder() { std::filesystem::remove_all(path); }
};

void put(Journal& journal, const std::string& key, std::optional<std::string> record) {
    std::vector<sbc::Journal> entries{{key, std::move(record)}};
    journal.write(entries);
    CPPUNIT_ASSERT(entries.empty());
}

Records records_in(const Folder& folder) { return Journal(folder.path, folder.path).read(); }

class JournalTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(JournalTest);
    CPPUNIT_TEST(the_last_word_for_a_key_counts);
    CPPUNIT_TEST(what_was_written_outlives_a_kill);
    CPPUNIT_TEST(clear_leaves_nothing);
    CPPUNIT_TEST(a_damaged_file_is_set_aside);
    CPPUNIT_TEST(records_that_nobody_outlives_are_dropped);
    CPPUNIT_TEST(a_missing_folder_is_one_clear_line);
    CPPUNIT_TEST(a_record_that_fits_nowhere_costs_no_other);
    CPPUNIT_TEST(ten_thousand_calls_come_and_go);
    CPPUNIT_TEST_SUITE_END();

 public:
    void setUp() override { base::log::open("/dev/null", base::log::Level::error); }

    void the_last_word_for_a_key_counts() {
        Folder folder;
        {
            Journal journal(folder.path, folder.path);
            journal.start();
            put(journal, "c1", "first");
            put(journal, "c1", "second");
            put(journal, "c2", "gone");
            put(journal, "c2", {});
            put(journal, "never there", {});
        }
        CPPUNIT_ASSERT(records_in(folder) == (Records{{"c1", "second"}}));
    }

    void what_was_written_outlives_a_kill() {
        Folder folder;
        const pid_t child = ::fork();
        if (child == 0) {
            Journal journal(folder.path, folder.path);
            journal.start();
            put(journal, "c1", std::string(3000, 'x'));
            journal.flush();
            ::raise(SIGKILL);
        }
        int status = 0;
        CPPUNIT_ASSERT_EQUAL(child, ::waitpid(child, &status, 0));
        CPPUNIT_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        CPPUNIT_ASSERT(records_in(folder) == (Records{{"c1", std::string(3000, 'x')}}));
    }

    void clear_leaves_nothing() {
        Folder folder;
        Journal journal(folder.path, folder.path);
        journal.start();
        put(journal, "c1", "record");
        journal.clear();
        put(journal, "c2", "after");
        journal.flush();
        CPPUNIT_ASSERT(journal.read() == (Records{{"c2", "after"}}));
    }

    void a_damaged_file_is_set_aside() {
        Folder folder;
        std::ofstream(folder.path + "/data.mdb") << std::string(8192, 'z');
        Journal journal(folder.path, folder.path);
        CPPUNIT_ASSERT(journal.read().empty());
        CPPUNIT_ASSERT(std::filesystem::exists(folder.path + "/data.mdb.damaged"));
        journal.start();
        put(journal, "c1", "record");
        journal.flush();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, journal.read().size());
    }

    void records_that_nobody_outlives_are_dropped() {
        Folder folder;
        const auto live = [&](bool settled) {
            Journal journal(folder.path, folder.path);
            const auto records = journal.read().size();
            journal.start();
            if (settled) journal.settled();
            return records;
        };
        {
            Journal journal(folder.path, folder.path);
            journal.start();
            put(journal, "c1", "poison");
        }
        for (int i = 0; i < 9; ++i) CPPUNIT_ASSERT_EQUAL(std::size_t{1}, live(true));
        for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT_EQUAL(std::size_t{1}, live(false));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, live(false));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, live(true));
    }

    void a_missing_folder_is_one_clear_line() {
        try {
            Journal journal("/nonexistent/folder", "/var/lib/elsewhere");
            CPPUNIT_FAIL("opened");
        } catch (const std::runtime_error& error) {
            const std::string line = error.what();
            CPPUNIT_ASSERT(line.find("/var/lib/elsewhere") != line.npos && line.find("node.state_dir") != line.npos);
            CPPUNIT_ASSERT(line.find('\n') == line.npos);
        }
    }

    void a_record_that_fits_nowhere_costs_no_other() {
        Folder folder;
        Journal journal(folder.path, folder.path);
        journal.start();
        std::vector<sbc::Journal> entries{{"c1", "a"}, {std::string(600, 'k'), "b"}, {"c2", "c"}};
        journal.write(entries);
        journal.flush();
        CPPUNIT_ASSERT(journal.read() == (Records{{"c1", "a"}, {"c2", "c"}}));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, journal.lost());
    }

    void ten_thousand_calls_come_and_go() {
        Folder folder;
        Journal journal(folder.path, folder.path);
        journal.start();
        for (int call = 0; call < 10000; ++call) {
            put(journal, "c" + std::to_string(call), std::string(1500, 'x'));
            if (call >= 500) put(journal, "c" + std::to_string(call - 500), {});
        }
        journal.flush();
        CPPUNIT_ASSERT_EQUAL(std::size_t{500}, journal.read().size());
        CPPUNIT_ASSERT(std::filesystem::file_size(folder.path + "/data.mdb") < 64u << 20);   // pages are used again
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JournalTest);

}  // namespace
