// What must be true of the host before anything is opened, said in one clear line each where it is not; and the
// folders and limits that the engine will need and could not make itself any more.
#pragma once

#include <string>
#include <vector>

#include "policy/snapshot.hh"

namespace sallyportd {

// One line for each thing that is missing. Empty: the daemon can start.
std::vector<std::string> missing_privileges();

struct Account {
    unsigned user = 0, group = 0;
};
// Of whom the engine becomes: `name`, or nobody.
Account account_of(const std::string& name);

// As many open files as the host allows.
void raise_descriptor_limit();

// Where the journal is, within node.state_dir.
std::string journal_folder(const policy::Node& node);
// Makes both folders where they are missing, the journal's for the engine alone. Throws std::runtime_error with one
// clear line.
void make_journal_folder(const policy::Node& node, const Account& engine);

// Makes a folder (its parent must be there) that `owner` may write to. One that
// is there stays as it is. Throws std::system_error.
void make_folder(const std::string& path, const Account& owner);

std::string folder_of(const std::string& file);

}  // namespace sallyportd
