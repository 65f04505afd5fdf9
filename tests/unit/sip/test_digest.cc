// Digest: the RFCs' own examples, what each variant must come to (computed by another implementation), and texts that
// want to be read in two ways.
#include <cppunit/extensions/HelperMacros.h>

#include "sip/auth_parameters.hh"
#include "sip/digest.hh"

namespace {

using sip::Challenge;
using sip::Credentials;
using base::HashName;
using sip::Qop;

Challenge only(std::string_view value) {
    auto response = sip::Message::response(401);
    response.add(sip::HeaderName::www_authenticate, value);
    auto challenges = sip::challenges_of(response);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, challenges.size());
    return challenges.front();
}

std::size_t count_of(std::string_view value) {
    auto response = sip::Message::response(401);
    response.add(sip::HeaderName::www_authenticate, value);
    return sip::challenges_of(response).size();
}

}  // namespace

class DigestTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(DigestTest);
    CPPUNIT_TEST(the_example_of_rfc_2617);
    CPPUNIT_TEST(the_examples_of_rfc_7616);
    CPPUNIT_TEST(every_algorithm_knows_auth_int_sessions_and_no_qop);
    CPPUNIT_TEST(a_challenge_is_read_and_written);
    CPPUNIT_TEST(several_challenges_in_one_header_and_in_several);
    CPPUNIT_TEST(what_we_cannot_answer_is_no_challenge);
    CPPUNIT_TEST(quotes_and_commas_within_quotes_part_nothing);
    CPPUNIT_TEST(hostile_challenges_are_refused_whole);
    CPPUNIT_TEST(credentials_are_read_as_strictly);
    CPPUNIT_TEST(an_answer_can_be_read_again);
    CPPUNIT_TEST_SUITE_END();

    static std::string response(const Credentials& c, std::string_view user, std::string_view password,
                                std::string_view method, std::string_view body = {}) {
        return sip::response_for(c, sip::secret_of(c.hash, user, c.realm, password), method, body);
    }

    void the_example_of_rfc_2617() {
        const auto c = sip::parse_credentials(
            "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
            "uri=\"/dir/index.html\", qop=auth, nc=00000001, cnonce=\"0a4f113b\", "
            "response=\"6629fae49393a05397450978507c4ef1\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"");
        CPPUNIT_ASSERT(c);
        CPPUNIT_ASSERT_EQUAL(c->response, response(*c, "Mufasa", "Circle Of Life", "GET"));
        CPPUNIT_ASSERT(c->response != response(*c, "Mufasa", "Circle of Life", "GET"));
    }

    void the_examples_of_rfc_7616() {   // 3.9.1, and 3.9.2 as its erratum 4897 corrects it
        const std::string common =
            "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "
            "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, "
            "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, "
            "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", ";
        const auto md5 = sip::parse_credentials(common + "algorithm=MD5, response=\"8ca523f5e9506fed4657c9700eebdbec\"");
        const auto sha = sip::parse_credentials(
            common + "algorithm=SHA-256, response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"");
        CPPUNIT_ASSERT(md5 && sha);
        CPPUNIT_ASSERT_EQUAL(md5->response, response(*md5, "Mufasa", "Circle of Life", "GET"));
        CPPUNIT_ASSERT_EQUAL(sha->response, response(*sha, "Mufasa", "Circle of Life", "GET"));
        Credentials doe;
        doe.realm = "api@example.org";
        doe.uri = "/doe.json";
        doe.nonce = "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK";
        doe.hash = HashName::sha512_256;
        doe.qop = Qop::auth;
        sip::complete(doe, 1, "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v");
        CPPUNIT_ASSERT_EQUAL(std::string("3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"),
                             response(doe, "J\u00e4s\u00f8n Doe", "Secret, or not?", "GET"));
    }

    // Computed with Python's hashlib from the definitions in RFC 7616, 3.4.
    void every_algorithm_knows_auth_int_sessions_and_no_qop() {
        struct Row {
            HashName hash;
            const char *auth_int, *session, *plain;
        };
        for (const Row& row :
             {Row{HashName::md5, "03647587c2d2892d91506d37f4e0cd44", "f727bddf0f411f29b45ecd6073117b44",
                  "bc442a510593aa83343c1e79196e8ac2"},
              Row{HashName::sha256, "92e36ece20b01bd060be13ffce55cb3c666f11b4d6391a7339a85d4a49dce1c7",
                  "c9fd6caec1439f0421d1ce70e0a26d085c3e91068f087c4fad6faaa54abb40ad",
                  "283ccdf731eb036b8b5c01505dc748d61a8d020d8647c2daaed01fc8772fb91b"},
              Row{HashName::sha512_256, "8fe2418e9d91845bd741d08eb614b1c9c794c714944d004c9b740298d25cb74e",
                  "7cc26ca7784d376f148addf4a76ed17a53e280c4b713a53f59cbb3eee43d8c3c",
                  "00f174a0a35b539fc16277bedbeb5a66fbb6479fbea17df321876977ec9a08e1"}}) {
            Credentials c;
            c.realm = "sip.example";
            c.nonce = "n0nce";
            c.hash = row.hash;
            c.uri = "sip:bob@sip.example";
            c.qop = Qop::auth_int;
            sip::complete(c, 2, "c0");
            CPPUNIT_ASSERT_EQUAL(std::string(row.auth_int), response(c, "alice", "wonder land", "INVITE", "v=0\r\n"));
            c.uri = "sip:sip.example";
            c.qop = Qop::auth;
            c.session = true;
            sip::complete(c, 1, "c0");
            CPPUNIT_ASSERT_EQUAL(std::string(row.session), response(c, "alice", "wonder land", "REGISTER"));
            c.qop = Qop::none;
            c.session = false;
            CPPUNIT_ASSERT_EQUAL(std::string(row.plain), response(c, "alice", "wonder land", "REGISTER"));
        }
    }

    void a_challenge_is_read_and_written() {
        const auto challenge = only("Digest realm=\"a, b\", nonce=\"n\", algorithm=SHA-512-256-sess, qop=\"auth,auth-int\", "
                                    "opaque=\"\", stale=TRUE, domain=\"sip:x\", charset=UTF-8, userhash=true, other=1");
        CPPUNIT_ASSERT_EQUAL(std::string("a, b"), challenge.realm);
        CPPUNIT_ASSERT(challenge.hash == HashName::sha512_256 && challenge.session && challenge.stale);
        CPPUNIT_ASSERT(challenge.auth && challenge.auth_int && challenge.opaque == "");
        CPPUNIT_ASSERT_EQUAL(std::string("Digest realm=\"a, b\",nonce=\"n\",opaque=\"\",stale=true,"
                                         "algorithm=SHA-512-256-sess,qop=\"auth,auth-int\""),
                             challenge.to_string());
        const auto plain = only("digest nonce = \"n\" , REALM=\"r\"");
        CPPUNIT_ASSERT(plain.hash == HashName::md5 && !plain.session && !plain.stale && !plain.auth && !plain.opaque);
    }

    void several_challenges_in_one_header_and_in_several() {
        auto response = sip::Message::response(407);
        response.add(sip::HeaderName::proxy_authenticate,
                     "Digest realm=\"a\", nonce=\"1\", algorithm=SHA-256, Basic realm=\"b\", Digest nonce=\"2\", realm=\"c\"");
        response.add(sip::HeaderName::proxy_authenticate, "Digest realm=\"a\", nonce=\"3\", algorithm=MD5");
        response.add(sip::HeaderName::www_authenticate, "Digest realm=\"not of a 407\", nonce=\"4\"");
        const auto challenges = sip::challenges_of(response);
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, challenges.size());
        CPPUNIT_ASSERT_EQUAL(std::string("123"), challenges[0].nonce + challenges[1].nonce + challenges[2].nonce);
        for (int i = 0; i < 20; ++i) response.add(sip::HeaderName::proxy_authenticate, "Digest realm=\"x\", nonce=\"y\"");
        CPPUNIT_ASSERT_EQUAL(std::size_t{8}, sip::challenges_of(response).size());
    }

    void what_we_cannot_answer_is_no_challenge() {
        for (const char* text : {"Digest realm=\"r\", nonce=\"n\", algorithm=MD4", "Digest realm=\"r\"", "Digest nonce=\"n\"",
                                 "Digest realm=\"r\", nonce=\"n\", qop=\"auth-conf\"", "Digest realm=\"r\", nonce=\"\"",
                                 "Digest realm=r, nonce=\"n\"", "Bearer realm=\"r\", nonce=\"n\"",
                                 "Digest realm=\"r\", nonce=\"n\", algorithm=-sess"})
            CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::size_t{0}, count_of(text));
    }

    void quotes_and_commas_within_quotes_part_nothing() {
        const auto challenge = only("Digest realm=\"a\\\", nonce=\\\"evil\", nonce=\"n\\\\\"");
        CPPUNIT_ASSERT_EQUAL(std::string("a\\\", nonce=\\\"evil"), challenge.realm);
        CPPUNIT_ASSERT_EQUAL(std::string("n\\\\"), challenge.nonce);
    }

    void hostile_challenges_are_refused_whole() {
        std::string many = "Digest realm=\"r\", nonce=\"n\"";
        for (int i = 0; i < 30; ++i) many += ", p" + std::to_string(i) + "=1";
        std::string schemes;
        for (int i = 0; i < 9; ++i) schemes += (i ? ", " : "") + std::string("Digest realm=\"r\", nonce=\"n\"");
        const std::string lengthy = "Digest realm=\"r\", nonce=\"" + std::string(3000, 'n') + '"';
        for (const std::string& text :
             {std::string("Digest realm=\"r\", nonce=\"n\", nonce=\"m\""), std::string("Digest realm=\"r\", nonce=\"n"),
              std::string("Digest realm=\"r\" nonce=\"n\""), std::string("Digest realm=\"r\",, nonce=\"n\""),
              std::string("Digest realm=\"r\", nonce=\"n\","), std::string("Digest"), std::string(), std::string(","),
              std::string("realm=\"r\", nonce=\"n\""), std::string("Digest realm=\"r\", nonce=\"n\" x"),
              std::string("Digest realm=\"r\", nonce=\"n\\"), std::string("Digest,realm=\"r\", nonce=\"n\""),
              many, schemes, lengthy})
            CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::size_t{0}, count_of(text));
    }

    void credentials_are_read_as_strictly() {
        const std::string good = "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:r\", "
                                 "response=\"00000000000000000000000000000000\"";
        CPPUNIT_ASSERT(sip::parse_credentials(good));
        CPPUNIT_ASSERT(sip::parse_credentials(good + ", qop=auth, nc=0000000a, cnonce=\"c\"")->nonce_count() == 10U);
        CPPUNIT_ASSERT_EQUAL(std::string_view("r"), sip::realm_of(good));
        for (const char* more : {", qop=auth", ", qop=auth, nc=1, cnonce=\"c\"", ", qop=auth, nc=0000000g, cnonce=\"c\"",
                                 ", qop=auth, nc=00000001", ", qop=both, nc=00000001, cnonce=\"c\"", ", algorithm=SHA-256",
                                 ", algorithm=x", ", username=\"v\"", ", Digest username=\"v\"", "\""})
            CPPUNIT_ASSERT_MESSAGE(more, !sip::parse_credentials(good + more));
        CPPUNIT_ASSERT(!sip::parse_credentials("Basic dTpw"));
        CPPUNIT_ASSERT(!sip::parse_credentials("Digest username=u, realm=\"r\", nonce=\"n\", uri=\"sip:r\", "
                                               "response=\"00000000000000000000000000000000\""));
    }

    void an_answer_can_be_read_again() {
        auto answer = sip::credentials_for(only("Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth-int\", opaque=\"o\""),
                                           "u", "sip:r");
        sip::complete(answer, 0x1f, "c");
        answer.response = sip::response_for(answer, sip::secret_of(HashName::sha256, "u", "r", "p"), "INVITE", "body");
        const auto read = sip::parse_credentials(answer.to_string());
        CPPUNIT_ASSERT(read && read->nc == "0000001f" && read->opaque == "o" && read->qop == Qop::auth_int);
        CPPUNIT_ASSERT_EQUAL(answer.response, read->response);
        CPPUNIT_ASSERT_EQUAL(answer.response, response(*read, "u", "p", "INVITE", "body"));
        CPPUNIT_ASSERT(answer.response != response(*read, "u", "p", "INVITE", "bode"));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DigestTest);
