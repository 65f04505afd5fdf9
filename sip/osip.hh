// The door to libosip2: its field parsers' results as owned values, lists copied out. Only .cc files include
// it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <osipparser2/osip_message.h>
#include <osipparser2/osip_port.h>
#include <osipparser2/osip_uri.h>

namespace sip::osip {

template <class Object, void (*free_object)(Object*)>
struct Free {
    void operator()(Object* object) const { free_object(object); }
};

template <class Object, void (*free_object)(Object*)>
using Owned = std::unique_ptr<Object, Free<Object, free_object>>;

// An object fresh from its init function; null when memory is out.
template <class Object, void (*free_object)(Object*)>
Owned<Object, free_object> make(int (*init)(Object**)) {
    Object* object = nullptr;
    if (init(&object) != 0) object = nullptr;
    return Owned<Object, free_object>(object);
}

inline std::string text_of(const char* text) { return text ? text : ""; }

inline std::vector<std::pair<std::string, std::string>> pairs_of(const osip_list_t& list) {
    std::vector<std::pair<std::string, std::string>> pairs;
    pairs.reserve(static_cast<std::size_t>(list.nb_elt));
    osip_list_iterator_t place;
    for (void* item = osip_list_get_first(&list, &place); item; item = osip_list_get_next(&place)) {
        const auto* pair = static_cast<const osip_uri_param_t*>(item);
        pairs.emplace_back(text_of(pair->gname), text_of(pair->gvalue));
    }
    return pairs;
}

}  // namespace sip::osip
