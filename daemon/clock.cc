#include "daemon/clock.hh"

#include <ctime>

#include <cstdio>

namespace sallyportd {

base::Time monotonic_now() {
    return base::Time{
        std::chrono::duration_cast<base::Duration>(std::chrono::steady_clock::now().time_since_epoch())};
}

base::Duration wall_ahead() {
    return std::chrono::duration_cast<base::Duration>(std::chrono::system_clock::now().time_since_epoch()) -
           monotonic_now().time_since_epoch();
}

std::string rfc3339(base::Time moment) {
    const auto wall = std::chrono::system_clock::now() - (monotonic_now() - moment);
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(wall.time_since_epoch()).count();
    const std::time_t seconds = milliseconds / 1000;
    std::tm fields{};
    gmtime_r(&seconds, &fields);
    char text[40];
    const auto length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &fields);
    std::snprintf(text + length, sizeof text - length, ".%03dZ", static_cast<int>(milliseconds % 1000));
    return text;
}

}  // namespace sallyportd
