#include <cppunit/extensions/HelperMacros.h>

#include "sip/message.hh"

namespace {

const std::string kInvite =
    "INVITE sip:bob@example.com SIP/2.0\r\n"
    "v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa, SIP/2.0/TCP h2\r\n"
    "Via: SIP/2.0/UDP h3\r\n"
    "Max-Forwards: 70\r\n"
    "f: \"Tag; =\" <sip:alice@example.org;tag=no>;tag=88sja8x\r\n"
    "t: sip:bob@example.com\r\n"
    "i: 987asjd97y7atg\r\n"
    "X-Custom:   folded\r\n\t value  \r\n"
    "CSeq: 986759 INVITE\r\n"
    "c: application/sdp;charset=x\r\n"
    "x-custom: second\r\n"
    "l: 4\r\n"
    "\r\n"
    "v=0\n";

sip::Message parsed(const std::string& text) {
    auto message = sip::Message::parse(text);
    CPPUNIT_ASSERT(message);
    return std::move(*message);
}

class MessageTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(MessageTest);
    CPPUNIT_TEST(compact_names_are_the_same_names);
    CPPUNIT_TEST(folded_lines_become_one_and_order_and_unknown_headers_stay);
    CPPUNIT_TEST(tags_are_those_of_the_header_and_not_of_the_uri);
    CPPUNIT_TEST(lists_are_split_at_commas_of_their_own);
    CPPUNIT_TEST(views_survive_the_move_of_a_short_message);
    CPPUNIT_TEST(a_clone_shares_nothing_with_its_origin);
    CPPUNIT_TEST(set_takes_the_first_place_and_removes_the_others);
    CPPUNIT_TEST(add_goes_behind_its_kind_and_add_front_before_all);
    CPPUNIT_TEST(headers_can_be_renamed_replaced_and_filtered);
    CPPUNIT_TEST(content_length_is_written_once_last_and_right);
    CPPUNIT_TEST(a_response_has_the_method_of_its_cseq);
    CPPUNIT_TEST(a_request_of_an_unknown_method_can_be_made);
    CPPUNIT_TEST(what_is_malformed_is_refused_with_its_reason);
    CPPUNIT_TEST(safe_values_have_no_control_characters_at_any_place);
    CPPUNIT_TEST(every_status_has_a_phrase);
    CPPUNIT_TEST(every_header_name_is_found_again_in_any_case);
    CPPUNIT_TEST(methods_are_case_sensitive);
    CPPUNIT_TEST_SUITE_END();

    void compact_names_are_the_same_names() {
        const sip::Message message = parsed(kInvite);
        CPPUNIT_ASSERT_EQUAL(std::string_view("987asjd97y7atg"), message.call_id());
        CPPUNIT_ASSERT_EQUAL(std::string_view("987asjd97y7atg"), message.value("call-id"));
        CPPUNIT_ASSERT_EQUAL(std::string_view("sip:bob@example.com"), message.value(sip::HeaderName::to));
        CPPUNIT_ASSERT(message.has_sdp());
        CPPUNIT_ASSERT_EQUAL(std::string_view("v=0\n"), message.body());
        CPPUNIT_ASSERT_EQUAL(std::uint32_t{986759}, message.cseq());
    }

