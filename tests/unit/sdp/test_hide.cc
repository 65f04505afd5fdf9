#include <cppunit/extensions/HelperMacros.h>

#include "base/text.hh"
#include "sdp/session.hh"
#include "sdp/text.hh"

namespace {

using base::Endpoint;
using sdp::Anchor;
using sdp::Session;

const std::string kHead = "v=0\r\no=- 1 2 IN IP4 203.0.113.5\r\n";
const std::string kMedia = "c=IN IP4 203.0.113.5\r\nt=0 0\r\nm=audio 30000 RTP/AVP 0\r\n";

std::string hidden(const std::string& text, const Session::Hiding& hiding = {}) {
    auto session = Session::parse(text, {});
    CPPUNIT_ASSERT_MESSAGE(text, session);
    session->hide(hiding);
    CPPUNIT_ASSERT(Session::parse(session->to_string(), {}));
    return session->to_string();
}

class HideTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(HideTest);
    CPPUNIT_TEST(session_name_and_information_go);
    CPPUNIT_TEST(stream_names_become_neutral_and_stay_consistent);
    CPPUNIT_TEST(foreign_attributes_go_and_harmless_ones_stay);
    CPPUNIT_TEST(the_path_of_msrp_names_our_address);
    CPPUNIT_TEST(each_choice_can_be_left_out);
    CPPUNIT_TEST(addresses_are_found_whatever_surrounds_them);
    CPPUNIT_TEST(what_only_resembles_an_address_is_none);
    CPPUNIT_TEST(no_inside_address_survives_in_any_line);
    CPPUNIT_TEST(edits_after_hiding_find_their_lines);
    CPPUNIT_TEST_SUITE_END();

    void session_name_and_information_go() {
        CPPUNIT_ASSERT_EQUAL(kHead + "s=-\r\nb=AS:64\r\n" + kMedia,
                             hidden(kHead + "s=PBX of ACME\r\ni=info\r\nu=http://pbx.inside/\r\ne=a@pbx.inside\r\np=+1 555\r\n"
                                            "b=AS:64\r\n" + kMedia + "i=title\r\nk=uri:http://pbx.inside/\r\na=tool:PBX 1.2\r\n"));
    }

    void stream_names_become_neutral_and_stay_consistent() {
        const std::string text = kHead + "s=-\r\na=msid-semantic: WMS host7\r\n" + kMedia +
                                 "a=ssrc:1 cname:alice@pbx\r\na=ssrc:1 msid:host7 track9\r\na=ssrc:2 cname:alice@pbx\r\n"
                                 "a=ssrc:2 mslabel:host7\r\na=ssrc:2 fmtp:0 x\r\na=msid:host7 -\r\na=ssrc-group:FID 1 2\r\n";
        CPPUNIT_ASSERT_EQUAL(kHead + "s=-\r\na=msid-semantic: WMS n1\r\n" + kMedia +
                                 "a=ssrc:1 cname:n2\r\na=ssrc:1 msid:n1 n3\r\na=ssrc:2 cname:n2\r\na=ssrc:2 mslabel:n1\r\n"
                                 "a=ssrc:2 fmtp:0 x\r\na=msid:n1 -\r\na=ssrc-group:FID 1 2\r\n",
                             hidden(text));
        CPPUNIT_ASSERT(hidden(kHead + "s=-\r\na=msid-semantic:WMS *\r\na=msid-semantic:\r\na=msid\r\na=ssrc:1\r\n" + kMedia)
                           .find("a=msid-semantic:WMS *\r\na=msid-semantic:\r\na=msid\r\na=ssrc:1\r\n") != std::string::npos);
    }

