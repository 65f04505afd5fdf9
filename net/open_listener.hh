// Opens the socket of one listener: by the warden before the engine exists, or by the engine at a reload.
#pragma once

#include "net/descriptor.hh"
#include "net/listener_spec.hh"

namespace net {

// Non-blocking, bound with SO_REUSEPORT so that each worker can have its own, and listening where it is a stream.
// Throws std::system_error.
Descriptor open_listener(const ListenerSpec& spec);

// Whether somebody holds the listener's address already. SO_REUSEPORT alone would not tell when the other one has set
// it too: then both would run and the kernel would share the packets out between them. Throws std::system_error,
// EADDRINUSE when it is taken.
void prove_free(const ListenerSpec& spec);

}  // namespace net
