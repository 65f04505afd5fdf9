#include <cppunit/extensions/HelperMacros.h>

#include "sip/dialog.hh"

namespace {

sip::Message parsed(const std::string& text) {
    auto message = sip::Message::parse(text);
    CPPUNIT_ASSERT(message);
    return std::move(*message);
}

sip::Message request(const std::string& more, const std::string& cseq = "314159 INVITE") {
    return parsed(cseq.substr(cseq.find(' ') + 1) + " sip:bob@biloxi.example.com SIP/2.0\r\n"
                  "Via: SIP/2.0/UDP pc33.atlanta.example.com;branch=z9hG4bKnashds8\r\n"
                  "To: Bob <sip:bob@biloxi.example.com>\r\n"
                  "From: \"Alice; a,b\" <sip:alice@atlanta.example.com;user=phone>;x=y;tag=1928301774\r\n"
                  "Call-ID: a84b4c76e66710\r\n"
                  "CSeq: " + cseq + "\r\n" + more + "Content-Length: 0\r\n\r\n");
}

sip::Message response(int status, const std::string& more, const std::string& cseq = "314159 INVITE") {
    return parsed("SIP/2.0 " + std::to_string(status) + " X\r\n"
                  "Via: SIP/2.0/UDP pc33.atlanta.example.com;branch=z9hG4bKnashds8\r\n"
                  "To: Bob <sip:bob@biloxi.example.com>;tag=a6c85cf\r\n"
                  "From: \"Alice; a,b\" <sip:alice@atlanta.example.com;user=phone>;x=y;tag=1928301774\r\n"
                  "Call-ID: a84b4c76e66710\r\n"
                  "CSeq: " + cseq + "\r\n" + more + "Content-Length: 0\r\n\r\n");
}

const std::string kContact = "Contact: <sip:peer@192.0.2.4:5070;transport=udp>\r\n";
const std::string kRoutes = "Record-Route: <sip:p3.example.com;lr>, <sip:p2.example.com;lr>\r\n"
                            "Record-Route: <sip:p1.example.com;lr>\r\n";

class DialogTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(DialogTest);
    CPPUNIT_TEST(a_uas_takes_its_side_from_the_request);
    CPPUNIT_TEST(a_uas_needs_a_contact);
    CPPUNIT_TEST(a_uac_takes_its_side_from_the_response);
    CPPUNIT_TEST(a_uac_goes_on_without_a_contact);
    CPPUNIT_TEST(a_request_without_routes_goes_to_the_target);
    CPPUNIT_TEST(loose_routers_stand_in_route);
    CPPUNIT_TEST(a_strict_router_stands_in_the_request_uri);
    CPPUNIT_TEST(ack_takes_the_number_of_its_invite);
    CPPUNIT_TEST(a_method_without_a_name_of_ours_is_written_as_it_is);
    CPPUNIT_TEST(cseq_may_jump_but_not_fall);
    CPPUNIT_TEST(only_target_refreshes_move_the_target);
    CPPUNIT_TEST(a_2xx_confirms_route_set_and_target);
    CPPUNIT_TEST(a_peer_without_tag_has_an_empty_one);
    CPPUNIT_TEST_SUITE_END();

    static void same(const std::string& expected, std::string_view seen) {
        CPPUNIT_ASSERT_EQUAL(expected, std::string(seen));
    }
    static std::string joined(const std::vector<std::string>& list) {
        std::string text;
        for (const auto& item : list) text += (text.empty() ? "" : " ") + item;
        return text;
    }
    static sip::Dialog uas(const std::string& more = kContact + kRoutes) {
        auto dialog = sip::Dialog::as_uas(request(more), "local");
        CPPUNIT_ASSERT(dialog);
        return *dialog;
    }
    static sip::Dialog uac(const std::string& more = kContact + kRoutes) {
        auto dialog = sip::Dialog::as_uac(request(kContact), response(200, more));
        CPPUNIT_ASSERT(dialog);
        return *dialog;
    }

