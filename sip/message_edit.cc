// Message's editing half: the header list is changed in place, new text is kept beside the old.
#include <algorithm>

#include "base/text.hh"
#include "sip/message.hh"
#include "sip/scan.hh"

namespace sip {
namespace {

// The index of the first header for which `same` holds; the number of headers when there is none.
template <class Same>
std::size_t first_of(const std::vector<Header>& headers, Same&& same) {
    return static_cast<std::size_t>(std::ranges::find_if(headers, same) - headers.begin());
}

auto named(std::string_view name) {
    return [name](const Header& header) { return base::equals_ignoring_case(header.name, name); };
}

auto identified(HeaderName id) {
    return [id](const Header& header) { return header.id == id; };
}

// Behind the last of its kind; the end of the list when there is none.
template <class Same>
std::size_t end_of_kind(const std::vector<Header>& headers, Same&& same) {
    for (std::size_t index = headers.size(); index > 0; --index)
        if (same(headers[index - 1])) return index;
    return headers.size();
}

}  // namespace

void Message::set_request_uri(std::string_view uri) { request_uri_ = text_.keep(uri); }

void Message::set_status(int status, std::string_view reason_phrase) {
    status_ = status;
    reason_phrase_ = reason_phrase.empty() ? reason_phrase_of(status) : text_.keep(reason_phrase);
}

// A response's method follows its CSeq.
void Message::changed(std::size_t index) {
    if (headers_[index].id == HeaderName::cseq && !is_request()) read_cseq(headers_[index].value);
}

void Message::set(HeaderName id, std::string_view value) {
    const std::size_t index = first_of(headers_, identified(id));
    if (index == headers_.size()) return add(id, value);
    replace_value(index, value);
    headers_.erase(std::remove_if(headers_.begin() + static_cast<std::ptrdiff_t>(index) + 1, headers_.end(),
                                  identified(id)),
                   headers_.end());
}

void Message::set(std::string_view name, std::string_view value) {
    if (const HeaderName id = parse_header_name(name); id != HeaderName::other) return set(id, value);
    const std::size_t index = first_of(headers_, named(name));
    if (index == headers_.size()) return add(name, value);
    replace_value(index, value);
    headers_.erase(std::remove_if(headers_.begin() + static_cast<std::ptrdiff_t>(index) + 1, headers_.end(),
                                  named(name)),
                   headers_.end());
}

void Message::add(HeaderName id, std::string_view value) {
    const std::size_t index = end_of_kind(headers_, identified(id));
    headers_.insert(headers_.begin() + static_cast<std::ptrdiff_t>(index),
                    {id, name_of(id), text_.keep(value)});
    changed(index);
}

void Message::add(std::string_view name, std::string_view value) {
    if (const HeaderName id = parse_header_name(name); id != HeaderName::other) return add(id, value);
    const std::size_t index = end_of_kind(headers_, named(name));
    headers_.insert(headers_.begin() + static_cast<std::ptrdiff_t>(index),
                    {HeaderName::other, text_.keep(name), text_.keep(value)});
}

void Message::add_front(HeaderName id, std::string_view value) {
    headers_.insert(headers_.begin(), {id, name_of(id), text_.keep(value)});
}

void Message::remove(HeaderName id) { std::erase_if(headers_, identified(id)); }

void Message::remove(std::string_view name) {
    if (const HeaderName id = parse_header_name(name); id != HeaderName::other) return remove(id);
    std::erase_if(headers_, named(name));
}

void Message::replace_value(std::size_t index, std::string_view value) {
    headers_[index].value = text_.keep(value);
    changed(index);
}

void Message::replace_name(std::size_t index, std::string_view name) {
    headers_[index].id = parse_header_name(name);
    headers_[index].name = text_.keep(name);
    changed(index);
}

void Message::set_body(std::string body, std::string_view content_type) {
    body_ = text_.keep(body);
    if (!content_type.empty()) set(HeaderName::content_type, content_type);
}

std::vector<std::string_view> split_list(std::string_view value) {
    std::vector<std::string_view> items;
    for (std::size_t at = 0; at != std::string_view::npos;)
        if (const std::string_view item = next_item(value, at); !item.empty()) items.push_back(item);
    return items;
}

}  // namespace sip
