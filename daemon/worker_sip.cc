// A worker's signalling: every message passes the guard, then the parser, then goes to the worker that owns it.
#include "daemon/worker.hh"

#include <algorithm>

#include "policy/emergency.hh"
#include "sbc/home.hh"
#include "sip/guard.hh"
#include "sip/refusal.hh"
#include "sip/via.hh"
#include "stun/binding.hh"

namespace sallyportd {
namespace {

constexpr unsigned kLongestInbox = 4096;
constexpr double kAnswersPerSecond = 500;      // to what guard or parser refuse: an answer is a courtesy

bool is_keep_alive(std::string_view bytes) {
    return bytes.find_first_not_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

sip::Framing framing_of(base::Transport transport) {
    if (transport == base::Transport::udp) return sip::Framing::datagram;
    return base::is_web_socket(transport) ? sip::Framing::message : sip::Framing::stream;
}

}  // namespace

// A message on its way to another worker.
struct Worker::Handed {
    sip::Message message;
    base::Flow flow;
};

void Worker::on_arrived(std::string_view bytes, const base::Flow& flow) {
    if (is_keep_alive(bytes)) {
        counters_.refuse(base::Reason::keep_alive);
        return;
    }
    if (flow.transport == base::Transport::udp && stun::is_message(bytes)) return keep_alive(bytes, flow);
    const sip::GuardVerdict verdict = sip::guard(bytes, framing_of(flow.transport), policy_->sip_limits);
    if (!verdict.accepted) {
        counters_.refuse(verdict.reason);
        if (verdict.answerable) refuse(verdict.reason, bytes, flow);
        return;
    }
    auto message = sip::Message::parse(bytes.substr(0, verdict.message_bytes));
    if (!message) {
        counters_.refuse(message.error());
        refuse(message.error(), bytes, flow);
        return;
    }
    ++counters_.messages;
    note_alias(*message, flow);
    const base::WorkerId home = sbc::home_of(*message, position_.workers, have_registered_phones(flow));
    if (home == position_.id) {
        understand(std::move(*message), flow);
    } else if (!hand_over(*all_[home.value], *message, flow)) {
        counters_.refuse(base::Reason::overload);
        refuse(base::Reason::overload, bytes, flow);
    }
}

// RFC 5626, 4.4.2: a phone asks by STUN whether its flow is alive, and whether NAT still gives it the same address.
void Worker::keep_alive(std::string_view bytes, const base::Flow& flow) {
    auto answer = stun::answer_to_binding(bytes, flow.remote);
    counters_.refuse(answer ? base::Reason::keep_alive : base::Reason::not_sip);
    if (answer) signalling_.send(flow, std::make_shared<const std::string>(std::move(*answer)));
}

bool Worker::have_registered_phones(const base::Flow& flow) const {
    return policy_->zone(policy_->zone_of(flow.listener)).registrations.has_value();
}

// RFC 5923, 5: who proved its name by TLS may ask for its requests to come by the connection that it opened.
void Worker::note_alias(const sip::Message& message, const base::Flow& flow) {
    if (flow.transport != base::Transport::tls || !message.is_request()) return;
    const auto via = sip::Via::parse(message.value(sip::HeaderName::via));
    if (!via || !via->parameter("alias")) return;
    const std::uint16_t port = via->port ? via->port : base::default_port(flow.transport);
    signalling_.alias(flow.connection, {flow.remote.address, port});
}

bool Worker::is_emergency_call(const sip::Message& message) const {
    return message.method() == sip::Method::invite && policy::is_emergency(*policy_, message);
}

// False: the other worker has too much to do already; to an emergency call nobody says so.
bool Worker::hand_over(Worker& home, sip::Message& message, const base::Flow& flow) {
    if (home.inbox_.load(std::memory_order_relaxed) >= kLongestInbox && !is_emergency_call(message)) return false;
    ++counters_.handed_over;
    home.inbox_.fetch_add(1, std::memory_order_relaxed);
    home.post([handed = std::make_shared<Handed>(Handed{std::move(message), flow})](Worker& worker) {
        worker.inbox_.fetch_sub(1, std::memory_order_relaxed);
        worker.understand(std::move(handed->message), handed->flow);
    });
    return true;
}

// The worker is the message's home.
void Worker::understand(sip::Message message, const base::Flow& flow) {
    read_resting();
    b2bua_.on_message(std::move(message), flow, now());
}

void Worker::ask(const sbc::DialogQuestion& question) {
    all_[question.home.value]->post([this, question](Worker& home) {
        post([number = question.number, answer = home.b2bua_.find_dialog(question)](Worker& asker) {
            asker.b2bua_.on_dialog(number, answer, asker.now());
        });
    });
}

void Worker::ask(const sbc::PhoneQuestion& question) {
    all_[question.home.value]->post([this, question](Worker& home) {
        post([number = question.number, phones = home.b2bua_.find_phones(question)](Worker& asker) {
            asker.b2bua_.on_phones(number, phones, asker.now());
        });
    });
}

void Worker::tell(const sbc::RegistrarNews& news) {
    for (auto* worker : all_)
        if (worker != this && (!news.to || worker->position_.id == *news.to))
            worker->post([news](Worker& other) { other.b2bua_.on_news(news, other.now()); });
}

void Worker::on_broken(base::Reason reason, std::string_view bytes, const base::Flow& flow) {
    counters_.refuse(reason);
    if (!bytes.empty()) refuse(reason, bytes, flow);
}

void Worker::refuse(base::Reason reason, std::string_view bytes, const base::Flow& flow) {
    if (!may_answer()) {
        ++counters_.answers_withheld;
        return;
    }
    auto answer = sip::refuse(bytes, reason, flow.remote.address.to_string(), flow.remote.port);
    if (answer) send({flow, std::make_shared<const std::string>(std::move(*answer))});
}

bool Worker::may_answer() {
    const std::chrono::duration<double> passed = now() - answers_since_;
    answers_since_ = now();
    answers_left_ = std::min(kAnswersPerSecond, answers_left_ + passed.count() * kAnswersPerSecond);
    if (answers_left_ < 1) return false;
    answers_left_ -= 1;
    return true;
}

// A connection's end concerns whoever has transactions on it; that may be any worker.
void Worker::on_failed(const base::Flow& flow) {
    b2bua_.on_transport_failed(flow, now());
    if (flow.transport != base::Transport::udp)
        to_everybody([flow](Worker& worker) { worker.b2bua_.on_transport_failed(flow, worker.now()); });
}

// The socket that is told of it need not be the one that sent it.
void Worker::on_returned(std::string_view beginning, const base::Flow& flow) {
    const auto owner = sip::Transactions::worker_of_request(beginning);
    if (!owner || owner->value >= all_.size()) return;
    if (*owner == position_.id) return b2bua_.on_undeliverable(beginning, flow, now());
    all_[owner->value]->post([text = std::string(beginning), flow](Worker& worker) {
        worker.b2bua_.on_undeliverable(text, flow, worker.now());
    });
}

void Worker::send(const sip::Send& send) {
    ++counters_.sent;
    if (base::is_reliable(send.flow.transport)) write_records();   // a stream takes it at once, datagrams wait
    const base::WorkerId owner = net::Connections::owner_of(send.flow.connection);
    if (!send.flow.connection.value || owner == position_.id || owner.value >= all_.size())
        signalling_.send(send.flow, send.bytes);
    else
        all_[owner.value]->post([send](Worker& worker) { worker.signalling_.send(send.flow, send.bytes); });
}

}  // namespace sallyportd
