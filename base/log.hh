// One line an event: "<time> <level> <event> call=<id> key=value …". The sink is set up once, by the daemon.
#pragma once

#include <string_view>

namespace base::log {

enum class Level { debug, info, warning, error };

// Before this, lines go to standard error. `file` empty: standard error.
void open(std::string_view file, Level least);
void reopen();  // after a rotation
bool enabled(Level level);

// `event` is a stable word; `fields` is "key=value key=value", already escaped with field().
void write(Level level, std::string_view event, std::string_view fields);

inline void info(std::string_view event, std::string_view fields) { write(Level::info, event, fields); }
inline void warning(std::string_view event, std::string_view fields) { write(Level::warning, event, fields); }
inline void error(std::string_view event, std::string_view fields) { write(Level::error, event, fields); }

}  // namespace base::log