    void foreign_attributes_go_and_harmless_ones_stay() {
        const std::string stays = "a=rtpmap:0 PCMU/8000\r\na=fmtp:101 0-16\r\na=extmap:1 http://example.com/082005/ext.htm#ttime\r\n"
                                  "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4\r\n"
                                  "a=fingerprint:sha-256 12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:"
                                  "19:E5:7C:AB:4A:AD\r\na=setup:actpass\r\na=connection:new\r\na=T38FaxVersion:0\r\na=ptime:20\r\n";
        CPPUNIT_ASSERT_EQUAL(kHead + "s=-\r\n" + kMedia + stays,
                             hidden(kHead + "s=-\r\n" + kMedia + "a=X-nat:0\r\na=x-host:pbx\r\n" + stays +
                                    "a=anything:where=10.1.2.3;x\r\na=connection:new fd00::1\r\na=ws-uri:wss://pbx.inside/x\r\n"));
    }

    void the_path_of_msrp_names_our_address() {
        const std::string m = "c=IN IP4 203.0.113.5\r\nm=message 7000 TCP/MSRP *\r\n";
        CPPUNIT_ASSERT_EQUAL(kHead + m + "a=path:msrp://203.0.113.5:7000/s111;tcp\r\n",
                             hidden(kHead + m + "a=path:msrp://relay.inside:1/r;tcp msrp://alice@pbx.inside:2855/s111;tcp\r\n"));
        CPPUNIT_ASSERT_EQUAL(kHead + m, hidden(kHead + m + "a=path:pbx.inside\r\na=path:msrp://x/10.1.2.3;tcp\r\n"));
        CPPUNIT_ASSERT_EQUAL(std::string("v=0\r\no=- 1 2 IN IP6 2001:db8::5\r\nc=IN IP6 2001:db8::5\r\nm=message 0 TCP/MSRP *\r\n"
                                         "a=path:msrp://[2001:db8::5]:9/s;tcp\r\n"),
                             hidden("v=0\r\no=- 1 2 IN IP6 2001:db8::5\r\nc=IN IP6 2001:db8::5\r\nm=message 0 TCP/MSRP *\r\n"
                                    "a=path:msrp://pbx:1/s;tcp\r\n"));
    }

    void each_choice_can_be_left_out() {
        const std::string text = kHead + "s=PBX\r\ni=info\r\n" + kMedia + "a=ssrc:1 cname:x@10.1.2.3\r\na=X-y:1\r\na=tool:z\r\n";
        CPPUNIT_ASSERT_EQUAL(text, hidden(text, {false, false, false, false}));
        CPPUNIT_ASSERT(hidden(text, {true, false, false, false}).find("s=-\r\n") != std::string::npos);
        CPPUNIT_ASSERT(hidden(text, {false, false, false, true}).find("10.1.2.3") == std::string::npos);
        CPPUNIT_ASSERT(hidden(text, {false, false, true, false}).find("a=X-y:1") != std::string::npos);
    }

    void addresses_are_found_whatever_surrounds_them() {
        for (const char* text : {"10.1.2.3", "x:10.1.2.3:5", "(10.1.2.3)", "host10.1.2.3x", "10.1.2.3.", "at=010.001.002.003",
                                 "10.1.2.3/24", "fd00::1", "[fd00::1]:5060", "x=fd00::1;y", "path:fd00::1", "addr fd00::1.",
                                 "2001:db8:0:0:0:0:0:1", "::ffff:10.1.2.3", "::1", "fd00::1:"})
            CPPUNIT_ASSERT_MESSAGE(text, sdp::holds_address(text));
    }

    void what_only_resembles_an_address_is_none() {
        for (const char* text : {"", ".", "...", "1.2.3", "1.2.3.4.5", "1.2.3.4444", "12:34", "20:30:40", "a:b:c",
                                 "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99", "0 PCMU/8000", "x::y", "::", "WMS *", "9f:e1"})
            CPPUNIT_ASSERT_MESSAGE(text, !sdp::holds_address(text));
    }

