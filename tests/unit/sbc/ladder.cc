#include "tests/unit/sbc/ladder.hh"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <array>

#include "base/log.hh"
#include "policy/loader.hh"
#include "sdp/session.hh"

namespace sbc::test {
namespace {

using sip::HeaderName;

constexpr std::string_view kPolicy = R"(
[timers]
c = "10s"
[zones.outside]
listen = ["udp:203.0.113.1:5060", "tcp:203.0.113.1:5060"]
media  = { address = "203.0.113.1", ports = "21000-21039" }
nat    = "far-end"
[zones.inside]
listen  = ["udp:198.51.100.1:5060", "tcp:198.51.100.1:5060"]
media   = { address = "198.51.100.1", ports = "31000-31039" }
trusted = true
[peers.pbx]
zone = "inside"
uri  = "sip:198.51.100.10:5060"
[peers.spare]
zone = "inside"
uri  = "sip:198.51.100.11:5060"
[[routes]]
name     = "with a second target"
from     = "outside"
match    = { method = "INVITE", to_user = "^twice" }
to       = ["pbx", "spare"]
failover = { codes = [503], after = "2s" }
[[routes]]
name = "in"
from = "outside"
to   = ["pbx"]
[[access]]
from   = "outside"
source = ["203.0.113.0/24"]
)";

policy::SnapshotPtr load(std::string_view more, std::string_view before = {}) {
    const auto loaded =
        policy::load_text("test.toml", std::string(before) + std::string(kPolicy) + std::string(more), {.check_local_addresses = false});
    for (const auto& complaint : loaded.complaints)
        if (complaint.is_error) CPPUNIT_FAIL(complaint.to_string());
    return loaded.snapshot;
}

bool is_inside(const base::Endpoint& where) {
    return base::Prefix::parse("198.51.100.0/24")->contains(where.address);
}

std::string contact(std::string_view peer) { return "<sip:phone@" + std::string(peer) + ">"; }

}  // namespace

std::string description(std::string_view host, unsigned port, std::string_view direction) {
    const std::string address(host.substr(0, host.find(':')));
    return "v=0\r\no=- 1 1 IN IP4 " + address + "\r\ns=-\r\nc=IN IP4 " + address + "\r\nt=0 0\r\nm=audio " +
           std::to_string(port) + " RTP/AVP 0\r\na=" + std::string(direction) + "\r\n";
}

Ladder::Ladder(std::string_view more_policy)
    : policy_(load(more_policy)), b2bua_(std::in_place, Environment{{}, 1, &entropy_, &*relay_}, policy_, now_) {
    base::log::open({}, base::log::Level::error);
    collect();
}

void Ladder::from(std::string_view peer, const sip::Message& message) {
    base::Flow flow;
    flow.remote = *base::Endpoint::parse(peer);
    for (const auto& listener : policy_->listeners)
        if (listener.transport == base::Transport::udp && is_inside(listener.local) == is_inside(flow.remote))
            flow.listener = listener.id, flow.local = listener.local;
    if (!is_inside(flow.remote)) flow.connection = connection_;
    auto parsed = sip::Message::parse(message.serialize());
    CPPUNIT_ASSERT(parsed);
    b2bua_->on_message(std::move(*parsed), flow, now_);
    collect();
}

void Ladder::lose(base::ConnectionId connection) {
    base::Flow flow;
    flow.connection = connection;
    b2bua_->on_transport_failed(flow, now_);
    collect();
}

void Ladder::collect() {
    for (auto& effect : b2bua_->take_effects()) {
        if (auto* send = std::get_if<sip::Send>(&effect)) {
            sent_.push_back(std::move(*send));
            continue;
        }
        if (auto* entry = std::get_if<Journal>(&effect)) {
            if (entry->record) journal_[entry->key] = *entry->record;
            else journal_.erase(entry->key);
            continue;
        }
        if (auto* question = std::get_if<DialogQuestion>(&effect)) {
            questions.push_back(std::move(*question));
            continue;
        }
        if (auto* question = std::get_if<PhoneQuestion>(&effect)) {
            phone_questions.push_back(std::move(*question));
            continue;
        }
        if (auto* told = std::get_if<RegistrarNews>(&effect)) {
            news.push_back(std::move(*told));
            continue;
        }
        if (const auto* write = std::get_if<WriteRecord>(&effect)) {
            records_.push_back(write->record);
            continue;
        }
        auto& asked = std::get<ChangePinholes>(effect);
        if (asked.token.value) asked_.push_back(std::move(asked));
        else change(asked.changes);
    }
}

