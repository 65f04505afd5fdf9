#include "net/dns_client.hh"

#include <ares.h>
#include <netdb.h>

#include <cstring>
#include <map>
#include <stdexcept>

#include "net/dns_answer.hh"
#include "net/socket_address.hh"

namespace net {
namespace {

constexpr int kInternetClass = 1, kDatagramBytes = 1232;          // the latter passes every link unbroken
constexpr base::Duration kHostsFileTtl{std::chrono::seconds(30)};  // the file may change under us

// One question on its way.
struct Asked {
    base::DnsQuestion question;
    std::function<void(base::DnsAnswer)> done;
};

void on_answer(void* data, int status, int, unsigned char* bytes, int length) {
    const std::unique_ptr<Asked> asked(static_cast<Asked*>(data));
    if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) return;
    const bool readable = status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND;
    if (!readable || !bytes || length <= 0) return asked->done({});
    asked->done(read_dns_answer({bytes, static_cast<std::size_t>(length)}, asked->question));
}

base::Address address_of(const hostent& host, const char* bytes) {
    SocketAddress address{};
    address.any.sa_family = static_cast<sa_family_t>(host.h_addrtype);
    if (host.h_addrtype == AF_INET) std::memcpy(&address.v4.sin_addr, bytes, sizeof address.v4.sin_addr);
    else std::memcpy(&address.v6.sin6_addr, bytes, sizeof address.v6.sin6_addr);
    return from_socket_address(address).address;
}

}  // namespace

struct DnsClient::State {
    explicit State(Loop& on) : loop(&on) {}
    ~State() {
        if (channel) ares_destroy(channel);
        ares_library_cleanup();
    }

    static void on_socket(void* self, ares_socket_t socket, int readable, int writable) {
        static_cast<State*>(self)->watch(socket, readable, writable);
    }

    void watch(ares_socket_t socket, int readable, int writable) {
        if (!readable && !writable) {
            watches.erase(socket);
            return;
        }
        auto& watch = watches[socket];
        if (!watch)
            watch = std::make_unique<Watch>(*loop, socket, [this, socket] { ares_process_fd(channel, socket, ARES_SOCKET_BAD); });
        if (writable) watch->when_writable([this, socket] { ares_process_fd(channel, ARES_SOCKET_BAD, socket); });
    }

    // Nothing: the file does not name it.
    base::DnsAnswer from_hosts_file(const base::DnsQuestion& question) const {
        base::DnsAnswer answer;
        if (question.type != base::DnsType::a && question.type != base::DnsType::aaaa) return answer;
        hostent* host = nullptr;
        const int family = question.type == base::DnsType::a ? AF_INET : AF_INET6;
        if (ares_gethostbyname_file(channel, question.name.c_str(), family, &host) != ARES_SUCCESS) return answer;
        const std::unique_ptr<hostent, void (*)(hostent*)> owned(host, ares_free_hostent);
        for (char** bytes = host->h_addr_list; *bytes; ++bytes) answer.addresses.push_back(address_of(*host, *bytes));
        if (!answer.addresses.empty()) answer.outcome = base::DnsAnswer::Outcome::found;
        answer.ttl = kHostsFileTtl;
        return answer;
    }

    Loop* loop;
    ares_channel channel = nullptr;
    std::map<ares_socket_t, std::unique_ptr<Watch>> watches;
};

DnsClient::DnsClient(Loop& loop, const DnsSettings& settings) {
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) throw std::runtime_error("c-ares cannot start");
    state_ = std::make_unique<State>(loop);
    ares_options options{};
    options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_EDNS;
    options.timeout = static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(settings.timeout).count());
    options.tries = settings.tries;
    options.ednspsz = kDatagramBytes;
    options.sock_state_cb = State::on_socket;
    options.sock_state_cb_data = state_.get();
    const int status = ares_init_options(
        &state_->channel, &options,
        ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_STATE_CB);
    if (status != ARES_SUCCESS) throw std::runtime_error(ares_strerror(status));
    std::string servers;
    for (const auto& server : settings.servers) servers += (servers.empty() ? "" : ",") + server.to_string();
    if (!servers.empty() && ares_set_servers_ports_csv(state_->channel, servers.c_str()) != ARES_SUCCESS)
        throw std::runtime_error("c-ares refuses the name servers " + servers);
}

DnsClient::~DnsClient() = default;

void DnsClient::ask(const base::DnsQuestion& question, std::function<void(base::DnsAnswer)> done) {
    if (auto known = state_->from_hosts_file(question); known.outcome == base::DnsAnswer::Outcome::found)
        return done(std::move(known));
    auto asked = std::make_unique<Asked>(Asked{question, std::move(done)});
    const auto& name = asked->question.name;
    ares_query(state_->channel, name.c_str(), kInternetClass, static_cast<int>(question.type), on_answer, asked.release());
}

void DnsClient::advance() { ares_process_fd(state_->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); }

}  // namespace net
