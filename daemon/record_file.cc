#include "daemon/record_file.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/log.hh"

namespace sallyportd {

RecordFile::RecordFile(std::string path) : path_(std::move(path)) { reopen(); }

void RecordFile::reopen() {
    file_ = net::Descriptor();
    if (path_.empty()) return;
    constexpr mode_t kOwnerAndGroup = 0640;      // who called whom is nobody else's business
    file_ = net::Descriptor(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kOwnerAndGroup));
}

void RecordFile::move_to(std::string path) {
    if (path == path_) return;
    path_ = std::move(path);
    reopen();
}

void RecordFile::append(std::string_view lines) {
    if (path_.empty() || lines.empty()) return;
    if (file_.number() < 0) reopen();
    while (!lines.empty()) {
        const auto written = ::write(file_.number(), lines.data(), lines.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return lose(lines);
        lines.remove_prefix(static_cast<std::size_t>(written));
    }
    failing_ = false;
}

void RecordFile::lose(std::string_view lines) {
    const int why = errno;
    lost_ += static_cast<std::uint64_t>(std::ranges::count(lines, '\n'));
    if (failing_) return;
    failing_ = true;
    base::log::error("records_lost", base::log::Fields("file", path_)("why", std::strerror(why)));
}

bool rotate_records(const std::string& path, std::uint64_t bytes, unsigned keep) {
    struct stat now {};
    if (path.empty() || ::stat(path.c_str(), &now) || static_cast<std::uint64_t>(now.st_size) < bytes) return false;
    const auto old = [&](unsigned number) { return path + "." + std::to_string(number); };
    if (keep == 0) return ::unlink(path.c_str()) == 0;
    for (unsigned number = keep; number > 1; --number) (void)std::rename(old(number - 1).c_str(), old(number).c_str());
    return std::rename(path.c_str(), old(1).c_str()) == 0;
}

}  // namespace sallyportd