void Ladder::media(std::string_view source, const sip::Message& told) {
    const auto session = sdp::Session::parse(told.body(), {});
    CPPUNIT_ASSERT(session && session->media().front().rtp());
    if (const auto way = rtp(*session->media().front().rtp(), *base::Endpoint::parse(source))) heard_.push_back(*way);
}

std::vector<media::Forward> Ladder::heard() {
    for (const auto& released : relay_->take_released()) heard_.push_back(released.way);
    return std::exchange(heard_, {});
}

void Ladder::change(const std::vector<nft::Change>& changes) {
    for (const auto& one : changes) {
        if (one.kind == nft::Change::Kind::open) table_.insert(one.pinhole);
        else table_.erase(one.pinhole);
    }
}

void Ladder::crash(std::string_view more_policy, base::WorkerId worker, unsigned workers) {
    asked_.clear();
    b2bua_.reset();
    relay_.emplace();
    policy_ = load(more_policy);
    b2bua_.emplace(Environment{worker, workers, &entropy_, &*relay_}, policy_, now_);
    for (const auto& [key, record] : std::map(journal_)) b2bua_->restore(key, record, now_);
    const auto before = std::exchange(table_, {});
    collect();
    for (const auto& asked : asked_) change(asked.changes);   // who claims it
    std::erase_if(table_, [&](const nft::Pinhole& pinhole) { return !before.contains(pinhole); });
    acknowledge();
}

void Ladder::reload(std::string_view more_policy, std::string_view before) {
    policy_ = load(more_policy, before);
    b2bua_->on_policy(policy_, now_);
    collect();
}

void Ladder::refuse_stream() {
    CPPUNIT_ASSERT(base::is_reliable(last_.transport));
    b2bua_->on_transport_failed(last_, now_);
    collect();
}

void Ladder::acknowledge() {
    while (!asked_.empty()) {
        const auto change = std::move(asked_.front());
        asked_.pop_front();
        this->change(change.changes);
        b2bua_->on_pinholes(change.token, std::nullopt, now_);
        collect();
    }
}

void Ladder::refuse() {
    while (!asked_.empty()) {
        const auto token = asked_.front().token;
        asked_.pop_front();
        b2bua_->on_pinholes(token, base::Reason::pinhole_set_full, now_);
        collect();
    }
}

std::optional<media::Forward> Ladder::rtp(const base::Endpoint& local, const base::Endpoint& remote) {
    std::vector<std::uint8_t> bytes(172, 0x80);
    return media(local, remote, bytes);
}

std::optional<media::Forward> Ladder::media(const base::Endpoint& local, const base::Endpoint& remote,
                                            std::span<std::uint8_t> bytes) {
    auto way = relay_->receive({local, remote, bytes}, now_);
    for (const auto& latched : relay_->take_latched()) b2bua_->on_latched(latched, now_);
    collect();
    return way;
}

void Ladder::pass(base::Duration time) {
    const auto end = now_ + time;
    while (b2bua_->next_deadline() <= end) {
        now_ = std::max(now_, b2bua_->next_deadline());
        b2bua_->advance(now_);
        collect();
    }
    now_ = end;
    collect();   // what a command set off since
}

sip::Message Ladder::to(std::string_view peer) {
    const auto where = *base::Endpoint::parse(peer);
    const auto found = std::ranges::find(sent_, where, [](const sip::Send& send) { return send.flow.remote; });
    CPPUNIT_ASSERT_MESSAGE("nothing was sent to " + std::string(peer), found != sent_.end());
    auto message = sip::Message::parse(*found->bytes);
    CPPUNIT_ASSERT(message);
    last_ = found->flow;
    sent_.erase(found);
    return std::move(*message);
}

bool Ladder::quiet(std::string_view peer) const {
    const auto where = *base::Endpoint::parse(peer);
    return std::ranges::none_of(sent_, [&](const sip::Send& send) { return send.flow.remote == where; });
}

void Ladder::skip(std::string_view peer) {
    const auto where = *base::Endpoint::parse(peer);
    std::erase_if(sent_, [&](const sip::Send& send) { return send.flow.remote == where; });
}

bool Ladder::is_empty_after(base::Duration time) {
    acknowledge();
    pass(time);
    const auto totals = b2bua_->totals();
    return totals.calls == 0 && totals.transactions == 0 && totals.ports_in_use == 0 && totals.pinholes == 0 &&
           totals.streams == 0 && totals.registrations == 0 && totals.remains == 0 && table_.empty() && journal_.empty();
}

