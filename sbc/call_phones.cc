#include "sbc/call_phones.hh"

#include <utility>

#include "base/log.hh"
#include "sbc/call_branches.hh"
#include "sbc/call_invite.hh"
#include "sbc/context.hh"
#include "sbc/phones.hh"

namespace sbc {

bool may_turn_to_phones(const Context& context, const Call& call) {
    const auto& setup = call.setup;
    if (!setup || setup->sought || setup->closed || call.fork || call.policy != context.policy) return false;
    return setup->route.registered || (!call.emergency && !survived(context, setup->route.targets).empty());
}

bool turn_to_phones(Context& context, Call& call, Failure& failure) {
    if (call.state != Call::State::early || !may_turn_to_phones(context, call)) return false;
    auto& setup = *call.setup;
    const bool unreached = setup.ways.empty() || setup.unreached;
    if (!unreached || setup.provisional) return false;
    setup.sought = true;
    auto registrars = setup.route.registered ? std::vector<std::string>{} : survived(context, setup.route.targets);
    auto search = search_for(context, setup.request, call.party(Side::a), std::move(registrars));
    search.number = call.number.value;
    setup.failure = std::make_shared<Failure>(std::move(failure));
    if (go_on(context, search)) phones_found(context, call, search.found);
    return true;
}

void phones_found(Context& context, Call& call, const std::vector<Phone>& phones) {
    if (call.state != Call::State::early || !call.setup || !call.setup->failure) return;
    auto& setup = *call.setup;
    auto failure = std::move(*std::exchange(setup.failure, nullptr));
    auto ways = call.policy == context.policy ? ways_to(context, phones) : std::vector<Way>{};
    if (ways.empty()) return fail_setup(context, call, std::move(failure));
    if (!setup.route.registered) ++context.totals.calls_survived;
    base::log::info("call_to_phones", base::log::Fields("call", call.id)("phones", std::to_string(ways.size()))(
                                          "why", setup.route.registered ? "route" : "registrar_gone"));
    begin_anew(context, call, std::move(ways));
    if (setup.ways.size() > 1 && call.kind == Call::Kind::invite) {
        setup.route.fork = policy::Forking::parallel;
        ring_branches(context, call);
    } else if (!try_next_target(context, call)) {
        give_up(context, call, base::sip_status_of(base::Reason::no_target));
    }
}

}  // namespace sbc
