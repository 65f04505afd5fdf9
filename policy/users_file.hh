// The users of a realm as a file, one a line, in htdigest's form and two more:
//     user:realm:HA1                     MD5, 32 hexadecimal digits: what `htdigest` writes
//     user:realm:SHA-256:HA1             64 hexadecimal digits of SHA-256 of user:realm:password; SHA-512-256 likewise
//     user:realm:password:TEXT           all algorithms, from the password, which is everything behind the last colon
// Empty lines and those that begin with # say nothing. Lines of other realms are for others.
#pragma once

#include <string>
#include <string_view>

#include "policy/authentication.hh"
#include "policy/complaints.hh"

namespace policy {

// Fills auth.users for auth.realm and auth.algorithms; false: there was an error. No message quotes a secret.
bool read_users_file(const std::string& file, std::string_view text, Authentication& auth, Complaints& complaints);

}  // namespace policy
