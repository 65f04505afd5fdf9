#include "tests/sim/shares.hh"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

namespace sim {
namespace {

struct Share {
    pid_t process = -1;
    std::FILE* results = nullptr;
};

using Long = unsigned long long;

void write_to(std::FILE* results, const Tally& tally) {
    std::fprintf(results, "failed %llu\npackets %llu\n", Long{tally.failed}, Long{tally.packets});
    for (const auto pair : tally.coverage.pairs) std::fprintf(results, "pair %llu\n", Long{pair});
    for (const auto& [what, times] : tally.coverage.counts)
        std::fprintf(results, "count %llu %.*s\n", Long{times}, static_cast<int>(what.size()), what.data());
    std::fprintf(results, "end\n");
    std::fclose(results);
}

// Names of what is counted, as long as the program lives.
std::string_view kept(const char* name) {
    static std::set<std::string, std::less<>> names;
    return *names.emplace(name).first;
}

// False: it breaks off.
bool add_from(std::FILE* results, Tally& tally) {
    char line[256], word[16], name[200];
    while (std::fgets(line, sizeof line, results)) {
        Long number = 0;
        name[0] = 0;
        const int read = std::sscanf(line, "%15s %llu %199[^\n]", word, &number, name);
        const std::string_view what = word;
        if (what == "end") return true;
        if (read < 2) return false;
        if (what == "failed") tally.failed += number;
        if (what == "packets") tally.packets += number;
        if (what == "pair") tally.coverage.pairs.insert(static_cast<std::uint32_t>(number));
        if (what == "count") tally.coverage.count(kept(name), number);
    }
    return false;
}

Share begin(unsigned number, const std::function<Tally(unsigned)>& play) {
    int ends[2];
    if (pipe(ends) != 0) return {};
    std::fflush(stdout);
    const pid_t process = fork();
    if (process == 0) {
        close(ends[0]);
        std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);   // whole lines, whoever else writes
        write_to(fdopen(ends[1], "w"), play(number));
        std::exit(0);                                    // a sanitizer has its say
    }
    close(ends[1]);
    return {process, fdopen(ends[0], "r")};
}

}  // namespace

Tally play_shares(unsigned shares, const std::function<Tally(unsigned)>& play) {
    if (shares <= 1) return play(0);
    std::vector<Share> running;
    for (unsigned number = 0; number < shares; ++number) running.push_back(begin(number, play));
    Tally all;
    for (const auto& share : running) {
        const bool whole = share.results && add_from(share.results, all);
        if (share.results) std::fclose(share.results);
        int status = 1;
        if (share.process > 0) waitpid(share.process, &status, 0);
        if (whole && status == 0) continue;
        ++all.failed;
        std::printf("a process of the simulation died (status %d)\n", status);
    }
    return all;
}

}  // namespace sim