    void a_uas_takes_its_side_from_the_request() {
        const sip::Dialog dialog = uas();
        same("a84b4c76e66710", dialog.call_id);
        same("local", dialog.local_tag);
        same("1928301774", dialog.remote_tag);
        same("Bob <sip:bob@biloxi.example.com>", dialog.local_uri);
        same("\"Alice; a,b\" <sip:alice@atlanta.example.com;user=phone>;x=y", dialog.remote_uri);
        CPPUNIT_ASSERT_EQUAL(0U, dialog.local_cseq);
        CPPUNIT_ASSERT_EQUAL(314159U, *dialog.remote_cseq);
        same("sip:peer@192.0.2.4:5070;transport=udp", dialog.remote_target);
        same("<sip:p3.example.com;lr> <sip:p2.example.com;lr> <sip:p1.example.com;lr>", joined(dialog.route_set));
        CPPUNIT_ASSERT(!dialog.secure);
    }

    void a_uas_needs_a_contact() {
        const auto missing = sip::Dialog::as_uas(request(""), "local");
        CPPUNIT_ASSERT(!missing && missing.error() == base::Reason::missing_header);
        const auto star = sip::Dialog::as_uas(request("Contact: *\r\n"), "local");
        CPPUNIT_ASSERT(!star && star.error() == base::Reason::bad_header);
    }

    void a_uac_takes_its_side_from_the_response() {
        const sip::Dialog dialog = uac();
        same("1928301774", dialog.local_tag);
        same("a6c85cf", dialog.remote_tag);
        same("\"Alice; a,b\" <sip:alice@atlanta.example.com;user=phone>;x=y", dialog.local_uri);
        same("Bob <sip:bob@biloxi.example.com>", dialog.remote_uri);
        CPPUNIT_ASSERT_EQUAL(314159U, dialog.local_cseq);
        CPPUNIT_ASSERT(!dialog.remote_cseq);
        same("sip:peer@192.0.2.4:5070;transport=udp", dialog.remote_target);
        same("<sip:p1.example.com;lr> <sip:p2.example.com;lr> <sip:p3.example.com;lr>", joined(dialog.route_set));
    }

    void a_uac_goes_on_without_a_contact() { same("sip:bob@biloxi.example.com", uac("").remote_target); }

    void a_request_without_routes_goes_to_the_target() {
        sip::Dialog dialog = uas(kContact);
        const sip::Message bye = dialog.make_request(sip::Method::bye);
        same("sip:peer@192.0.2.4:5070;transport=udp", bye.request_uri());
        same("Bob <sip:bob@biloxi.example.com>;tag=local", bye.value(sip::HeaderName::from));
        same("\"Alice; a,b\" <sip:alice@atlanta.example.com;user=phone>;x=y;tag=1928301774",
             bye.value(sip::HeaderName::to));
        same("1 BYE", bye.value(sip::HeaderName::cseq));
        same("70", bye.value(sip::HeaderName::max_forwards));
        CPPUNIT_ASSERT(!bye.has(sip::HeaderName::route) && !bye.has(sip::HeaderName::via));
        same("sip:peer@192.0.2.4:5070;transport=udp", dialog.next_hop());
        same("2 INFO", dialog.make_request(sip::Method::info).value(sip::HeaderName::cseq));
    }