    void folded_lines_become_one_and_order_and_unknown_headers_stay() {
        const sip::Message message = parsed(kInvite);
        CPPUNIT_ASSERT_EQUAL(std::string_view("folded value"), message.value("X-CUSTOM"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{11}, message.headers().size());
        CPPUNIT_ASSERT_EQUAL(std::string_view("x-custom"), message.headers()[9].name);
        const std::string text = message.serialize();
        CPPUNIT_ASSERT(text.find("X-Custom: folded value\r\nCSeq: 986759 INVITE\r\n") != std::string::npos);
    }

    void tags_are_those_of_the_header_and_not_of_the_uri() {
        sip::Message message = parsed(kInvite);
        CPPUNIT_ASSERT_EQUAL(std::string_view("88sja8x"), message.from_tag());
        CPPUNIT_ASSERT_EQUAL(std::string_view(""), message.to_tag());
        message.set(sip::HeaderName::to, "sip:bob@example.com ; x=\"; tag=3\" ; TAG = abc ;y");
        CPPUNIT_ASSERT_EQUAL(std::string_view("abc"), message.to_tag());
    }

    void lists_are_split_at_commas_of_their_own() {
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, parsed(kInvite).items(sip::HeaderName::via).size());
        const auto items = sip::split_list(" \"a,\\\"b\" <sip:c,d@e> , (x,(y),z) f ,, g");
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, items.size());
        CPPUNIT_ASSERT_EQUAL(std::string_view("\"a,\\\"b\" <sip:c,d@e>"), items[0]);
        CPPUNIT_ASSERT_EQUAL(std::string_view("(x,(y),z) f"), items[1]);
        sip::Message message = parsed(kInvite);
        message.add(sip::HeaderName::date, "Sat, 13 Nov 2010 23:29:00 GMT");
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, message.items(sip::HeaderName::date).size());
    }

    void views_survive_the_move_of_a_short_message() {
        const auto make = [] {
            sip::Message message = sip::Message::request(sip::Method::bye, "sip:a@b");
            message.add(sip::HeaderName::call_id, "x");
            return message;
        };
        std::vector<sip::Message> many;
        for (int i = 0; i < 100; ++i) many.push_back(make());
        for (const auto& message : many) CPPUNIT_ASSERT_EQUAL(std::string_view("x"), message.call_id());
        sip::Message target = sip::Message::response(200);
        target = std::move(many[0]);
        CPPUNIT_ASSERT_EQUAL(std::string("BYE sip:a@b SIP/2.0\r\nCall-ID: x\r\nContent-Length: 0\r\n\r\n"),
                             target.serialize());
    }

    void a_clone_shares_nothing_with_its_origin() {
        std::string expected;
        std::optional<sip::Message> copy;
        {
            sip::Message message = parsed(kInvite);
            message.set(sip::HeaderName::user_agent, std::string(3000, 'u'));
            expected = message.serialize();
            copy = message.clone();
            message.set(sip::HeaderName::user_agent, "other");
        }
        CPPUNIT_ASSERT_EQUAL(expected, copy->serialize());
    }

    void set_takes_the_first_place_and_removes_the_others() {
        sip::Message message = parsed(kInvite);
        message.set(sip::HeaderName::via, "SIP/2.0/TLS new");
        CPPUNIT_ASSERT_EQUAL(std::string_view("SIP/2.0/TLS new"), message.headers()[0].value);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, message.items(sip::HeaderName::via).size());
        message.set("X-CUSTOM", "third");
        CPPUNIT_ASSERT_EQUAL(std::string_view("third"), message.value("X-Custom"));
        message.remove("x-custom");
        CPPUNIT_ASSERT_EQUAL(std::string_view(""), message.value("X-Custom"));
        message.set("X-New", "1");
        CPPUNIT_ASSERT_EQUAL(std::string_view("X-New"), message.headers().back().name);
        message.set("i", "changed");
        CPPUNIT_ASSERT_EQUAL(std::string_view("changed"), message.call_id());
    }

    void add_goes_behind_its_kind_and_add_front_before_all() {
        sip::Message message = parsed(kInvite);
        message.add(sip::HeaderName::via, "SIP/2.0/UDP h4");
        CPPUNIT_ASSERT_EQUAL(std::string_view("SIP/2.0/UDP h4"), message.headers()[2].value);
        message.add_front(sip::HeaderName::via, "SIP/2.0/UDP h0");
        CPPUNIT_ASSERT_EQUAL(std::string_view("SIP/2.0/UDP h0"), message.headers()[0].value);
        CPPUNIT_ASSERT_EQUAL(std::string_view("Via"), message.headers()[0].name);
        message.add("record-route", "<sip:p;lr>");
        CPPUNIT_ASSERT_EQUAL(std::string_view("Record-Route"), message.headers().back().name);
    }

    void headers_can_be_renamed_replaced_and_filtered() {
        sip::Message message = parsed(kInvite);
        message.replace_name(6, "Subject");
        message.replace_value(6, "new");
        CPPUNIT_ASSERT_EQUAL(std::string_view("new"), message.value(sip::HeaderName::subject));
        message.remove_if([](const sip::Header& header) { return header.id == sip::HeaderName::other; });
        CPPUNIT_ASSERT(message.value("x-custom").empty());
        CPPUNIT_ASSERT_EQUAL(std::uint32_t{986759}, message.cseq());
    }

    void content_length_is_written_once_last_and_right() {
        sip::Message message = parsed(kInvite);
        message.set_body("12345678901", "text/plain");
        message.add("l", "99");
        const std::string text = message.serialize();
        CPPUNIT_ASSERT(text.ends_with("\r\nContent-Length: 11\r\n\r\n12345678901"));
        CPPUNIT_ASSERT_EQUAL(text.find("Content-Length"), text.rfind("Content-Length"));
        CPPUNIT_ASSERT(text.find("\r\nl:") == std::string::npos);
        CPPUNIT_ASSERT(text.find("\r\nc: text/plain\r\n") != std::string::npos);
        CPPUNIT_ASSERT(!message.has_sdp());
    }

    void a_response_has_the_method_of_its_cseq() {
        const sip::Message message = parsed(
            "SIP/2.0 180 \xc3\x84 b\r\nVia: SIP/2.0/UDP a\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\nCall-ID: "
            "1\r\nCSeq: 3 PRACK\r\n\r\n");
        CPPUNIT_ASSERT(!message.is_request());
        CPPUNIT_ASSERT_EQUAL(180, message.status());
        CPPUNIT_ASSERT_EQUAL(std::string_view("\xc3\x84 b"), message.reason_phrase());
        CPPUNIT_ASSERT(message.method() == sip::Method::prack);
        sip::Message made = sip::Message::response(486);
        made.add(sip::HeaderName::cseq, "1 INVITE");
        CPPUNIT_ASSERT(made.method() == sip::Method::invite);
        made.set_status(200);
        CPPUNIT_ASSERT(made.serialize().starts_with("SIP/2.0 200 OK\r\n"));
    }

    void a_request_of_an_unknown_method_can_be_made() {
        sip::Message message = sip::Message::request("NEWMETHOD", "tel:+47");
        CPPUNIT_ASSERT(message.method() == sip::Method::unknown);
        message.set_request_uri("urn:service:sos");
        CPPUNIT_ASSERT_EQUAL(std::string("NEWMETHOD urn:service:sos SIP/2.0\r\nContent-Length: 0\r\n\r\n"),
                             message.serialize());
    }

    void what_is_malformed_is_refused_with_its_reason() {
        const auto reason = [](const std::string& from, const std::string& to) {
            std::string text = kInvite;
            text.replace(text.find(from), from.size(), to);
            const auto message = sip::Message::parse(text);
            CPPUNIT_ASSERT(!message);
            return message.error();
        };
        CPPUNIT_ASSERT(reason("SIP/2.0\r\nv", "SIP/3.0\r\nv") == base::Reason::bad_version);
        CPPUNIT_ASSERT(reason("INVITE sip", "INVITE  sip") == base::Reason::bad_start_line);
        CPPUNIT_ASSERT(reason("986759 INVITE", "986759 BYE") == base::Reason::bad_cseq);
        CPPUNIT_ASSERT(reason("986759 INVITE", "2147483648 INVITE") == base::Reason::bad_cseq);
        CPPUNIT_ASSERT(reason("i: 987", "j: 987") == base::Reason::missing_header);
        CPPUNIT_ASSERT(reason("l: 4", "l: 5") == base::Reason::bad_content_length);
        CPPUNIT_ASSERT(reason("x-custom: second", "x-custom second") == base::Reason::bad_header);
        CPPUNIT_ASSERT(reason("x-custom: second", "x-custom: sec\nond") == base::Reason::control_character);
        CPPUNIT_ASSERT(reason("l: 4\r\n\r\n", "l: 4\r\n") == base::Reason::incomplete);
    }

    void safe_values_have_no_control_characters_at_any_place() {
        for (std::size_t at = 0; at < 20; ++at)
            for (int c = 0; c < 256; ++c) {
                std::string value(20, 'a');
                value[at] = static_cast<char>(c);
                CPPUNIT_ASSERT_EQUAL((c >= 0x20 && c != 0x7f) || c == '\t', sip::is_safe_value(value));
            }
    }

    void every_status_has_a_phrase() {
        CPPUNIT_ASSERT_EQUAL(std::string_view("Not Acceptable Here"), sip::reason_phrase_of(488));
        CPPUNIT_ASSERT_EQUAL(std::string_view("Unsupported URI Scheme"), sip::reason_phrase_of(416));
        for (int status = 100; status < 700; ++status) CPPUNIT_ASSERT(!sip::reason_phrase_of(status).empty());
    }

    void every_header_name_is_found_again_in_any_case() {
        for (int id = 1; id <= static_cast<int>(sip::HeaderName::www_authenticate); ++id) {
            std::string name(sip::name_of(static_cast<sip::HeaderName>(id)));
            CPPUNIT_ASSERT_EQUAL(id, static_cast<int>(sip::parse_header_name(name)));
            for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
            CPPUNIT_ASSERT_EQUAL(id, static_cast<int>(sip::parse_header_name(name)));
            CPPUNIT_ASSERT(sip::parse_header_name(name + "X") == sip::HeaderName::other);
        }
        CPPUNIT_ASSERT(sip::parse_header_name("") == sip::HeaderName::other);
    }

    void methods_are_case_sensitive() {
        CPPUNIT_ASSERT(sip::parse_method("REGISTER") == sip::Method::register_);
        CPPUNIT_ASSERT(sip::parse_method("register") == sip::Method::unknown);
        CPPUNIT_ASSERT(sip::parse_method("") == sip::Method::unknown);
        for (int method = 1; method <= static_cast<int>(sip::Method::refer); ++method)
            CPPUNIT_ASSERT_EQUAL(
                method, static_cast<int>(sip::parse_method(sip::name_of(static_cast<sip::Method>(method)))));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MessageTest);

}  // namespace
