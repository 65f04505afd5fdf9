// Fuzzes what answers STUN. Beyond "no crash": an answer is STUN itself, with the request's transaction, little larger than
// the request, and is never answered.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "stun/binding.hh"

namespace {

void promise(bool kept) {
    if (!kept) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view request(reinterpret_cast<const char*>(data), size);
    for (const char* source : {"192.0.2.1:32853", "[2001:db8::1]:3478"}) {
        const auto answer = stun::answer_to_binding(request, *base::Endpoint::parse(source));
        if (!answer) continue;
        promise(stun::is_message(request) && stun::is_message(*answer));
        promise(answer->substr(4, 16) == request.substr(4, 16));
        promise(answer->size() <= std::max<std::size_t>(size, 20) + 64);
        promise(!stun::answer_to_binding(*answer, {}));
    }
    return 0;
}