    void no_inside_address_survives_in_any_line() {
        const std::string v4 = "10.66.77.88", v6 = "fd12:3456::789a", name = "inside-host";
        for (const auto& [family, address] : {std::pair{"IP4", v4}, std::pair{"IP6", v6}, std::pair{"IP4", name}}) {
            const std::string connection = std::string("IN ") + family + " " + address;
            std::string text = "v=0\r\no=" + address + " 1 2 " + connection + "\r\ns=" + address + "\r\ni=" + address +
                               "\r\nu=http://" + address + "/\r\ne=x@" + address + "\r\np=" + address + "\r\nc=" + connection +
                               "\r\nk=uri:http://" + address + "/\r\n";
            if (address != name)  // a name in free text is known to nobody
                text += "b=X-" + address + ":1\r\nt=" + address + " 0\r\nr=" + address + "\r\nz=" + address + "\r\ny=" + address + "\r\n";
            const std::string attributes =
                "a=rtcp:5 " + connection + "\r\na=X-a:" + address + "\r\na=path:msrp://" + address + ":1/x;tcp\r\na=tool:" + address +
                "\r\na=candidate:1 1 UDP 1 " + address + " 4 typ srflx raddr " + address + " rport 5\r\na=remote-candidates:1 " +
                address + " 5\r\na=alt:1 1 : a b " + address + " 4\r\na=altc:1 " + family + " " + address + " 4\r\na=ccap:1 " +
                connection + "\r\na=source-filter: incl " + connection + " " + address + "\r\na=ssrc:1 cname:x@" + address +
                "\r\na=msid:" + address + " " + address + "\r\na=wss-uri:wss://" + address + "/\r\n";
            text += attributes;
            if (address != name) text += "a=fmtp:0 x=" + address + "\r\na=connection:new " + address + "\r\n";
            for (const char* m : {"m=audio 4 RTP/AVP 0", "m=video 0 RTP/AVP 0", "m=message 7 TCP/MSRP *", "m=image 8 udptl t38"})
                text += std::string(m) + "\r\ni=" + address + "\r\nc=" + connection + "\r\n" + attributes;
            if (address != name) text += "m=audio 4 RTP/AVP " + address + " " + address + "\r\n";
            auto session = Session::parse(text, {});
            CPPUNIT_ASSERT_MESSAGE(text, session);
            std::vector<std::optional<Anchor>> anchors(session->media().size());
            anchors[0] = anchors[1] = anchors[3] = Anchor{*Endpoint::parse("203.0.113.5:30000"), *Endpoint::parse("203.0.113.5:30009")};
            auto hidden_first = *session;
            session->anchor(anchors);
            session->set_origin("-", 1, 1, anchors[0]->rtp.address);
            session->hide({});
            hidden_first.hide({});
            hidden_first.set_origin("-", 1, 1, anchors[0]->rtp.address);
            hidden_first.anchor(anchors);
            for (const auto* done : {&*session, &hidden_first}) {
                CPPUNIT_ASSERT_MESSAGE(done->to_string(), done->to_string().find(address) == std::string::npos);
                CPPUNIT_ASSERT(Session::parse(done->to_string(), {}));
            }
        }
    }

    void edits_after_hiding_find_their_lines() {
        auto session = *Session::parse("v=0\r\no=- 1 2 IN IP4 10.1.2.3\r\na=X-1\r\ni=x\r\ns=x\r\ni=x\r\nc=IN IP4 10.1.2.3\r\na=X-2\r\n"
                                       "m=audio 4 RTP/AVP 0\r\na=X-3\r\nm=video 6 RTP/AVP 9\r\n", {});
        session.hide({});
        session.set_origin("-", 5, 6, *base::Address::parse("203.0.113.5"));
        session.anchor(std::vector<std::optional<Anchor>>{
            Anchor{*Endpoint::parse("203.0.113.5:30000"), *Endpoint::parse("203.0.113.5:30001")}, std::nullopt});
        CPPUNIT_ASSERT_EQUAL(std::string("v=0\r\no=- 5 6 IN IP4 203.0.113.5\r\ns=-\r\nc=IN IP4 203.0.113.5\r\n"
                                         "m=audio 30000 RTP/AVP 0\r\nm=video 0 RTP/AVP 9\r\n"), session.to_string());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HideTest);

}  // namespace
