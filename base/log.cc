#include "base/log.hh"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <string>

namespace base::log {
namespace {

// The one logger of the process; spdlog's own registry stays unused. Written before the workers start.
struct Sink {
    std::shared_ptr<spdlog::logger> logger =
        std::make_shared<spdlog::logger>("sallyport", std::make_shared<spdlog::sinks::stderr_sink_mt>());
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
    if (enabled(level)) sink().logger->log(spdlog_level(level), "{} {}", event, fields);
}

}  // namespace base::log
