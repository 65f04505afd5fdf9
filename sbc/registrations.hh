// The table of bindings (RFC 3261, 10.2.1; RFC 5626, 4.2): which phone stands behind which Contact that we gave the
// registrar, found by that Contact, by address of record, and by the connection that leads to the phone. A binding is
// here only after the registrar's 200. There may be a hundred thousand: each keeps its texts in one block.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/flow.hh"
#include "base/timers.hh"
#include "sip/packed_texts.hh"

namespace sbc {

// What a binding says; as views of it, good until it is written anew.
struct BindingTexts {
    std::string_view token;        // the user part of our Contact at the registrar
    std::string_view aor;          // "sip:alice@example.com", without parameters
    std::string_view contact;      // URI, as the phone wrote it
    std::string_view instance;     // +sip.instance and reg-id, where it has both: they name the binding (RFC 5626, 6)
    std::string_view near_call_id, far_call_id;   // a refresh in the same series keeps its Call-ID at the registrar
    std::string_view peer;         // the registrar, by name
    std::string_view parameters;   // of our Contact in its 200, without expires, with their semicolons
    std::optional<std::string_view> answer;   // its 200 as the phone was given it: header lines, each with its CRLF
    std::vector<std::string_view> path;   // by which proxies requests reach it, the first of them first (RFC 3327)
};

class Registration {
 public:
    Registration(std::uint64_t number_, const BindingTexts& said) : number(number_) { write(said); }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

    std::string_view token() const { return text(0); }
    std::string_view aor() const { return text(1); }
    std::string_view contact() const { return text(2); }
    std::string_view instance() const { return text(3); }
    std::string_view near_call_id() const { return text(4); }
    BindingTexts texts() const;
    // `said` may be views of what stands here; its token and address of record are what they were.
    void write(const BindingTexts& said);

    const std::uint64_t number;    // among the bindings of this worker
    base::Flow flow;               // where the phone really is
    base::Time registered, expires;   // as the phone was told
    std::uint32_t granted = 0;     // seconds, the last time
    std::uint32_t cseq = 0;        // of the phone's REGISTER that the registrar took
    std::uint32_t answered_cseq = 0;   // of the last one that was answered here
    std::uint64_t contact_print = 0, login_print = 0;   // what that REGISTER said, see registration_refresh.hh
    struct {
        base::Time expires;
        base::Time renew;          // until then refreshes are answered here
        std::uint32_t cseq = 0;    // of our last REGISTER in its series
        bool answered = false;     // there is an answer to say again
    } upstream;                    // what stands at the registrar
    base::TimerHandle timer;

 private:
    std::string_view text(int place) const;

    sip::PackedTexts texts_;
};

class Registrations {
 public:
    Registration* find(std::string_view token);
    const Registration* find(std::string_view token) const;
    Registration* find(std::uint64_t number);
    // By its instance where it has one, else by its Contact.
    Registration* find(std::string_view aor, std::string_view contact, std::string_view instance);
    // Its token is new.
    Registration& put(const BindingTexts& said, const base::Flow& flow);
    void move(Registration& registration, const base::Flow& flow);   // the phone is there now
    void remove(std::string_view token);
    const auto& all() const { return by_number_; }
    std::size_t size() const { return by_number_.size(); }
    std::vector<const Registration*> of_user(std::string_view aor) const;
    std::vector<std::string> tokens_of(std::string_view aor) const;
    std::vector<std::string> tokens_behind(base::ConnectionId connection) const;

 private:
    // The tables hold pointers alone, and are asked by the text that the binding itself keeps.
    template <std::string_view (Registration::*Name)() const>
    struct By {
        using is_transparent = void;
        static std::string_view name(std::string_view text) { return text; }
        static std::string_view name(const Registration* registration) { return (registration->*Name)(); }
        std::size_t operator()(const auto& one) const { return std::hash<std::string_view>{}(name(one)); }
        bool operator()(const auto& one, const auto& other) const { return name(one) == name(other); }
    };
    using ByToken = By<&Registration::token>;
    using ByAor = By<&Registration::aor>;
    void forget_connection(const Registration& registration);

    std::unordered_map<std::uint64_t, Registration> by_number_;
    std::unordered_set<Registration*, ByToken, ByToken> by_token_;
    std::unordered_multiset<Registration*, ByAor, ByAor> by_aor_;
    std::unordered_multimap<std::uint64_t, Registration*> by_connection_;   // streams only
    std::uint64_t last_number_ = 0;
};

}  // namespace sbc