    void loose_routers_stand_in_route() {
        sip::Dialog dialog = uac();
        const sip::Message bye = dialog.make_request(sip::Method::bye);
        same("sip:peer@192.0.2.4:5070;transport=udp", bye.request_uri());
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, bye.items(sip::HeaderName::route).size());
        same("<sip:p1.example.com;lr>", bye.items(sip::HeaderName::route)[0]);
        same("sip:p1.example.com;lr", dialog.next_hop());
        same("314160 BYE", bye.value(sip::HeaderName::cseq));
    }

    void a_strict_router_stands_in_the_request_uri() {
        sip::Dialog dialog = uas(kContact + "Record-Route: <sip:strict.example.com;method=INVITE?a=b>, <sip:p1.example.com>\r\n");
        const sip::Message bye = dialog.make_request(sip::Method::bye);
        same("sip:strict.example.com", bye.request_uri());
        const auto routes = bye.items(sip::HeaderName::route);
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, routes.size());
        same("<sip:p1.example.com>", routes[0]);
        same("<sip:peer@192.0.2.4:5070;transport=udp>", routes[1]);
        CPPUNIT_ASSERT(dialog.next_hop().starts_with("sip:strict.example.com"));
    }

    void ack_takes_the_number_of_its_invite() {
        sip::Dialog dialog = uac();
        dialog.make_request(sip::Method::info);
        same("314159 ACK", dialog.make_request(sip::Method::ack, {}, 314159).value(sip::HeaderName::cseq));
        CPPUNIT_ASSERT_EQUAL(314160U, dialog.local_cseq);
    }

    void a_method_without_a_name_of_ours_is_written_as_it_is() {
        sip::Dialog dialog = uac();
        const sip::Message request = dialog.make_request(sip::Method::unknown, "FROBNICATE");
        same("FROBNICATE", request.method_text());
        same("314160 FROBNICATE", request.value(sip::HeaderName::cseq));
    }

    void cseq_may_jump_but_not_fall() {
        sip::Dialog dialog = uas();
        CPPUNIT_ASSERT(dialog.accept_cseq(request("", "314170 INFO")));
        CPPUNIT_ASSERT(!dialog.accept_cseq(request("", "314169 INFO")));
        CPPUNIT_ASSERT(dialog.accept_cseq(request("", "314159 ACK")));
        CPPUNIT_ASSERT_EQUAL(314170U, *dialog.remote_cseq);
        sip::Dialog caller = uac();
        CPPUNIT_ASSERT(caller.accept_cseq(request("", "0 INFO")));
        CPPUNIT_ASSERT(caller.accept_cseq(request("", "1 INFO")));
    }

    void only_target_refreshes_move_the_target() {
        const std::string moved = "Contact: <sip:moved@192.0.2.9>\r\n";
        sip::Dialog dialog = uas();
        dialog.refresh_target(request(moved, "314160 INFO"));
        dialog.refresh_target(request("", "314160 UPDATE"));
        dialog.refresh_target(request("Contact: *\r\n", "314160 UPDATE"));
        dialog.refresh_target(response(491, moved));
        same("sip:peer@192.0.2.4:5070;transport=udp", dialog.remote_target);
        dialog.refresh_target(request(moved, "314160 UPDATE"));
        same("sip:moved@192.0.2.9", dialog.remote_target);
        dialog.refresh_target(response(200, kContact));
        same("sip:peer@192.0.2.4:5070;transport=udp", dialog.remote_target);
    }

    void a_2xx_confirms_route_set_and_target() {
        auto dialog = sip::Dialog::as_uac(request(kContact), response(180, kRoutes));
        CPPUNIT_ASSERT(dialog);
        same("sip:bob@biloxi.example.com", dialog->remote_target);
        dialog->confirm(response(200, kContact + "Record-Route: <sip:p1.example.com;lr>\r\n"));
        same("sip:peer@192.0.2.4:5070;transport=udp", dialog->remote_target);
        same("<sip:p1.example.com;lr>", joined(dialog->route_set));
    }

    void a_peer_without_tag_has_an_empty_one() {
        sip::Message old = request(kContact);
        old.set(sip::HeaderName::from, "<sip:old@example.com>");
        auto dialog = sip::Dialog::as_uas(old, "local");
        CPPUNIT_ASSERT(dialog && dialog->remote_tag.empty());
        same("<sip:old@example.com>", dialog->make_request(sip::Method::bye).value(sip::HeaderName::to));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DialogTest);

}  // namespace
