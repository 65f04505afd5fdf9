#include <boost/json.hpp>
#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/clock.hh"
#include "daemon/json_records.hh"
#include "daemon/record_file.hh"

namespace {

namespace fs = std::filesystem;
using namespace sallyportd;

std::string text_of(const fs::path& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

class RecordsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RecordsTest);
    CPPUNIT_TEST(a_line_has_the_fields_of_its_schema);
    CPPUNIT_TEST(a_full_file_is_renamed_and_old_ones_end);
    CPPUNIT_TEST(what_is_written_before_the_new_file_is_open_is_not_lost);
    CPPUNIT_TEST(a_disk_that_takes_nothing_costs_counted_records_only);
    CPPUNIT_TEST_SUITE_END();

    fs::path directory_;

 public:
    void setUp() override {
        char name[] = "/tmp/records-XXXXXX";
        directory_ = ::mkdtemp(name);
    }
    void tearDown() override { fs::remove_all(directory_); }

 private:
    void a_line_has_the_fields_of_its_schema() {
        sbc::CallRecord record;
        record.call.id = "257";
        record.call.started = monotonic_now() - std::chrono::seconds(10);
        record.call.answered = record.call.started + std::chrono::milliseconds(1500);
        record.ended = record.call.started + std::chrono::seconds(9);
        record.status = 200;
        record.ended_by = sbc::Ender::b;
        record.a = {"udp 203.0.113.9:5060", "one@phone\n"};
        record.call.streams.emplace_back();
        const auto line = line_of(record, "edge-1");
        CPPUNIT_ASSERT_EQUAL(line.size() - 1, line.find('\n'));
        const auto object = boost::json::parse(line).as_object();
        for (const char* field : {"version", "id", "node", "policy_hash", "route", "from", "to", "requested", "started",
                                  "ringing", "answered", "ended", "ringing_ms", "answered_ms", "seconds", "status", "why",
                                  "ended_by", "a", "b", "streams"})
            CPPUNIT_ASSERT_MESSAGE(field, object.contains(field));
        CPPUNIT_ASSERT(object.at("ringing").is_null() && object.at("ringing_ms").is_null());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1500}, object.at("answered_ms").as_int64());
        CPPUNIT_ASSERT_EQUAL(7.5, object.at("seconds").as_double());
        CPPUNIT_ASSERT(object.at("ended_by") == "b");
        CPPUNIT_ASSERT(object.at("a").at("call_id") == "one@phone\n");
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, object.at("streams").as_array().size());
    }

    void a_full_file_is_renamed_and_old_ones_end() {
        const auto path = (directory_ / "calls.jsonl").string();
        RecordFile file(path);
        for (int turn = 1; turn <= 4; ++turn) {
            file.append(std::to_string(turn) + "\n");
            CPPUNIT_ASSERT(!rotate_records(path, 3, 2));
            CPPUNIT_ASSERT(rotate_records(path, 2, 2));
            file.reopen();
        }
        CPPUNIT_ASSERT_EQUAL(std::string("4\n"), text_of(path + ".1"));
        CPPUNIT_ASSERT_EQUAL(std::string("3\n"), text_of(path + ".2"));
        CPPUNIT_ASSERT(!fs::exists(path + ".3"));
        CPPUNIT_ASSERT_EQUAL(std::string(), text_of(path));
    }

    void what_is_written_before_the_new_file_is_open_is_not_lost() {
        const auto path = (directory_ / "calls.jsonl").string();
        RecordFile one(path), other(path);
        one.append("1\n");
        CPPUNIT_ASSERT(rotate_records(path, 1, 1));
        other.append("2\n");
        one.reopen();
        one.append("3\n");
        CPPUNIT_ASSERT_EQUAL(std::string("1\n2\n"), text_of(path + ".1"));
        CPPUNIT_ASSERT_EQUAL(std::string("3\n"), text_of(path));
    }

    void a_disk_that_takes_nothing_costs_counted_records_only() {
        RecordFile file("/dev/full");
        file.append("1\n2\n");
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, file.lost());
        file.move_to((directory_ / "calls.jsonl").string());
        file.append("3\n");
        CPPUNIT_ASSERT_EQUAL(std::string("3\n"), text_of(directory_ / "calls.jsonl"));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, file.lost());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RecordsTest);

}  // namespace
