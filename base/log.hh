// One line an event: "<time> <level> <event> call=<id> key=value …". The sink is set up once, by the daemon.
#pragma once

#include <string>
#include <string_view>

namespace base::log {

enum class Level { debug, info, warning, error };

// Before this, lines go to standard error. `file` empty: standard error.
void open(std::string_view file, Level least);
void reopen();  // after a rotation
bool enabled(Level level);

// One line's fields, written as they come: Fields("call", id)("from", uri). Values with blanks, quotes, '=' or control
// characters are quoted and escaped, so that no peer can forge a line or a field.
class Fields {
 public:
    Fields(std::string_view key, std::string_view value) { (*this)(key, value); }
    Fields& operator()(std::string_view key, std::string_view value);
    operator std::string_view() const { return text_; }  // NOLINT: reads as the text that it is

 private:
    std::string text_;
};

// `event` is a stable word; `fields` comes from Fields, or is text of our own.
void write(Level level, std::string_view event, std::string_view fields);

// A thread that serves traffic: while it lives, lines below warning of this thread wait for flush(), so that a message
// does not wait for its log, and the lines of one turn cost one system call. A process that is killed loses that turn's.
class Gathering {
 public:
    Gathering();
    ~Gathering();
    Gathering(const Gathering&) = delete;
    Gathering& operator=(const Gathering&) = delete;
};
// Writes what this thread has gathered; costs nothing where that is nothing.
void flush();

inline void info(std::string_view event, std::string_view fields) { write(Level::info, event, fields); }
inline void warning(std::string_view event, std::string_view fields) { write(Level::warning, event, fields); }
inline void error(std::string_view event, std::string_view fields) { write(Level::error, event, fields); }

}  // namespace base::log
