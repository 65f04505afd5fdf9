#include "net/loop.hh"

#include <utility>

#include "net/asio.hh"

namespace net {

namespace asio = boost::asio;

Loop::Loop() : context_(std::make_unique<asio::io_context>(1)) {}
Loop::~Loop() = default;

std::size_t Loop::turn(base::Duration longest, std::size_t most) {
    // An io_context without work stops, and would not wait; the guard keeps it waiting for what others post.
    const auto work = asio::make_work_guard(*context_);
    context_->restart();
    std::size_t handled = longest > base::Duration{0} ? context_->run_one_for(longest) : context_->poll_one();
    while (handled && handled < most && context_->poll_one()) ++handled;
    return handled;
}

void Loop::post(std::function<void()> task) { asio::post(*context_, std::move(task)); }

struct Watch::State : std::enable_shared_from_this<State> {
    const int number;
    asio::posix::stream_descriptor descriptor;
    std::function<void()> readable, writable;
    bool alive = true, reading = true, resting = false;

    State(Loop& loop, int fd, std::function<void()> on_readable)
        : number(fd), descriptor(loop.context(), fd), readable(std::move(on_readable)) {}

    void wait_readable() {
        descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                              [self = shared_from_this()](const boost::system::error_code& error) {
                                  if (error || !self->alive) return;
                                  self->readable();
                                  if (self->alive && self->reading && !self->resting) self->wait_readable();
                              });
    }

    void wait_writable() {
        descriptor.async_wait(asio::posix::stream_descriptor::wait_write,
                              [self = shared_from_this()](const boost::system::error_code& error) {
                                  if (error || !self->alive) return;
                                  const auto call = std::exchange(self->writable, nullptr);
                                  if (call) call();
                              });
    }
};

Watch::Watch(Loop& loop, int descriptor, std::function<void()> readable)
    : state_(std::make_shared<State>(loop, descriptor, std::move(readable))) {
    state_->wait_readable();
}

Watch::~Watch() {
    state_->alive = false;
    if (!state_->resting) state_->descriptor.release();
}

void Watch::stop_reading() { state_->reading = false; }

// Asio asks the kernel for edges: a descriptor that it knows wakes it for each datagram, waited for or not.
void Watch::rest() {
    if (state_->resting) return;
    state_->resting = true;
    state_->descriptor.release();
}

void Watch::resume() {
    if (!state_->resting) return;
    state_->resting = false;
    state_->descriptor.assign(state_->number);
    state_->wait_readable();
}

void Watch::when_writable(std::function<void()> writable) {
    const bool waiting = static_cast<bool>(state_->writable);
    state_->writable = std::move(writable);
    if (!waiting) state_->wait_writable();
}

}  // namespace net
