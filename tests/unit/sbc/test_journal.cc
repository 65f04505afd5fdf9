// Calls and registrations that outlive their process: what is written down, what lives again, what hostile bytes do.
#include <cppunit/extensions/HelperMacros.h>

#include <functional>

#include "sbc/call_journal.hh"
#include "sbc/registration_journal.hh"
#include "tests/unit/sbc/talk.hh"

namespace sbc::test {
namespace {

using namespace std::chrono_literals;
using sip::HeaderName;
using sip::Message;
using sip::Method;

KeptCall full_record() {
    KeptCall record;
    record.number = 0x1234567890;
    record.workers = 4;
    record.from = "sip:ann@a.example";
    record.to = "sip:bob@b.example";
    record.route = "in";
    record.started = base::Time{123456789us};
    record.answered = base::Time{-5us};
    record.parties[0] = {"outside", "", base::Transport::tls, *base::Endpoint::parse("203.0.113.1:5061"),
                         *base::Endpoint::parse("203.0.113.20:4000"), *base::Endpoint::parse("192.0.2.1:5061"),
                         "<sip:s00abc@192.0.2.1>", "192.0.2.1:5061", "hide-all", "rules", true, true,
                         {policy::CallLoad::Direction::out, 87, true},
                         {policy::Reliable::require,
                          policy::SessionRules{policy::SessionMode::local, 10min, 91s, policy::Refresh::invite}, {},
                          policy::Transfer::carry_out, policy::LargeRequests::udp, std::uint16_t{9000}, "v=0 ours"},
                         true, {7, 8, 9, "v=0 offered", "v=0 agreed"}};
    record.parties[1].zone = "inside";
    record.parties[1].peer = "pbx";
    record.parties[1].local = *base::Endpoint::parse("[2001:db8::1]:5060");
    record.dialogs[0] = {"id@a", "ours", "theirs", "<sip:o@a>", "<sip:t@b>", 77, 12, "sip:t@192.0.2.9",
                         {"<sip:r1;lr>", "<sip:r2;lr>"}, true};
    record.dialogs[1].call_id = "far";
    KeptLine line;
    line.type = "audio";
    line.active = true;
    line.ports[0] = {*base::Address::parse("203.0.113.1"), *base::Address::parse("192.0.2.1"), 21000};
    line.ports[1] = {*base::Address::parse("2001:db8::1"), *base::Address::parse("2001:db8::1"), 31000};
    line.ends[0].rtp_local = {*base::Address::parse("203.0.113.1"), 21000};
    line.ends[0].rtp_remote = *base::Endpoint::parse("203.0.113.20:4000");
    line.ends[0].rule = media::SourceRule::signalling_address;
    line.ends[0].learn_from = *base::Address::parse("203.0.113.20");
    line.ends[1].may_send = false;
    line.ends[1].plain_relay = true;
    line.ends[1].clock_rate = 48000;
    line.directions = {1, 3};
    line.mux = {true, false};
    line.latched[0][1] = *base::Endpoint::parse("203.0.113.20:4999");
    record.lines = {line, KeptLine{}};
    record.offered = true;
    record.offerer = Side::b;
    record.acks[1] = {78, "ACK sip:x SIP/2.0\r\n\r\nv=0\r\n"};
    record.unfinished = {{Side::b, 5, 6, true, true}};
    record.own_offer = OwnOffer{Side::a, OwnOffer::Stage::told, "ours", "theirs", "more"};
    record.settled = record.emergency = true;
    record.sessions[1] = {600, 90, true, base::Time{17us}};
    record.requested = "sip:bob@gate.example";
    record.ringing = base::Time{-9us};
    return record;
}

std::string port_of(std::string_view sdp) {
    const auto at = sdp.find("m=audio ") + 8;
    return std::string(sdp.substr(at, sdp.find(' ', at) - at));
}

}  // namespace

class TestJournal : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestJournal);
    CPPUNIT_TEST(every_field_of_a_call_comes_back);
    CPPUNIT_TEST(a_registration_comes_back);
    CPPUNIT_TEST(hostile_bytes_are_refused_and_never_more);
    CPPUNIT_TEST(a_call_is_written_once_it_is_answered_and_erased_at_its_end);
    CPPUNIT_TEST(a_restored_call_is_ended_by_its_caller);
    CPPUNIT_TEST(a_restored_call_is_ended_by_its_callee);
    CPPUNIT_TEST(a_restored_call_takes_a_new_offer_at_the_same_ports);
    CPPUNIT_TEST(hold_outlives_the_process);
    CPPUNIT_TEST(a_latched_source_outlives_the_process);
    CPPUNIT_TEST(an_ack_that_comes_after_the_crash_crosses);
    CPPUNIT_TEST(an_answer_that_comes_again_after_the_crash_is_acknowledged);
    CPPUNIT_TEST(a_late_offer_is_answered_after_the_crash);
    CPPUNIT_TEST(an_offer_without_answer_is_forgotten);
    CPPUNIT_TEST(a_second_crash_changes_nothing);
    CPPUNIT_TEST(sequence_numbers_never_go_back);
    CPPUNIT_TEST(a_restored_call_ends_at_its_limit);
    CPPUNIT_TEST(silence_ends_a_restored_call);
    CPPUNIT_TEST(what_cannot_live_again_leaves_nothing);
    CPPUNIT_TEST(a_restored_phone_is_called);
    CPPUNIT_TEST_SUITE_END();

    void every_field_of_a_call_comes_back() {
        const auto bytes = encode(full_record());
        const auto again = decode_call(bytes);
        CPPUNIT_ASSERT(again);
        CPPUNIT_ASSERT(encode(*again) == bytes);
        // The bytes alone would not show a field that neither side knows.
        CPPUNIT_ASSERT_EQUAL(std::string("sip:bob@b.example"), again->to);
        CPPUNIT_ASSERT(again->answered == base::Time{-5us} && again->workers == 4);
        CPPUNIT_ASSERT(again->parties[0].transport == base::Transport::tls && again->parties[0].counted);
        const auto& party = again->parties[0];
        CPPUNIT_ASSERT(party.descriptions.last == 9 && party.descriptions.agreed == "v=0 agreed" && party.updates == true && party.is_target);
        CPPUNIT_ASSERT(party.load.direction == policy::CallLoad::Direction::out && party.load.kbits == 87);
        CPPUNIT_ASSERT(party.rules.session->expires == 10min && party.rules.reliable && !party.rules.redirects);
        CPPUNIT_ASSERT(party.rules.transfer == policy::Transfer::carry_out);
        CPPUNIT_ASSERT(party.rules.session->refresh == policy::Refresh::invite && !again->parties[1].rules.session);
        CPPUNIT_ASSERT(again->sessions[1].ours && again->sessions[1].expires == base::Time{17us} && again->settled);
        CPPUNIT_ASSERT(again->requested == "sip:bob@gate.example" && again->ringing == base::Time{-9us} && again->emergency);
        CPPUNIT_ASSERT_EQUAL(std::string("2001:db8::1"), again->parties[1].local.address.to_string());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, again->dialogs[0].route_set.size());
        CPPUNIT_ASSERT(again->dialogs[0].remote_cseq == 12u && !again->dialogs[1].remote_cseq);
        const auto& line = again->lines.front();
        CPPUNIT_ASSERT(line.ends[0].rule == media::SourceRule::signalling_address && line.ends[1].plain_relay);
        CPPUNIT_ASSERT_EQUAL(48000u, line.ends[1].clock_rate);
        CPPUNIT_ASSERT(line.latched[0][1] == base::Endpoint::parse("203.0.113.20:4999") && !line.latched[0][0]);
        CPPUNIT_ASSERT(line.directions[1] == 3 && line.mux[0] && !line.mux[1]);
        CPPUNIT_ASSERT(again->offered && again->offerer == Side::b);
        CPPUNIT_ASSERT(again->unfinished.front().offer_in_request && again->acks[1].cseq == 78);
        CPPUNIT_ASSERT(again->own_offer && again->own_offer->repair == "more" && again->parties[0].rules.own_offer == "v=0 ours");
    }

    void a_registration_comes_back() {
        const Upstream upstream{"pbx", "Allow: INVITE\r\n", ";q=0.5", base::Time{3us}, base::Time{4us}, {"<sip:way;lr>"}, 9};
        KeptRegistration record{"s00token", "sip:a@b", "sip:a@192.0.2.1", "<urn:x>;1", "near", "far", {"<sip:192.0.2.7;lr>"}, base::Transport::tcp,
                                *base::Endpoint::parse("203.0.113.1:5060"), *base::Endpoint::parse("203.0.113.20:4000"),
                                base::Time{1us}, base::Time{2us}, 60, 8, 5, 6, upstream};
        const auto again = decode_registration(encode(record));
        CPPUNIT_ASSERT(again && encode(*again) == encode(record));
        CPPUNIT_ASSERT(again->contact == record.contact && again->remote == record.remote &&
                       again->transport == base::Transport::tcp && again->expires == base::Time{2us});
        CPPUNIT_ASSERT(again->instance == record.instance && again->path == record.path && again->granted == 60 && again->cseq == 8 &&
                       again->contact_print == 5 && again->login_print == 6 && again->upstream == upstream);
    }

    // Each prefix, each byte changed in several ways, and noise: refused, or read as some other call.
    void hostile_bytes_are_refused_and_never_more() {
        const auto bytes = encode(full_record());
        for (std::size_t size = 0; size < bytes.size(); ++size)
            CPPUNIT_ASSERT(!decode_call(std::string_view(bytes).substr(0, size)));
        CPPUNIT_ASSERT(!decode_call(bytes + 'x'));
        Ladder ladder;
        base::SeededEntropy dice(7);
        for (int i = 0; i < 20000; ++i) {
            auto broken = bytes;
            for (auto changes = 1 + dice.below(4); changes > 0; --changes)
                broken[dice.below(broken.size())] = static_cast<char>(dice.next());
            if (const auto read = decode_call(broken)) CPPUNIT_ASSERT(encode(*read) == broken);
            ladder.b2bua().restore(key_of(base::CallNumber{1}), broken, ladder.now());
            if (i % 7) continue;
            std::string noise(dice.below(200), '\0');
            for (auto& c : noise) c = static_cast<char>(dice.next());
            if (!noise.empty()) noise[0] = 1;
            CPPUNIT_ASSERT(!decode_call(noise));
            (void)decode_registration(noise);
        }
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, ladder.b2bua().totals().ports_in_use);
    }

    void a_call_is_written_once_it_is_answered_and_erased_at_its_end() {
        Ladder ladder;
        Talk talk(ladder, false);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.journal().size());
        const auto unacknowledged = ladder.journal().begin()->second;
        talk.ack(ladder);
        CPPUNIT_ASSERT(unacknowledged != ladder.journal().begin()->second);
        ladder.skip(kPbx);
        end_from_outside(ladder, talk);
        CPPUNIT_ASSERT(ladder.journal().empty());
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void a_restored_call_is_ended_by_its_caller() {
        Ladder ladder;
        Talk talk(ladder);
        const auto open = ladder.open();
        ladder.crash();
        CPPUNIT_ASSERT_EQUAL(open, ladder.open());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, ladder.b2bua().totals().streams);
        CPPUNIT_ASSERT_EQUAL(std::string("established"), ladder.b2bua().calls().front().state);
        end_from_outside(ladder, talk);
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void a_restored_call_is_ended_by_its_callee() {
        Ladder ladder;
        Talk talk(ladder);
        ladder.crash();
        ladder.from(kPbx, ladder.backwards(kPbx, *talk.far, "BYE", "pbx"));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kPbx).status());
        const auto bye = ladder.to(kOutside);
        CPPUNIT_ASSERT(bye.method() == Method::bye);
        CPPUNIT_ASSERT(bye.call_id() == talk.invite.call_id());
        CPPUNIT_ASSERT(bye.to_tag() == talk.invite.from_tag() && bye.from_tag() == talk.ok->to_tag());
        ladder.from(kOutside, Ladder::answer(kOutside, bye, 200, {}));
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void a_restored_call_takes_a_new_offer_at_the_same_ports() {
        Ladder ladder;
        Talk talk(ladder);
        ladder.crash();
        const auto ok = offer_from_outside(ladder, talk, "sendrecv");
        CPPUNIT_ASSERT_EQUAL(200, ok.status());
        CPPUNIT_ASSERT_EQUAL(port_of(talk.ok->body()), port_of(ok.body()));
        end_from_outside(ladder, talk);
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void hold_outlives_the_process() {
        Ladder ladder;
        Talk talk(ladder);
        offer_from_outside(ladder, talk, "sendonly");
        ladder.crash();
        ladder.pass(65s);                                  // the limit of silence is a minute, but two hours on hold
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, ladder.b2bua().totals().calls);
        end_from_outside(ladder, talk);
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void a_latched_source_outlives_the_process() {
        Ladder ladder;
        Talk talk(ladder);
        const auto local = base::Endpoint::parse("203.0.113.1:" + port_of(talk.ok->body()));
        const auto real = *base::Endpoint::parse("203.0.113.20:4711"), other = *base::Endpoint::parse("203.0.113.20:9");
        CPPUNIT_ASSERT(ladder.rtp(*local, real));
        ladder.acknowledge();
        const auto open = ladder.open();
        ladder.crash();
        CPPUNIT_ASSERT(!ladder.kernel_is_asked());
        CPPUNIT_ASSERT_EQUAL(open, ladder.open());
        CPPUNIT_ASSERT(!ladder.rtp(*local, other));
        const auto way = ladder.rtp(*local, real);
        CPPUNIT_ASSERT(way && way->to == base::Endpoint::parse("198.51.100.10:6000"));
        CPPUNIT_ASSERT(!ladder.kernel_is_asked());
        end_from_outside(ladder, talk);
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void an_ack_that_comes_after_the_crash_crosses() {
        Ladder ladder;
        Talk talk(ladder, false);
        ladder.crash();
        talk.ack(ladder);
        const auto ack = ladder.to(kPbx);
        CPPUNIT_ASSERT(ack.method() == Method::ack && ack.cseq() == talk.far->cseq());
        end_from_outside(ladder, talk);
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void an_answer_that_comes_again_after_the_crash_is_acknowledged() {
        for (const bool acked : {true, false}) {
            Ladder ladder;
            Talk talk(ladder, acked);
            ladder.crash();
            for (int i = 0; i < 2; ++i) {
                ladder.from(kPbx, *talk.far_ok);
                const auto ack = ladder.to(kPbx);
                CPPUNIT_ASSERT(ack.method() == Method::ack && ack.cseq() == talk.far->cseq());
                CPPUNIT_ASSERT(ack.to_tag() == "pbx" && ladder.quiet(kPbx) && ladder.quiet(kOutside));
            }
            end_from_outside(ladder, talk);
            CPPUNIT_ASSERT(ladder.is_empty_after(40s));
        }
    }

    void a_late_offer_is_answered_after_the_crash() {
        Ladder ladder;
        Talk talk(ladder, false, true);
        ladder.crash();
        ladder.from(kPbx, *talk.far_ok);                   // only the caller's answer will do
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        talk.ack(ladder, true);
        ladder.acknowledge();
        const auto ack = ladder.to(kPbx);
        CPPUNIT_ASSERT(ack.body().find("198.51.100.1") != std::string::npos);
        ladder.crash();
        ladder.from(kPbx, *talk.far_ok);
        CPPUNIT_ASSERT(ladder.to(kPbx).body() == ack.body());
        end_from_outside(ladder, talk);
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void an_offer_without_answer_is_forgotten() {
        Ladder ladder;
        Talk talk(ladder);
        const auto open = ladder.open();
        auto offer = ladder.within(talk.invite, *talk.ok, "INVITE");
        offer.set_body(description(kOutside, 4444), "application/sdp");
        ladder.from(kOutside, offer);
        ladder.acknowledge();
        ladder.skip(kPbx);
        ladder.skip(kOutside);
        ladder.crash();
        CPPUNIT_ASSERT_EQUAL(open, ladder.open());
        CPPUNIT_ASSERT_EQUAL(200, offer_from_outside(ladder, talk, "sendonly").status());
        end_from_outside(ladder, talk);
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void a_second_crash_changes_nothing() {
        Ladder ladder;
        Talk talk(ladder);
        for (int i = 0; i < 5; ++i) ladder.crash();
        const auto totals = ladder.b2bua().totals();
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, totals.ports_in_use);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, totals.streams);
        end_from_outside(ladder, talk);
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void sequence_numbers_never_go_back() {
        Ladder ladder;
        Talk talk(ladder);
        const auto written = ladder.journal();
        ladder.from(kOutside, ladder.within(talk.invite, *talk.ok, "INFO"));
        const auto unwritten = ladder.to(kPbx).cseq();
        ladder.journal() = written;                        // the INFO was sent, and the process died before it wrote
        ladder.crash();
        ladder.from(kOutside, ladder.within(talk.invite, *talk.ok, "INFO"));
        CPPUNIT_ASSERT(ladder.to(kPbx).cseq() > unwritten);
    }

    void a_restored_call_ends_at_its_limit() {
        Ladder ladder;
        Talk talk(ladder);
        auto record = *decode_call(ladder.journal().begin()->second);
        record.started = record.answered -= 24h - 2s;
        ladder.journal().begin()->second = encode(record);
        ladder.crash();
        ladder.pass(1s);
        CPPUNIT_ASSERT(ladder.quiet(kOutside) && ladder.quiet(kPbx));
        ladder.pass(1500ms);
        CPPUNIT_ASSERT(ladder.to(kOutside).method() == Method::bye);
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::bye);
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void silence_ends_a_restored_call() {
        Ladder ladder;
        Talk talk(ladder);
        ladder.crash();
        ladder.pass(62s);
        CPPUNIT_ASSERT(ladder.to(kOutside).method() == Method::bye);
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::bye);
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    // Another number of workers, ports that another range has, bytes of another kind: all is given back.
    void what_cannot_live_again_leaves_nothing() {
        const std::function<void(Ladder&)> fates[] = {
            [](Ladder& ladder) { ladder.crash({}, {}, 2); },
            [](Ladder& ladder) { ladder.crash({}, {1}, 1); },
            [](Ladder& ladder) {
                ladder.journal().begin()->second[0] = 9;
                ladder.crash();
            },
            [](Ladder& ladder) {
                auto record = *decode_call(ladder.journal().begin()->second);
                record.lines[0].ports[1].even = 40000;
                ladder.journal().begin()->second = encode(record);
                ladder.crash();
            },
            [](Ladder& ladder) {
                auto record = *decode_call(ladder.journal().begin()->second);
                record.parties[0].zone = "elsewhere";
                ladder.journal().begin()->second = encode(record);
                ladder.crash();
            },
        };
        for (const auto& fate : fates) {
            Ladder ladder;
            Talk talk(ladder);
            fate(ladder);
            CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.open());
            ladder.skip(kOutside);
            ladder.from(kOutside, ladder.within(talk.invite, *talk.ok, "BYE"));
            CPPUNIT_ASSERT_EQUAL(481, ladder.to(kOutside).status());
            CPPUNIT_ASSERT(ladder.is_empty_after(40s));
        }
    }

    void a_restored_phone_is_called() {
        Ladder ladder;
        auto request = ladder.request(kOutside, "REGISTER", "sip:203.0.113.1");
        request.set(HeaderName::to, "<sip:ann@203.0.113.1>");
        request.add(HeaderName::expires, "600");
        ladder.from(kOutside, request);
        const auto far = ladder.to(kPbx);
        auto ok = Ladder::answer(kPbx, far, 200, "reg");
        const std::string contact(far.value(HeaderName::contact));
        ok.set(HeaderName::contact, contact + ";expires=600");
        ladder.from(kPbx, ok);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.journal().size());
        ladder.pass(100s);
        ladder.crash();
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, ladder.b2bua().totals().registrations);
        ladder.skip(kOutside);
        auto invite = ladder.invite(kPbx, "x", description(kPbx, 6000));
        invite.set_request_uri(contact.substr(1, contact.find('>') - 1));
        ladder.from(kPbx, invite);
        ladder.acknowledge();
        CPPUNIT_ASSERT(ladder.to(kOutside).method() == Method::invite);
        ladder.crash();
        ladder.pass(520s);                                 // its time counts on
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, ladder.b2bua().totals().registrations);
        CPPUNIT_ASSERT(ladder.journal().empty());
    }

 private:
    // A re-INVITE that the PBX takes, acknowledged; its answer as the phone heard it.
    static Message offer_from_outside(Ladder& ladder, const Talk& talk, std::string_view direction) {
        auto offer = ladder.within(talk.invite, *talk.ok, "INVITE");
        offer.set_body(description(kOutside, 4000, direction), "application/sdp");
        ladder.from(kOutside, offer);
        ladder.skip(kOutside);
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        ladder.from(kPbx, Ladder::answer(kPbx, far, 200, {},
                                         description(kPbx, 6000, direction == "sendonly" ? "recvonly" : "sendrecv")));
        ladder.acknowledge();
        auto ok = ladder.to(kOutside);
        auto ack = ladder.within(talk.invite, *talk.ok, "ACK");
        ack.set(HeaderName::cseq, std::to_string(ok.cseq()) + " ACK");
        ladder.from(kOutside, ack);
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::ack);
        return ok;
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestJournal);

}  // namespace sbc::test
