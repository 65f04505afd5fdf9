#include <cppunit/extensions/HelperMacros.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cstring>

#include "nft/netlink_elements.hh"

namespace {

using nft::Pinhole;
using nft::Width;

Pinhole pinhole(const char* local, const char* remote, Width width) {
    Pinhole p;
    p.width = width;
    p.local = *base::Endpoint::parse(local);
    if (width != Width::zone) p.remote = *base::Endpoint::parse(remote);
    if (width == Width::address) p.remote.port = 0;
    return p;
}

std::vector<nlmsghdr> messages_of(std::span<const std::uint8_t> bytes) {
    std::vector<nlmsghdr> messages;
    for (std::size_t at = 0; at + sizeof(nlmsghdr) <= bytes.size();) {
        nlmsghdr message{};
        std::memcpy(&message, bytes.data() + at, sizeof message);
        messages.push_back(message);
        at += NLMSG_ALIGN(message.nlmsg_len);
    }
    return messages;
}

// The types of the messages between begin and end.
std::vector<int> kinds_of(nft::ElementBatch& batch) {
    std::vector<int> kinds;
    for (const auto& message : messages_of(batch.finish())) kinds.push_back(message.nlmsg_type & 0xff);
    return {kinds.begin() + 1, kinds.end() - 1};
}

class ElementsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ElementsTest);
    CPPUNIT_TEST(a_key_is_laid_out_as_nft_does_it);
    CPPUNIT_TEST(every_width_and_family_comes_back_from_its_key);
    CPPUNIT_TEST(a_key_of_another_size_or_protocol_is_none);
    CPPUNIT_TEST(families_must_fit_and_ports_must_be_named);
    CPPUNIT_TEST(only_the_last_message_of_a_batch_asks_for_an_acknowledgement);
    CPPUNIT_TEST(the_elements_of_a_set_go_in_one_message_and_removals_first);
    CPPUNIT_TEST(a_batch_names_the_generation_that_it_expects);
    CPPUNIT_TEST(a_batch_grows_and_starts_anew);
    CPPUNIT_TEST_SUITE_END();

    void a_key_is_laid_out_as_nft_does_it() {
        const auto key = nft::key_of(pinhole("198.51.100.1:30000", "203.0.113.9:4000", Width::exact));
        const std::uint8_t expected[] = {17, 0, 0, 0, 198, 51, 100, 1, 0x75, 0x30, 0, 0,
                                         203, 0, 113, 9, 0x0f, 0xa0, 0, 0};
        CPPUNIT_ASSERT_EQUAL(sizeof expected, static_cast<std::size_t>(key.size));
        CPPUNIT_ASSERT(std::memcmp(expected, key.bytes.data(), sizeof expected) == 0);
    }

    void every_width_and_family_comes_back_from_its_key() {
        for (const auto width : {Width::exact, Width::address, Width::zone}) {
            for (const bool v4 : {true, false}) {
                for (const auto protocol : {nft::Protocol::udp, nft::Protocol::tcp}) {
                    auto p = v4 ? pinhole("198.51.100.1:30000", "203.0.113.9:4000", width)
                                : pinhole("[2001:db8::1]:30000", "[2001:db8::9]:4000", width);
                    p.protocol = protocol;
                    const auto key = nft::key_of(p);
                    const auto back = nft::pinhole_of({key.bytes.data(), key.size}, width, v4);
                    CPPUNIT_ASSERT(back && *back == p);
                }
            }
        }
    }

    void a_key_of_another_size_or_protocol_is_none() {
        auto key = nft::key_of(pinhole("198.51.100.1:30000", "203.0.113.9:4000", Width::exact));
        CPPUNIT_ASSERT(!nft::pinhole_of({key.bytes.data(), key.size}, Width::zone, true));
        CPPUNIT_ASSERT(!nft::pinhole_of({key.bytes.data(), key.size}, Width::exact, false));
        CPPUNIT_ASSERT(!nft::pinhole_of({key.bytes.data(), 0}, Width::exact, true));
        key.bytes[0] = 50;
        CPPUNIT_ASSERT(!nft::pinhole_of({key.bytes.data(), key.size}, Width::exact, true));
    }

    void families_must_fit_and_ports_must_be_named() {
        CPPUNIT_ASSERT(nft::is_well_formed(pinhole("198.51.100.1:30000", "203.0.113.9:4000", Width::exact)));
        CPPUNIT_ASSERT(!nft::is_well_formed(pinhole("198.51.100.1:30000", "[2001:db8::9]:4000", Width::exact)));
        CPPUNIT_ASSERT(!nft::is_well_formed(pinhole("198.51.100.1:30000", "203.0.113.9:0", Width::exact)));
        CPPUNIT_ASSERT(!nft::is_well_formed(pinhole("198.51.100.1:0", "", Width::zone)));
        CPPUNIT_ASSERT(nft::is_well_formed(pinhole("[2001:db8::1]:30000", "", Width::zone)));
    }

    void only_the_last_message_of_a_batch_asks_for_an_acknowledgement() {
        nft::ElementBatch batch("sallyport");
        batch.start(100);
        batch.add(pinhole("198.51.100.1:30000", "203.0.113.9:4000", Width::exact), 60000);
        batch.remove(pinhole("198.51.100.1:30000", "", Width::zone));
        const auto messages = messages_of(batch.finish());
        CPPUNIT_ASSERT_EQUAL(std::size_t{4}, messages.size());    // begin, two, end
        for (std::size_t i = 0; i < messages.size(); ++i) {
            CPPUNIT_ASSERT_EQUAL(static_cast<std::uint32_t>(100 + i), messages[i].nlmsg_seq);
            CPPUNIT_ASSERT_EQUAL(i == 2, (messages[i].nlmsg_flags & NLM_F_ACK) != 0);
        }
    }

    void the_elements_of_a_set_go_in_one_message_and_removals_first() {
        const auto a = pinhole("198.51.100.1:30000", "203.0.113.9:4000", Width::exact);
        const auto b = pinhole("198.51.100.1:30002", "203.0.113.9:4002", Width::exact);
        nft::ElementBatch batch("sallyport");
        batch.start(100);
        batch.add(a, 60000);
        batch.remove(pinhole("198.51.100.1:30000", "", Width::zone));
        batch.add(b, 60000);
        batch.remove(pinhole("198.51.100.1:30002", "", Width::zone));
        CPPUNIT_ASSERT(kinds_of(batch) == std::vector<int>({NFT_MSG_DELSETELEM, NFT_MSG_NEWSETELEM}));
        batch.start(200);
        batch.add(a, 60000);
        batch.add(b, 60000);
        batch.remove(a);        // after it was added
        batch.add(a, 60000);    // after it was removed
        CPPUNIT_ASSERT(kinds_of(batch) ==
                       std::vector<int>({NFT_MSG_NEWSETELEM, NFT_MSG_DELSETELEM, NFT_MSG_NEWSETELEM}));
    }

    void a_batch_names_the_generation_that_it_expects() {
        nft::ElementBatch batch("sallyport");
        batch.start(1);
        batch.remove(pinhole("198.51.100.1:30000", "", Width::zone));
        const auto bytes_for = [&batch](std::uint32_t generation) {
            batch.expect(generation);
            const auto bytes = batch.finish();
            return std::vector<std::uint8_t>(bytes.begin(), bytes.end());
        };
        const auto of_any = bytes_for(0), of_one = bytes_for(0x01020304);
        CPPUNIT_ASSERT_EQUAL(of_any.size(), of_one.size());
        const auto at = std::ranges::mismatch(of_any, of_one).in2;
        CPPUNIT_ASSERT(std::vector<std::uint8_t>(at, at + 4) == std::vector<std::uint8_t>({1, 2, 3, 4}));
        CPPUNIT_ASSERT(of_any == bytes_for(0));
    }

    void a_batch_grows_and_starts_anew() {
        nft::ElementBatch batch("sallyport");
        batch.start(1);
        for (int i = 0; i < 5000; ++i)
            batch.add(pinhole("[2001:db8::1]:30000", "[2001:db8::9]:4000", Width::exact), 60000);
        for (const auto& message : messages_of(batch.finish())) CPPUNIT_ASSERT(message.nlmsg_len < 65536);
        CPPUNIT_ASSERT(batch.messages() > 1 && batch.messages() < 50);
        batch.start(7);
        CPPUNIT_ASSERT(batch.empty());
        batch.ban(*base::Address::parse("192.0.2.7"), 1000);
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, messages_of(batch.finish()).size());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ElementsTest);

}  // namespace
