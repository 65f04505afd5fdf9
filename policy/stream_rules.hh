// How a zone speaks TLS and WebSocket: part of the snapshot.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tls/context.hh"

namespace policy {

// TLS as a zone speaks it. Both null: it has no certificate, and its tls and wss listeners stay closed.
struct TlsRules {
    std::shared_ptr<const tls::Context> server;          // at its doors
    std::shared_ptr<const tls::Context> client;          // towards peers that have no rules of their own
};

struct WebSocketRules {
    std::string path;                                    // empty: any, as with the origins
    std::vector<std::string> origins;
};

}  // namespace policy