sip::Message Ladder::request(std::string_view peer, std::string_view method, std::string_view uri) {
    auto message = sip::Message::request(method, uri);
    const std::string number = std::to_string(++branches_);
    message.add(HeaderName::via, "SIP/2.0/UDP " + std::string(peer) + ";branch=z9hG4bKtest" + number + ";rport");
    message.add(HeaderName::max_forwards, "70");
    message.add(HeaderName::from, "\"Ann\" <sip:ann@" + std::string(peer) + ">;tag=ann" + number);
    message.add(HeaderName::to, "<" + std::string(uri) + ">");
    message.add(HeaderName::call_id, "call-" + number + "@" + std::string(peer));
    message.add(HeaderName::cseq, "1 " + std::string(method));
    message.add(HeaderName::contact, contact(peer));
    return message;
}

sip::Message Ladder::invite(std::string_view peer, std::string_view user, std::string body) {
    const std::string host = is_inside(*base::Endpoint::parse(peer)) ? "198.51.100.1" : "203.0.113.1";
    auto message = request(peer, "INVITE", "sip:" + std::string(user) + "@" + host);
    if (!body.empty()) message.set_body(std::move(body), "application/sdp");
    return message;
}

sip::Message Ladder::within(const sip::Message& request, const sip::Message& response, std::string_view method) {
    const auto contact = response.value(HeaderName::contact);
    auto message = sip::Message::request(method, contact.substr(1, contact.find('>') - 1));
    message.add(HeaderName::via, "SIP/2.0/UDP " + std::string(kOutside) + ";branch=z9hG4bKtest" + std::to_string(++branches_) + ";rport");
    message.add(HeaderName::max_forwards, "70");
    message.add(HeaderName::from, request.value(HeaderName::from));
    message.add(HeaderName::to, response.value(HeaderName::to));
    message.add(HeaderName::call_id, request.call_id());
    const auto cseq = method == "ACK" ? request.cseq() : request.cseq() + branches_;
    message.add(HeaderName::cseq, std::to_string(cseq) + " " + std::string(method));
    message.add(HeaderName::contact, request.value(HeaderName::contact));
    return message;
}

sip::Message Ladder::backwards(std::string_view peer, const sip::Message& request, std::string_view method,
                               std::string_view tag) {
    const auto target = request.value(HeaderName::contact);
    auto message = sip::Message::request(method, target.substr(1, target.find('>') - 1));
    message.add(HeaderName::via, "SIP/2.0/UDP " + std::string(peer) + ";branch=z9hG4bKback" + std::to_string(++branches_) + ";rport");
    message.add(HeaderName::max_forwards, "70");
    message.add(HeaderName::from, std::string(request.value(HeaderName::to)) + ";tag=" + std::string(tag));
    message.add(HeaderName::to, request.value(HeaderName::from));
    message.add(HeaderName::call_id, request.call_id());
    message.add(HeaderName::cseq, std::to_string(branches_) + " " + std::string(method));
    message.add(HeaderName::contact, contact(peer));
    return message;
}

sip::Message Ladder::ack(const sip::Message& invite, const sip::Message& response) {
    auto message = sip::Message::request("ACK", invite.request_uri());
    message.add(HeaderName::via, invite.value(HeaderName::via));
    message.add(HeaderName::max_forwards, "70");
    message.add(HeaderName::from, invite.value(HeaderName::from));
    message.add(HeaderName::to, response.value(HeaderName::to));
    message.add(HeaderName::call_id, invite.call_id());
    message.add(HeaderName::cseq, std::to_string(invite.cseq()) + " ACK");
    return message;
}

sip::Message Ladder::cancel(const sip::Message& invite) {
    auto message = sip::Message::request("CANCEL", invite.request_uri());
    for (const auto id : {HeaderName::via, HeaderName::max_forwards, HeaderName::from, HeaderName::to, HeaderName::call_id})
        message.add(id, invite.value(id));
    message.add(HeaderName::cseq, std::to_string(invite.cseq()) + " CANCEL");
    return message;
}

sip::Message Ladder::answer(std::string_view peer, const sip::Message& request, int status, std::string_view tag,
                            std::string body) {
    auto message = sip::Message::response(status);
    for (const auto via : request.items(HeaderName::via)) message.add(HeaderName::via, via);
    message.add(HeaderName::from, request.value(HeaderName::from));
    std::string to(request.value(HeaderName::to));
    if (request.to_tag().empty() && !tag.empty()) to += ";tag=" + std::string(tag);
    message.add(HeaderName::to, to);
    message.add(HeaderName::call_id, request.call_id());
    message.add(HeaderName::cseq, request.value(HeaderName::cseq));
    if (status < 300) message.add(HeaderName::contact, contact(peer));
    if (!body.empty()) message.set_body(std::move(body), "application/sdp");
    return message;
}

}  // namespace sbc::test
