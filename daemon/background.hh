// Going to the background: the caller waits until the daemon serves, so that a script that starts it knows how it went.
#pragma once

#include "net/descriptor.hh"

namespace sallyportd {

class Background {
 public:
    // Forks. Returns in the child alone; the parent ends with 0 once ready() was said, or with 1 when the child ended
    // without. Throws std::system_error.
    void enter();
    // Harmless in the foreground, and when said again.
    void ready();

 private:
    net::Descriptor told_;
};

}  // namespace sallyportd
