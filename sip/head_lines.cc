#include "sip/head_lines.hh"

#include "base/text.hh"
#include "sip/scan.hh"

namespace sip {

bool HeadLines::next(std::string_view& line) {
    const std::size_t begin = at_;
    for (std::size_t from = begin;;) {
        const std::size_t feed = text_.find('\n', from);
        if (feed == std::string_view::npos) return false;
        const bool crlf = feed > from && text_[feed - 1] == '\r';
        strict_ = strict_ && crlf;
        at_ = feed + 1;
        line = text_.substr(begin, feed - begin - (crlf ? 1 : 0));
        if (line.empty()) {
            complete_ = true;
            return false;
        }
        if (at_ == text_.size() || (text_[at_] != ' ' && text_[at_] != '\t')) return true;
        from = at_;
    }
}

RawHeader cut_header(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return {};
    std::string_view name = line.substr(0, colon);
    while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
    if (!is_token(name)) name = {};
    return {name, base::trimmed(line.substr(colon + 1))};
}

}  // namespace sip
