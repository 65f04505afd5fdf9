// A DNS zone for tests, written as one would write it in a zone file.
#pragma once

#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "sip/locating.hh"

namespace sip::test {

// "NAME TYPE DATA…" a line; `ttl` for all. Names of `dead` are never answered.
struct Zone {
    std::string text;
    std::set<std::string> dead{};
    base::Duration ttl{std::chrono::seconds(60)};

    base::DnsAnswer answer(const base::DnsQuestion& question) const {
        base::DnsAnswer answer;
        answer.ttl = ttl;
        if (dead.contains(question.name)) return answer;
        answer.outcome = base::DnsAnswer::Outcome::nothing;
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::string name, type;
            words >> name >> type;
            if (name == question.name && type == name_of(question.type)) take(question.type, words, answer);
        }
        return answer;
    }

    static std::string_view name_of(base::DnsType type) {
        switch (type) {
            case base::DnsType::a: return "A";
            case base::DnsType::aaaa: return "AAAA";
            case base::DnsType::srv: return "SRV";
            case base::DnsType::naptr: return "NAPTR";
        }
        return {};
    }

 private:
    static void take(base::DnsType type, std::istringstream& words, base::DnsAnswer& answer) {
        answer.outcome = base::DnsAnswer::Outcome::found;
        std::string text;
        if (type == base::DnsType::srv) {
            base::SrvRecord record;
            words >> record.priority >> record.weight >> record.port >> record.target;
            answer.services.push_back(record);
        } else if (type == base::DnsType::naptr) {
            base::NaptrRecord record;
            words >> record.order >> record.preference >> record.flags >> record.services >> record.regexp >> record.replacement;
            for (auto* field : {&record.flags, &record.services, &record.regexp})
                if (*field == "-") field->clear();
            answer.rules.push_back(record);
        } else if (words >> text) {
            answer.addresses.push_back(*base::Address::parse(text));
        }
    }
};

}  // namespace sip::test
