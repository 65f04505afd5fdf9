#include "sbc/registrations.hh"

#include <algorithm>
#include <utility>

namespace sbc {
namespace {

void erase_one(auto& table, const auto& key, const auto& is_it) {
    const auto [first, last] = table.equal_range(key);
    if (const auto found = std::find_if(first, last, is_it); found != last) table.erase(found);
}

}  // namespace

// In the order of BindingTexts; the answer is empty where there is none, the path is what is left.
void Registration::write(const BindingTexts& said) {
    const std::string_view fixed[] = {said.token,        said.aor,  said.contact,    said.instance,           said.near_call_id,
                                      said.far_call_id, said.peer, said.parameters, said.answer.value_or("")};
    std::size_t room = 0;
    for (const auto text : fixed) room += sip::PackedTexts::room_for(text);
    for (const auto text : said.path) room += sip::PackedTexts::room_for(text);
    sip::PackedTexts packed;
    packed.reserve(room);
    for (const auto text : fixed) packed.add(text);
    for (const auto text : said.path) packed.add(text);
    upstream.answered = said.answer.has_value();
    texts_ = std::move(packed);
}

std::string_view Registration::text(int place) const {
    std::size_t at = 0;
    while (place-- > 0) texts_.next(at);
    return texts_.next(at);
}

BindingTexts Registration::texts() const {
    BindingTexts said;
    std::size_t at = 0;
    for (auto* text : {&said.token, &said.aor, &said.contact, &said.instance, &said.near_call_id, &said.far_call_id, &said.peer,
                       &said.parameters})
        *text = texts_.next(at);
    if (const auto answer = texts_.next(at); upstream.answered) said.answer = answer;
    while (at < texts_.size()) said.path.push_back(texts_.next(at));
    return said;
}

const Registration* Registrations::find(std::string_view token) const {
    const auto found = by_token_.find(token);
    return found == by_token_.end() ? nullptr : *found;
}

Registration* Registrations::find(std::string_view token) {
    const auto found = by_token_.find(token);
    return found == by_token_.end() ? nullptr : *found;
}

Registration* Registrations::find(std::uint64_t number) {
    const auto found = by_number_.find(number);
    return found == by_number_.end() ? nullptr : &found->second;
}

Registration* Registrations::find(std::string_view aor, std::string_view contact, std::string_view instance) {
    const auto [first, last] = by_aor_.equal_range(aor);
    const auto found = std::find_if(first, last, [&](const Registration* one) {
        return one->instance() == instance && (!instance.empty() || one->contact() == contact);
    });
    return found == last ? nullptr : *found;
}

Registration& Registrations::put(const BindingTexts& said, const base::Flow& flow) {
    const auto number = ++last_number_;
    auto& made = by_number_.try_emplace(number, number, said).first->second;
    by_token_.insert(&made);
    by_aor_.insert(&made);
    move(made, flow);
    return made;
}

void Registrations::move(Registration& registration, const base::Flow& flow) {
    if (registration.flow.connection != flow.connection) {
        forget_connection(registration);
        if (flow.connection.value) by_connection_.emplace(flow.connection.value, &registration);
    }
    registration.flow = flow;
}

void Registrations::forget_connection(const Registration& registration) {
    if (const auto connection = registration.flow.connection.value)
        erase_one(by_connection_, connection, [&](const auto& entry) { return entry.second == &registration; });
}

void Registrations::remove(std::string_view token) {
    const auto found = by_token_.find(token);
    if (found == by_token_.end()) return;
    const auto* registration = *found;
    const auto number = registration->number;
    by_token_.erase(found);
    erase_one(by_aor_, registration->aor(), [&](const Registration* one) { return one == registration; });
    forget_connection(*registration);
    by_number_.erase(number);
}

std::vector<const Registration*> Registrations::of_user(std::string_view aor) const {
    const auto [first, last] = by_aor_.equal_range(aor);
    return {first, last};
}

std::vector<std::string> Registrations::tokens_of(std::string_view aor) const {
    std::vector<std::string> tokens;
    for (const auto* one : of_user(aor)) tokens.emplace_back(one->token());
    return tokens;
}

std::vector<std::string> Registrations::tokens_behind(base::ConnectionId connection) const {
    std::vector<std::string> tokens;
    const auto [first, last] = by_connection_.equal_range(connection.value);
    for (auto it = first; it != last; ++it) tokens.emplace_back(it->second->token());
    return tokens;
}

}  // namespace sbc
