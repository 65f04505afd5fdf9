#include "net/connection.hh"

#include <netinet/tcp.h>

#include <cerrno>

#include "net/socket_address.hh"

namespace net {
namespace {

void send_at_once(int socket) {
    const int on = 1;
    (void)::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

Connection::Connection(const base::Flow& which, Descriptor socket, std::unique_ptr<Channel> channel, bool is_outgoing)
    : flow(which), outgoing(is_outgoing), socket_(std::move(socket)), channel_(std::move(channel)) {
    send_at_once(socket_.number());
}

Connection::~Connection() = default;

void Connection::watch(Loop& loop, std::function<void()> readable) {
    watch_ = std::make_unique<Watch>(loop, socket_.number(), std::move(readable));
}

void Connection::when_writable(std::function<void()> then) { watch_->when_writable(std::move(then)); }

bool Connection::leads_to(const base::Flow& other) const {
    return (flow.remote == other.remote || alias == other.remote) && flow.transport == other.transport && !closing;
}

Connection::Read Connection::read(std::span<char> buffer, std::vector<std::string>& arrived) {
    const ssize_t count = ::recv(socket_.number(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return Read::nothing;
    if (count <= 0) return Read::end;
    if (closing) return Read::bytes;                     // nobody listens any more
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
    if (!channel_) {
        arrived.emplace_back(bytes);
        return Read::bytes;
    }
    const bool goes_on = channel_->receive(bytes, arrived);
    gather();
    return goes_on ? Read::bytes : Read::end;
}

bool Connection::queue(Bytes bytes, std::size_t most) {
    if (queued_bytes_ + bytes->size() > most) return false;
    if (!channel_) {
        queued_bytes_ += bytes->size();
        queue_.push_back(std::move(bytes));
    } else if (!is_open()) {
        queued_bytes_ += bytes->size();
        held_.push_back(std::move(bytes));
    } else {
        (void)channel_->send(*bytes);
        gather();
    }
    return true;
}

// What was held leaves first when the channel is open; then what the channel has for the wire joins the queue.
void Connection::gather() {
    while (!held_.empty() && channel_->is_open()) {
        queued_bytes_ -= held_.front()->size();
        (void)channel_->send(*held_.front());
        held_.pop_front();
    }
    std::string wire = channel_->take_outgoing();
    if (wire.empty()) return;
    queued_bytes_ += wire.size();
    queue_.push_back(std::make_shared<const std::string>(std::move(wire)));
}

std::optional<bool> Connection::connected() {
    int error = 0;
    socklen_t length = sizeof error;
    if (::getsockopt(socket_.number(), SOL_SOCKET, SO_ERROR, &error, &length) || error) return std::nullopt;
    connecting = false;
    if (!channel_) return true;
    channel_->start();
    gather();
    return false;
}

Connection::Written Connection::write() {
    while (!queue_.empty()) {
        const std::string& first = *queue_.front();
        const ssize_t count = ::send(socket_.number(), first.data() + written_of_first_, first.size() - written_of_first_,
                                     MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Written::waits : Written::broken;
        queued_bytes_ -= static_cast<std::size_t>(count);
        written_of_first_ += static_cast<std::size_t>(count);
        if (written_of_first_ < first.size()) continue;
        queue_.pop_front();
        written_of_first_ = 0;
    }
    return Written::all;
}

void Connection::close() {
    closing = true;
    if (!channel_) return;
    channel_->close();
    gather();
}

}  // namespace net
