#include <cppunit/extensions/HelperMacros.h>

#include "nft/table_text.hh"

namespace {

nft::TableSpec spec() {
    nft::TableSpec s;
    const auto inside = *base::Address::parse("198.51.100.1"), v6 = *base::Address::parse("2001:db8::1");
    s.media = {{inside, {30000, 34999}, 6001}, {inside, {35000, 39999}, 6002}, {v6, {30000, 39999}, 6001}};
    s.permitted = {{inside, {30000, 39999}, {}}, {inside, {30000, 39999}, *base::Prefix::parse("192.0.2.0/24")}};
    s.listeners = {{*base::Endpoint::parse("203.0.113.1:5060"), false, true},
                   {*base::Endpoint::parse("198.51.100.1:5060"), true, false}};
    s.exempt = {*base::Prefix::parse("203.0.113.64/26"), *base::Prefix::parse("203.0.113.65")};
    return s;
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

class TableTextTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TableTextTest);
    CPPUNIT_TEST(nothing_but_our_table_is_named);
    CPPUNIT_TEST(shares_of_workers_are_one_range_at_the_wall_and_apart_where_they_are_steered);
    CPPUNIT_TEST(a_wall_that_does_not_enforce_drops_nothing);
    CPPUNIT_TEST(a_reload_does_not_touch_pinholes);
    CPPUNIT_TEST(prefixes_within_others_are_left_out);
    CPPUNIT_TEST(a_table_name_is_one_plain_word);
    CPPUNIT_TEST_SUITE_END();

    void nothing_but_our_table_is_named() {
        for (const auto& text : {nft::creation_text(spec()), nft::reload_text(spec()), nft::removal_text("sallyport")}) {
            CPPUNIT_ASSERT(!has(text, "flush ruleset"));
            for (auto at = text.find("table "); at != std::string::npos; at = text.find("table ", at + 1))
                CPPUNIT_ASSERT_EQUAL(std::string("table inet sallyport"), text.substr(at, 20));
        }
    }

    void shares_of_workers_are_one_range_at_the_wall_and_apart_where_they_are_steered() {
        const auto text = nft::creation_text(spec());
        CPPUNIT_ASSERT(has(text, "ip daddr 198.51.100.1 udp dport 30000-39999 goto media4"));
        CPPUNIT_ASSERT(has(text, "ip daddr 198.51.100.1 udp dport 30000-34999 tproxy ip to 127.0.0.1:6001 accept"));
        CPPUNIT_ASSERT(has(text, "ip daddr 198.51.100.1 udp dport 35000-39999 tproxy ip to 127.0.0.1:6002 accept"));
        CPPUNIT_ASSERT(has(text, "ip6 daddr 2001:db8::1 udp dport 30000-39999 tproxy ip6 to [::1]:6001 accept"));
        CPPUNIT_ASSERT(has(text, "ip saddr 198.51.100.1 udp sport 30000-39999 notrack"));
        CPPUNIT_ASSERT(has(text, "ip daddr 203.0.113.1 udp dport 5060 goto signalling4"));
    }

    void a_wall_that_does_not_enforce_drops_nothing() {
        auto off = spec();
        off.enforce = false;
        CPPUNIT_ASSERT(has(nft::creation_text(spec()), " drop\n"));
        CPPUNIT_ASSERT(!has(nft::creation_text(off), " drop\n"));
        CPPUNIT_ASSERT(has(nft::creation_text(off), "tproxy ip to 127.0.0.1:6001"));
    }

    void a_reload_does_not_touch_pinholes() {
        const auto text = nft::reload_text(spec());
        CPPUNIT_ASSERT(!has(text, "delete "));
        CPPUNIT_ASSERT(!has(text, "flush set inet sallyport exact4"));
        CPPUNIT_ASSERT(has(text, "flush set inet sallyport permitted4"));
        CPPUNIT_ASSERT(has(text, "flush chain inet sallyport steer"));
    }

    void prefixes_within_others_are_left_out() {
        const auto text = nft::creation_text(spec());
        CPPUNIT_ASSERT(has(text, "permitted4 { 198.51.100.1 . 30000-39999 . 0.0.0.0/0 }"));
        CPPUNIT_ASSERT(has(text, "exempt4 { 203.0.113.64/26 }"));
        const auto both = nft::without_overlaps({*base::Prefix::parse("0.0.0.0/0"), *base::Prefix::parse("192.0.2.1"),
                                                 *base::Prefix::parse("2001:db8::/32")});
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, both.size());
    }

    void a_table_name_is_one_plain_word() {
        CPPUNIT_ASSERT(nft::is_table_name("sallyport-2"));
        for (const char* name : {"", "-x", "a b", "a;flush ruleset", "a{", "0123456789012345678901234567890123"})
            CPPUNIT_ASSERT(!nft::is_table_name(name));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TableTextTest);

}  // namespace
