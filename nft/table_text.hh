// Our table as text of nft's grammar, from its plain description. Pure; nft/skeleton loads it in one transaction.
// Names of sets and counters are for a person who reads `nft list table inet sallyport`.
#pragma once

#include <string>
#include <vector>

#include "nft/pinhole.hh"
#include "nft/table_spec.hh"

namespace nft {

// Letters, digits, '_' and '-', 1 to 31 of them: what may stand unquoted in a script.
bool is_table_name(const std::string& name);

// Replaces the table, whatever was in it: sets are empty afterwards.
std::string creation_text(const TableSpec& spec);
// Replaces the rules and the static sets; pinholes, bans and counters stay.
std::string reload_text(const TableSpec& spec);
// Removes the table, whether it exists or not.
std::string removal_text(const std::string& table);

// The set that holds a pinhole of this width and family: "exact4", "zone6".
std::string set_name(Width width, bool v4);
std::string ban_set_name(bool v4);

// Without prefixes that another one contains: an interval set refuses overlaps.
std::vector<Permitted> without_overlaps(std::vector<Permitted> permitted);
std::vector<base::Prefix> without_overlaps(std::vector<base::Prefix> prefixes);

}  // namespace nft
