#include "daemon/commands.hh"

#include <boost/json.hpp>

#include <algorithm>
#include <array>

#include "base/log.hh"
#include "base/number.hh"
#include "config.h"
#include "daemon/clock.hh"
#include "daemon/control_protocol.hh"
#include "daemon/engine.hh"
#include "daemon/json_views.hh"
#include "daemon/request.hh"

namespace sallyportd {
namespace {

namespace json = boost::json;
using Answer = std::function<void(std::string)>;
using Calls = std::vector<std::vector<sbc::CallView>>;

constexpr std::uint32_t kUsualBan = 3600;

// One command on its way to its answer.
struct Errand {
    Engine& engine;
    Request request;
    Answer answer;

    template <class Result>
    void ask(std::function<Result(Worker&)> question, std::function<void(std::vector<Result>)> done) const {
        gather<Result>(engine.workers(), engine.loop(), std::move(question), std::move(done));
    }
    void ask_calls(std::function<void(std::vector<sbc::CallView>)> done) const {
        ask<std::vector<sbc::CallView>>([](Worker& worker) { return worker.b2bua().calls(); }, [done](Calls of_workers) {
            std::vector<sbc::CallView> calls;
            for (auto& some : of_workers) std::ranges::move(some, std::back_inserter(calls));
            std::ranges::stable_sort(calls, {}, &sbc::CallView::started);
            done(std::move(calls));
        });
    }
};

double seconds_since(base::Time moment) {
    return std::chrono::duration<double>(monotonic_now() - moment).count();
}

void status(const Errand& errand) {
    errand.ask<sbc::Totals>(
        [](Worker& worker) { return worker.b2bua().totals(); },
        [&engine = errand.engine, answer = errand.answer](const std::vector<sbc::Totals>& of_workers) {
            json::object result = to_json(sum(of_workers));
            result["version"] = PACKAGE_VERSION;
            result["name"] = engine.policy().node.name;
            result["uptime_s"] = static_cast<std::uint64_t>(seconds_since(engine.started()));
            result["workers"] = engine.workers().size();
            result["cps"] = engine.calls_per_second();
            result["draining"] = engine.draining();
            result["firewall"] = engine.policy().firewall.enforce ? "enforce" : "off";
            result["policy_hash"] = engine.policy().hash;
            result["policy_file"] = engine.policy().loaded;
            result["policy_loaded"] = rfc3339(engine.policy_since());
            answer(success(std::move(result)));
        });
}

void calls(const Errand& errand) {
    errand.ask_calls([answer = errand.answer](const std::vector<sbc::CallView>& all) {
        json::array result;
        for (const auto& call : all) result.push_back(to_json(call));
        answer(success(std::move(result)));
    });
}

void call(const Errand& errand) {
    errand.ask_calls([answer = errand.answer, id = errand.request.arguments.front()](const auto& all) {
        const auto found = std::ranges::find(all, id, &sbc::CallView::id);
        answer(found == all.end() ? failure("no such call: " + id) : success(to_json_with_streams(*found)));
    });
}

void streams(const Errand& errand) {
    errand.ask_calls([answer = errand.answer](const std::vector<sbc::CallView>& all) {
        json::array result;
        for (const auto& one : all)
            for (const auto& stream : one.streams) result.push_back(to_json(stream));
        answer(success(std::move(result)));
    });
}

void pinholes(const Errand& errand) {
    errand.engine.dump_pinholes([errand](std::vector<nft::PinholeStatus> all) {
        errand.ask_calls([answer = errand.answer, all = std::move(all)](const std::vector<sbc::CallView>& living) {
            answer(success(to_json(all, living)));
        });
    });
}

void registrations(const Errand& errand) {
    using Views = std::vector<sbc::RegistrationView>;
    errand.ask<Views>([](Worker& worker) { return worker.b2bua().registrations(); },
                      [answer = errand.answer](const std::vector<Views>& of_workers) {
                          json::array result;
                          for (const auto& views : of_workers)
                              for (const auto& view : views) result.push_back(to_json(view));
                          answer(success(std::move(result)));
                      });
}

void peers(const Errand& errand) {
    using Views = std::vector<sbc::PeerView>;
    errand.ask<Views>([](Worker& worker) { return worker.b2bua().peers(); },
                      [answer = errand.answer](const std::vector<Views>& of_workers) {
                          json::array result;
                          for (const auto& peer : merged(of_workers)) result.push_back(to_json(peer));
                          answer(success(std::move(result)));
                      });
}

void stats(const Errand& errand) {
    using Figures = std::pair<Counters, sbc::Totals>;
    errand.ask<Figures>([](Worker& worker) { return Figures(worker.counters(), worker.b2bua().totals()); },
                        [answer = errand.answer](const std::vector<Figures>& of_workers) {
                            Counters counters;
                            std::vector<sbc::Totals> totals;
                            for (const auto& [some, total] : of_workers) counters += some, totals.push_back(total);
                            json::object result = to_json(counters);
                            for (auto& [key, value] : to_json(sum(totals))) result[key] = value;
                            answer(success(std::move(result)));
                        });
}

void hang_up(const Errand& errand) {
    const std::string id = errand.request.arguments.front();
    errand.ask<int>([id](Worker& worker) { return worker.b2bua().hang_up(id, worker.now()) ? 1 : 0; },
                    [id, answer = errand.answer](const std::vector<int>& found) {
                        const bool ended = std::ranges::count(found, 1) > 0;
                        answer(ended ? success(json::object{{"call", id}}) : failure("no such call: " + id));
                    });
}

void reload(const Errand& errand) {
    errand.engine.reload([&engine = errand.engine, answer = errand.answer](const std::string& why_not) {
        answer(why_not.empty() ? success(json::object{{"policy_hash", engine.policy().hash}}) : failure(why_not));
    });
}

void drain_peer(const Errand& errand, bool on) {
    const auto& peer = errand.request.arguments.front();
    errand.answer(errand.engine.drain(peer, on) ? success(json::object{{"peer", peer}, {"draining", on}})
                                                : failure("no such peer: " + peer));
}

// Without a peer, of the whole: on and off are the older words for it.
void drain(const Errand& errand) {
    const auto& arguments = errand.request.arguments;
    if (!arguments.empty() && arguments[0] != "on" && arguments[0] != "off") return drain_peer(errand, true);
    errand.engine.drain(arguments.empty() || arguments[0] == "on");
    errand.answer(success(json::object{{"draining", errand.engine.draining()}}));
}

void undrain(const Errand& errand) {
    if (!errand.request.arguments.empty()) return drain_peer(errand, false);
    errand.engine.drain(false);
    errand.answer(success(json::object{{"draining", false}}));
}

void ban(const Errand& errand) {
    const auto& arguments = errand.request.arguments;
    const auto address = base::Address::parse(arguments[0]);
    const auto length = arguments.size() > 1 ? base::to_number<std::uint32_t>(arguments[1]) : kUsualBan;
    if (!address || !length || *length == 0) {
        errand.answer(failure("ban: an address, and for how many seconds"));
        return;
    }
    errand.engine.link().ban(*address, *length);
    errand.engine.link().flush();
    base::log::info("ban", base::log::Fields("source", address->to_string())("seconds", std::to_string(*length)));
    errand.answer(success(json::object{{"source", address->to_string()}, {"seconds", *length}}));
}

void unban(const Errand& errand) {
    const auto address = base::Address::parse(errand.request.arguments[0]);
    if (!address) {
        errand.answer(failure("unban: an address"));
        return;
    }
    errand.engine.link().unban(*address);
    errand.engine.link().flush();
    base::log::info("unban", base::log::Fields("source", address->to_string()));
    errand.answer(success(json::object{{"source", address->to_string()}}));
}

struct Command {
    std::string_view name;
    std::size_t least, most;       // arguments
    void (*run)(const Errand&);
};

constexpr std::array<Command, 14> kCommands{{
    {"status", 0, 0, status},
    {"calls", 0, 0, calls},
    {"call", 1, 1, call},
    {"streams", 0, 0, streams},
    {"pinholes", 0, 0, pinholes},
    {"registrations", 0, 0, registrations},
    {"peers", 0, 0, peers},
    {"stats", 0, 0, stats},
    {"hangup", 1, 1, hang_up},
    {"reload", 0, 0, reload},
    {"drain", 0, 1, drain},
    {"undrain", 0, 1, undrain},
    {"ban", 1, 2, ban},
    {"unban", 1, 1, unban},
}};
static_assert(kCommands.size() == kControlCommands.size());

}  // namespace

void execute(Engine& engine, std::string_view line, std::function<void(std::string)> answer) {
    const auto parsed = parse_request(line);
    if (const auto* error = std::get_if<std::string>(&parsed)) {
        answer(failure(*error));
        return;
    }
    const auto& request = std::get<Request>(parsed);
    const auto command = std::ranges::find(kCommands, request.command, &Command::name);
    if (command == kCommands.end()) {
        answer(failure("no such command: " + request.command));
    } else if (request.arguments.size() < command->least || request.arguments.size() > command->most) {
        answer(failure(request.command + ": wrong number of arguments"));
    } else {
        command->run({engine, request, std::move(answer)});
    }
}

}  // namespace sallyportd
