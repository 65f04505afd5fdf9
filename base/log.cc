#include "base/log.hh"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <mutex>
#include <string>
#include <utility>

namespace base::log {
namespace {

thread_local bool gathering = false, gathered = false;

// Standard error, written when it is flushed.
class StandardError final : public spdlog::sinks::base_sink<std::mutex> {
    void sink_it_(const spdlog::details::log_msg& message) override {
        formatter_->format(message, waiting_);
        if (waiting_.size() > kMostWaiting) flush_();
    }

    // What the reader does not take is lost: no call waits for a log.
    void flush_() override {
        const char* at = waiting_.data();
        std::size_t left = waiting_.size();
        while (left > 0) {
            const auto written = ::write(STDERR_FILENO, at, left);
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) break;
            at += written;
            left -= static_cast<std::size_t>(written);
        }
        waiting_.clear();
    }

    static constexpr std::size_t kMostWaiting = 64 * 1024;
    spdlog::memory_buf_t waiting_;
};

// The one logger of the process; spdlog's own registry stays unused. Written before the workers start.
struct Sink {
    std::shared_ptr<spdlog::logger> logger =
        std::make_shared<spdlog::logger>("sallyport", std::make_shared<StandardError>());
    std::string file;
    Level least = Level::info;

    Sink() { format(); }
    void format() {
        logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
        logger->set_level(spdlog::level::debug);
        logger->flush_on(spdlog::level::warn);
    }
};

Sink& sink() {
    static Sink the_sink;
    return the_sink;
}

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warning: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
    }
    return spdlog::level::info;
}

}  // namespace

void open(std::string_view file, Level least) {
    sink().file = file;
    sink().least = least;
    if (!file.empty()) reopen();
}

void reopen() {
    if (sink().file.empty()) return;
    auto to_file = std::make_shared<spdlog::sinks::basic_file_sink_mt>(sink().file);
    sink().logger = std::make_shared<spdlog::logger>("sallyport", std::move(to_file));
    sink().format();
}

Fields& Fields::operator()(std::string_view key, std::string_view value) {
    if (!text_.empty()) text_ += ' ';
    text_.append(key) += '=';
    const auto plain = [](unsigned char c) { return c > ' ' && c != '"' && c != '=' && c != '\\' && c != 0x7f; };
    if (!value.empty() && std::ranges::all_of(value, plain)) {
        text_ += value;
        return *this;
    }
    text_ += '"';
    for (const unsigned char c : value) {
        if (c < ' ' || c == 0x7f) fmt::format_to(std::back_inserter(text_), "\\x{:02x}", c);
        else {
            if (c == '"' || c == '\\') text_ += '\\';
            text_ += static_cast<char>(c);
        }
    }
    text_ += '"';
    return *this;
}

bool enabled(Level level) { return level >= sink().least; }

void write(Level level, std::string_view event, std::string_view fields) {
    if (!enabled(level)) return;
    sink().logger->log(spdlog_level(level), "{} {}", event, fields);
    gathered = true;
    if (!gathering) flush();
}

Gathering::Gathering() { gathering = true; }

Gathering::~Gathering() {
    flush();
    gathering = false;
}

void flush() {
    if (std::exchange(gathered, false)) sink().logger->flush();
}

}  // namespace base::log
