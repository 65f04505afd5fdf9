// The control socket: a few local clients, one line of JSON each way (control_protocol.hh). Bounded in clients, in
// bytes and in time, so that none of them can hold the daemon up. What a command does is not its matter.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hh"
#include "net/descriptor.hh"
#include "net/loop.hh"

namespace sallyportd {

// Listening at `path`, which a dead daemon may have left behind; mode 0660, group `group`. Throws
// std::system_error; EADDRINUSE when a living daemon listens there.
net::Descriptor open_control(const std::string& path, unsigned group);

// Whether a daemon answers at `path`.
bool is_control_alive(const std::string& path);

class ControlServer {
 public:
    using Answer = std::function<void(std::string line)>;                            // may be called later, once
    using Execute = std::function<void(std::string_view request, Answer answer)>;    // one line, without its end

    ControlServer(net::Loop& loop, net::Descriptor listening, Execute execute);
    ~ControlServer();
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;

    // Closes clients that neither ask nor read for half a minute. To be called now and then.
    void advance(base::Time now);
    std::size_t clients() const { return clients_.size(); }

    static constexpr std::size_t kMostClients = 16;

 private:
    struct Client;

    void accept();
    void readable(const std::shared_ptr<Client>& client);
    void next_request(const std::shared_ptr<Client>& client);
    void write(const std::shared_ptr<Client>& client);
    void drop(const std::shared_ptr<Client>& client);

    net::Loop* loop_;
    net::Descriptor listening_;
    Execute execute_;
    base::Time now_{};
    std::vector<std::shared_ptr<Client>> clients_;
    net::Watch watch_;
};

}  // namespace sallyportd
