// What explain shows is what the engine does: the very message that leaves, or the answer that the sender hears.
#include <cppunit/extensions/HelperMacros.h>

#include <boost/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "cli/command.hh"

namespace {

constexpr const char* kPolicy = R"(
[zones.outside]
listen   = ["udp:203.0.113.1:5060", "tcp:203.0.113.1:5060"]
media    = { address = "203.0.113.1", ports = "20000-20999" }
nat      = "far-end"
topology = "hide-all"
[zones.inside]
listen  = ["udp:198.51.100.1:5060"]
media   = { address = "198.51.100.1", ports = "30000-30999" }
trusted = true
[peers.pbx]
zone  = "inside"
uri   = "sip:198.51.100.10:5060"
probe = "10s"
[peers.spare]
zone = "inside"
uri  = "sip:198.51.100.11:5060"
[peers.carrier]
zone = "outside"
uri  = "sip:sip.carrier.example"
[zones.secure]
listen   = ["tls:203.0.113.2:5061"]
media    = { address = "203.0.113.2", ports = "40000-40999" }
tls      = { certificate = "edge.pem", key = "edge.key" }
topology = "hide-all"
[peers.trunk]
zone = "secure"
uri  = "sips:192.0.2.140"
[peers.cloud]
zone = "secure"
uri  = "sip:cloud.example"
[[routes]]
name  = "no fax"
from  = "outside"
match = { to_user = "^fax" }
reject = { code = 488, reason = "No Fax" }
[[routes]]
name = "in"
from = "outside"
to   = ["pbx", "spare"]
[[routes]]
name  = "secure"
from  = "inside"
match = { to_user = "^9" }
to    = ["trunk", "cloud"]
[[routes]]
name = "out"
from = "inside"
to   = ["carrier"]
headers = "to-carrier"
[headers.to-carrier]
rules = [{ remove = "X-*" }]
[[access]]
from   = "outside"
source = ["203.0.113.0/24"]
)";

class ExplainTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ExplainTest);
    CPPUNIT_TEST(the_message_is_shown_as_it_leaves);
    CPPUNIT_TEST(each_target_has_its_message);
    CPPUNIT_TEST(a_peer_over_tls_and_one_by_name_have_theirs);
    CPPUNIT_TEST(it_is_the_same_each_time);
    CPPUNIT_TEST(a_registration_leaves_with_our_contact);
    CPPUNIT_TEST(a_registration_says_who_is_told_what);
    CPPUNIT_TEST(what_holds_at_each_side_is_said_with_its_place);
    CPPUNIT_TEST(a_password_is_said_to_be_asked_and_given);
    CPPUNIT_TEST(branches_are_listed);
    CPPUNIT_TEST(a_registered_phone_is_reached_at_its_contact);
    CPPUNIT_TEST(who_refuses_is_said_with_the_answer);
    CPPUNIT_TEST(what_we_answer_ourselves_is_accepted);
    CPPUNIT_TEST(an_options_is_no_probe);
    CPPUNIT_TEST(a_message_comes_from_standard_input_too);
    CPPUNIT_TEST(what_no_listener_hears_is_an_error);
    CPPUNIT_TEST_SUITE_END();

  public:
    void setUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "sallyport-explain-XXXXXX").string();
        CPPUNIT_ASSERT(mkdtemp(name.data()));
        directory_ = name;
        std::ofstream(directory_ / "policy.toml") << kPolicy;
        const char* top = std::getenv("srcdir");
        for (const char* file : {"edge.pem", "edge.key"}) {
            std::filesystem::copy_file(std::filesystem::path(top ? top : ".") / "tests/policies/tls" / file, directory_ / file);
            std::filesystem::permissions(directory_ / file, std::filesystem::perms(0640));
        }
    }
    void tearDown() override { std::filesystem::remove_all(directory_); }

  private:
    static std::string message(const std::string& method, const std::string& uri, const std::string& host,
                               const std::string& more = {}, const std::string& body = {}) {
        return method + " " + uri + " SIP/2.0\nVia: SIP/2.0/UDP " + host + ":5060;branch=z9hG4bKabc\n" +
               (more.find("Max-Forwards") == more.npos ? "Max-Forwards: 70\n" : "") + "From: <sip:ann@" + host +
               ">;tag=1\nTo: <" + uri + ">\nCall-ID: 1@" + host + "\nCSeq: 1 " + method + "\nContact: <sip:ann@" + host +
               ">\n" + more + "Content-Length: " + std::to_string(body.size()) + "\n\n" + body;
    }
    static std::string offer(const std::string& host) {
        return "v=0\r\no=ann 1 1 IN IP4 " + host + "\r\ns=-\r\nc=IN IP4 " + host + "\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
    }

    cli::Arguments question(const std::string& zone, const std::string& source, const std::string& text) {
        std::ofstream(directory_ / "message.sip") << text;
        cli::Arguments arguments;
        arguments.words = {(directory_ / "message.sip").string()};
        arguments.json = true;
        arguments.config = (directory_ / "policy.toml").string();
        arguments.options["zone"] = zone;
        arguments.options["source"] = source;
        return arguments;
    }
    static std::string run(const cli::Arguments& arguments, int code = cli::kGood) {
        std::ostringstream out, err;
        const int result = cli::explain_command().run(arguments, {out, err});
        CPPUNIT_ASSERT_EQUAL_MESSAGE(err.str(), code, result);
        return code == cli::kGood ? out.str() : err.str();
    }
    boost::json::value explain(const std::string& zone, const std::string& source, const std::string& text) {
        return boost::json::parse(run(question(zone, source, text)));
    }
    static bool has(const std::string& text, std::string_view what) { return text.find(what) != text.npos; }
    static std::string text_of(const boost::json::value& value) { return std::string(value.as_string()); }

    void the_message_is_shown_as_it_leaves() {
        const auto invite = message("INVITE", "sip:4722@198.51.100.1", "198.51.100.20",
                                    "X-Secret: 1\nContent-Type: application/sdp\n", offer("198.51.100.20"));
        const auto json = explain("inside", "198.51.100.20:5060", invite);
        CPPUNIT_ASSERT(json.at("accepted").as_bool());
        CPPUNIT_ASSERT(json.at("route").as_string() == "out");
        const auto& target = json.at("targets").at(0);
        CPPUNIT_ASSERT(target.at("topology").at("from").as_string() == "zone");
        CPPUNIT_ASSERT(target.at("headers").at("from").as_string() == "route");
        const auto leaves = text_of(target.at("message"));
        CPPUNIT_ASSERT_EQUAL(leaves, text_of(json.at("sent").at(0).at("message")));
        CPPUNIT_ASSERT_MESSAGE(leaves, leaves.starts_with("INVITE sip:4722@sip.carrier.example SIP/2.0\r\n"));
        CPPUNIT_ASSERT_MESSAGE(leaves, !has(leaves, "198.51.100.") && !has(leaves, "X-Secret"));
        CPPUNIT_ASSERT_MESSAGE(leaves, has(leaves, "c=IN IP4 203.0.113.1\r\n") && has(leaves, "m=audio 20"));
        auto arguments = question("inside", "198.51.100.20:5060", invite);
        arguments.json = false;
        const auto text = run(arguments);
        CPPUNIT_ASSERT_MESSAGE(text, has(text, "decided by route \"out\"") && has(text, "    | c=IN IP4 203.0.113.1\n"));
    }

    void each_target_has_its_message() {
        const auto json = explain("outside", "203.0.113.7:5060", message("INVITE", "sip:desk@203.0.113.1", "203.0.113.7"));
        CPPUNIT_ASSERT(has(text_of(json.at("targets").at(0).at("message")), "INVITE sip:desk@198.51.100.10 "));
        CPPUNIT_ASSERT(has(text_of(json.at("targets").at(1).at("message")), "INVITE sip:desk@198.51.100.11 "));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, json.at("sent").as_array().size());
    }

    void a_peer_over_tls_and_one_by_name_have_theirs() {
        auto arguments = question("inside", "198.51.100.20:5060", message("INVITE", "sip:9@198.51.100.1", "198.51.100.20"));
        const auto json = boost::json::parse(run(arguments));
        const auto check = [&](std::size_t target, bool by_name, const char* to, const char* uri) {
            const auto& sent = json.at("sent").at(target);
            CPPUNIT_ASSERT_EQUAL(by_name, json.at("targets").at(target).at("located_by_dns").as_bool());
            CPPUNIT_ASSERT_EQUAL(std::string(to), text_of(sent.at("to")));
            CPPUNIT_ASSERT_EQUAL(std::string("tls"), text_of(sent.at("transport")));
            const auto leaves = text_of(json.at("targets").at(target).at("message"));
            CPPUNIT_ASSERT_EQUAL(leaves, text_of(sent.at("message")));
            CPPUNIT_ASSERT_MESSAGE(leaves, leaves.starts_with("INVITE sip:9@" + std::string(uri)));
            CPPUNIT_ASSERT_MESSAGE(leaves, has(leaves, "Via: SIP/2.0/TLS 203.0.113.2:5061;"));
        };
        check(0, false, "192.0.2.140:5061", "192.0.2.140");
        check(1, true, "192.0.2.5:5061", "cloud.example ");
        arguments.json = false;
        CPPUNIT_ASSERT(has(run(arguments), "located by the DNS, which is not asked here: 192.0.2.5 stands for"));
    }

    void it_is_the_same_each_time() {
        const auto arguments = question("outside", "203.0.113.7:5060", message("INVITE", "sip:desk@203.0.113.1", "203.0.113.7"));
        CPPUNIT_ASSERT_EQUAL(run(arguments), run(arguments));
    }

    void a_registration_leaves_with_our_contact() {
        const auto json = explain("outside", "203.0.113.7:5060", message("REGISTER", "sip:203.0.113.1", "203.0.113.7"));
        const auto leaves = text_of(json.at("targets").at(0).at("message"));
        CPPUNIT_ASSERT_MESSAGE(leaves, leaves.starts_with("REGISTER sip:198.51.100.10 SIP/2.0\r\n"));
        CPPUNIT_ASSERT_MESSAGE(leaves, has(leaves, "@198.51.100.1:5060>") && !has(leaves, "<sip:ann@203.0.113.7>;expires"));
    }

    void a_registration_says_who_is_told_what() {
        const auto text = message("REGISTER", "sip:203.0.113.1", "203.0.113.7");
        CPPUNIT_ASSERT(!has(boost::json::serialize(explain("outside", "203.0.113.7:5060", text)), "refreshes over its flow"));
        std::ofstream(directory_ / "policy.toml", std::ios::app)
            << "[zones.outside.register]\nclient_expires = \"45s\"\nregistrar_expires = \"2h\"\n";
        const auto json = explain("outside", "203.0.113.7:5060", text);
        CPPUNIT_ASSERT(has(boost::json::serialize(json.at("routes")), "asked for 7200s, the phone is given 45s"));
        CPPUNIT_ASSERT(has(text_of(json.at("targets").at(0).at("message")), ";expires=7200"));
    }

    // "key value (from)" of all rules.
    static std::string rules(const boost::json::value& list) {
        std::string all;
        for (const auto& rule : list.as_array())
            all += text_of(rule.at("key")) + ' ' + text_of(rule.at("value")) + " (" + text_of(rule.at("from")) + ")\n";
        return all;
    }
    void more_policy(const std::string& find, const std::string& lines) {
        std::string text = kPolicy;
        text.insert(text.find(find) + find.size(), lines);
        std::ofstream(directory_ / "policy.toml") << text;
    }

    void what_holds_at_each_side_is_said_with_its_place() {
        more_policy("[peers.pbx]\n", "transfer = \"carry-out\"\noffer = [\"PCMA\", \"opus\"]\nmtu = 9000\n");
        const auto invite = message("INVITE", "sip:desk@203.0.113.1", "203.0.113.7");
        auto json = explain("outside", "203.0.113.7:5060", invite);
        CPPUNIT_ASSERT_EQUAL(std::string(), rules(json.at("sender_rules")));
        CPPUNIT_ASSERT_EQUAL(std::string(), rules(json.at("targets").at(1).at("rules")));
        CPPUNIT_ASSERT_EQUAL(std::string("transfer carry-out: a REFER of this side is carried out here (peer)\n"
                                         "offer early: an INVITE without an offer gets ours, PCMA/8000, opus/48000/2 (peer)\n"
                                         "mtu 9000 bytes (peer)\n"),
                             rules(json.at("targets").at(0).at("rules")));
        more_policy("[zones.outside]\n", "reliable = \"require\"\nredirects = \"follow\"\n"
                                         "session = { expires = \"10m\", refresh = \"update\" }\n");
        auto arguments = question("outside", "203.0.113.7:5060", invite);
        arguments.json = false;
        auto text = run(arguments);
        CPPUNIT_ASSERT_MESSAGE(text, has(text, "its side:\n  reliable require: provisional responses are reliable at this side  (of the zone)\n"
                                               "  session local: agreed with us, 600 s, at least 90 s, refreshed by UPDATE  (of the zone)\n"));
        CPPUNIT_ASSERT_MESSAGE(text, !has(text, "redirects"));   // that is the callee's
        text = run(question("outside", "203.0.113.7:5060", message("MESSAGE", "sip:desk@203.0.113.1", "203.0.113.7")));
        CPPUNIT_ASSERT_MESSAGE(text, !has(text, "100rel") && !has(text, "agreed with us"));
        more_policy("to   = [\"pbx\", \"spare\"]\n", "redirects = \"follow\"\n");
        json = explain("outside", "203.0.113.7:5060", invite);
        CPPUNIT_ASSERT_EQUAL(std::string("redirects follow: a 3xx is followed by the routes (route)\n"),
                             rules(json.at("targets").at(1).at("rules")));
    }

    void a_password_is_said_to_be_asked_and_given() {
        const auto secret = [&](const char* name, const char* text) {
            std::ofstream(directory_ / name) << text;
            std::filesystem::permissions(directory_ / name, std::filesystem::perms(0600));
        };
        secret("users", "ann:example.com:password:secret\n");
        secret("password", "secret\n");
        more_policy("nat      = \"far-end\"\n", "auth = { realm = \"example.com\", users_file = \"users\" }\n");
        const auto json = explain("outside", "203.0.113.7:5060", message("INVITE", "sip:desk@203.0.113.1", "203.0.113.7"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{401}, json.at("status").as_int64());
        CPPUNIT_ASSERT(has(rules(json.at("sender_rules")), "auth a password of realm \"example.com\", SHA-256 or MD5; From names its user (zone)"));
        CPPUNIT_ASSERT(rules(explain("outside", "203.0.113.7:5060", message("OPTIONS", "sip:desk@203.0.113.1", "203.0.113.7"))
                                 .at("sender_rules")).empty());
        more_policy("[peers.carrier]\n", "auth = { user = \"acme\", password_file = \"password\" }\n");
        const auto out = explain("inside", "198.51.100.20:5060", message("INVITE", "sip:4722@198.51.100.1", "198.51.100.20"));
        CPPUNIT_ASSERT_EQUAL(std::string("auth its challenge is answered as user \"acme\" for whichever realm (peer)\n"),
                             rules(out.at("targets").at(0).at("rules")));
        CPPUNIT_ASSERT(!has(boost::json::serialize(out), "secret"));
    }

    void branches_are_listed() {
        more_policy("to   = [\"pbx\", \"spare\"]\n", "fork = \"serial\"\nring = \"12s\"\n");
        auto arguments = question("outside", "203.0.113.7:5060", message("INVITE", "sip:desk@203.0.113.1", "203.0.113.7"));
        const auto json = boost::json::parse(run(arguments));
        CPPUNIT_ASSERT(json.at("fork").as_string() == "serial" && json.at("ring_s").as_int64() == 12);
        arguments.json = false;
        CPPUNIT_ASSERT(has(run(arguments), "each for 12 s\n  branch 1: pbx\n  branch 2: spare\n"));
    }

    void a_registered_phone_is_reached_at_its_contact() {
        auto arguments = question("inside", "198.51.100.10:5060", message("INVITE", "sip:ann@198.51.100.1", "198.51.100.10"));
        arguments.options["registered"] = "sip:ann@203.0.113.9:5062";
        const auto json = boost::json::parse(run(arguments));
        CPPUNIT_ASSERT(json.at("sent").at(0).at("to").as_string() == "203.0.113.9:5062");
        CPPUNIT_ASSERT(has(text_of(json.at("sent").at(0).at("message")), "INVITE sip:ann@203.0.113.9:5062 SIP/2.0"));
        arguments.options["registered"] = "sip:ann@192.0.2.9";
        CPPUNIT_ASSERT(has(run(arguments, cli::kFailed), "no untrusted zone lets sip:ann@192.0.2.9 register"));
    }

    void who_refuses_is_said_with_the_answer() {
        const auto refused = [&](const std::string& source, const std::string& text, int status, const char* by) {
            const auto json = explain("outside", source, text);
            CPPUNIT_ASSERT(!json.at("accepted").as_bool());
            CPPUNIT_ASSERT_EQUAL(std::int64_t{status}, json.at("status").as_int64());
            CPPUNIT_ASSERT_EQUAL(std::string(by), text_of(json.at("refused_by")));
            return text_of(json.at("answer"));
        };
        const auto invite = message("INVITE", "sip:fax1@203.0.113.1", "203.0.113.7");
        CPPUNIT_ASSERT(refused("203.0.113.7:5060", invite, 488, "routes").starts_with("SIP/2.0 488 No Fax\r\n"));
        refused("192.0.2.7:5060", invite, 403, "access rules");
        refused("203.0.113.7:5060", message("INVITE", "sip:a@203.0.113.1", "203.0.113.7", "Max-Forwards: 0\n"), 483, "B2BUA");
        refused("203.0.113.7:5060", message("BYE", "sip:a@203.0.113.1", "203.0.113.7"), 481, "B2BUA");
        auto old = invite;
        old.replace(old.find("SIP/2.0"), 7, "SIP/7.0");
        refused("203.0.113.7:5060", old, 505, "guard");
    }

    void what_we_answer_ourselves_is_accepted() {
        const auto json = explain("outside", "203.0.113.7:5060", message("OPTIONS", "sip:203.0.113.1", "203.0.113.7"));
        CPPUNIT_ASSERT(json.at("accepted").as_bool());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{200}, json.at("status").as_int64());
        CPPUNIT_ASSERT(json.at("sent").as_array().empty());
    }

    void an_options_is_no_probe() {
        const auto json = explain("outside", "203.0.113.7:5060", message("OPTIONS", "sip:desk@203.0.113.1", "203.0.113.7"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, json.at("sent").as_array().size());
    }

    void a_message_comes_from_standard_input_too() {
        auto arguments = question("outside", "203.0.113.7:5060", {});
        arguments.words = {"-"};
        std::istringstream in(message("MESSAGE", "sip:desk@203.0.113.1", "203.0.113.7"));
        auto* const before = std::cin.rdbuf(in.rdbuf());
        const auto out = run(arguments);
        std::cin.rdbuf(before);
        CPPUNIT_ASSERT(has(out, "MESSAGE sip:desk@198.51.100.10"));
    }

    void what_no_listener_hears_is_an_error() {
        auto arguments = question("inside", "198.51.100.20:5060", message("OPTIONS", "sip:a@b", "198.51.100.20"));
        arguments.options["transport"] = "tcp";
        CPPUNIT_ASSERT(has(run(arguments, cli::kFailed), "zone inside has no tcp listener that hears 198.51.100.20:5060"));
    }

    std::filesystem::path directory_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ExplainTest);

}  // namespace
