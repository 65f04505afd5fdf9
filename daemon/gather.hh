// Asks every worker the same question and collects the answers in the asker's own thread. Nobody waits.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "daemon/worker.hh"

namespace sallyportd {

using Workers = std::vector<std::unique_ptr<Worker>>;

// `ask` runs in each worker's thread; `done` runs in the thread of `home`, with the answers by worker number.
template <class Answer>
void gather(const Workers& workers, net::Loop& home, std::function<Answer(Worker&)> ask,
            std::function<void(std::vector<Answer>)> done) {
    struct Collection {
        std::vector<Answer> answers;
        std::size_t missing;
        std::function<void(std::vector<Answer>)> done;
    };
    auto collection = std::make_shared<Collection>(
        Collection{std::vector<Answer>(workers.size()), workers.size(), std::move(done)});
    for (std::size_t i = 0; i < workers.size(); ++i) {
        workers[i]->post([i, ask, collection, &home](Worker& worker) {
            home.post([i, collection, answer = ask(worker)]() mutable {
                collection->answers[i] = std::move(answer);
                if (--collection->missing == 0) collection->done(std::move(collection->answers));
            });
        });
    }
}

}  // namespace sallyportd
