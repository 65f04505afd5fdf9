// The event loop of one thread (Boost.Asio behind it), cut into turns: what is ready is handled, then the owner does
// what belongs to the end of a turn. It reads no clock of its own but to wait; deadlines are handed in.
#pragma once

#include <functional>
#include <memory>

#include "base/time.hh"

namespace boost::asio {
class io_context;
}

namespace net {

class Loop {
 public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    // Waits until something is ready or `longest` has passed, then handles at most `most` events. Returns how many.
    std::size_t turn(base::Duration longest, std::size_t most = 256);
    // Runs `task` in the loop's thread, in a later turn. The only function that other threads may call.
    void post(std::function<void()> task);

    boost::asio::io_context& context() { return *context_; }

 private:
    std::unique_ptr<boost::asio::io_context> context_;
};

// Tells when a descriptor can be read, or written. The descriptor stays its owner's, who destroys the watch before
// closing it. A watch may be destroyed inside its own call.
class Watch {
 public:
    // `readable` is called again and again while there is something to read.
    Watch(Loop& loop, int descriptor, std::function<void()> readable);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    // No more calls for reading: after the peer's end, which would be told for ever.
    void stop_reading();
    // Out of the loop, so that what arrives wakes nobody; and back: what has arrived meanwhile is told. Not while a call
    // for writing is due.
    void rest();
    void resume();
    // One call, when the descriptor can be written next. Asking again before that changes nothing.
    void when_writable(std::function<void()> writable);

 private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace net
