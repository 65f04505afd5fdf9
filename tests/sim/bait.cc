#include "tests/sim/bait.hh"

#include <array>

#include "tests/sim/map.hh"

namespace sim {
namespace {

struct Bait {
    std::string_view name, value;   // '@': the inside domain; '#': the agent's own address
};

constexpr auto kBaits = std::to_array<Bait>({
    {"Organization", "Innenleben Ltd"},
    {"Warning", "399 # \"seen at #\""},
    {"P-Asserted-Identity", "\"Bob\" <sip:bob@@>"},
    {"Remote-Party-ID", "\"Bob\" <sip:bob@#>;party=called"},
    {"Reply-To", "<sip:bob@@>"},
    {"History-Info", "<sip:one@#>;index=1, <sip:two@@>;index=1.1"},
    {"Diversion", "<sip:one@#>;reason=unconditional"},
    {"Call-Info", "<http://#/face.png>;purpose=icon"},
    {"Alert-Info", "<http://@/ring.wav>"},
    {"Error-Info", "<sip:sorry@@>"},
    {"Reason", "SIP;cause=200;text=\"elsewhere at #\""},
    {"P-Charging-Vector", "icid-value=17;icid-generated-at=#"},
    {"P-Charging-Function-Addresses", "ccf=#"},
    {"P-Access-Network-Info", "3GPP-E-UTRAN;utran-cell-id-3gpp=@"},
    {"X-Trace", "hop=#;time=5"},
    {"X-Where", "[#]"},
    {"Session-ID", "0123456789abcdef0123456789abcdef"},
    {"Geolocation", "<http://@/where>"},
    {"P-Served-User", "<sip:bob@@>"},
    {"P-Called-Party-ID", "<sip:bob@#>"},
    {"In-Reply-To", "INNERCALL-7@@"},
});

std::string filled(std::string_view value, const base::Address& own) {
    std::string text;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '#') text += base::host_text(own);
        else if (value[i] == '@' && i + 1 < value.size() && value[i + 1] == '@') text += "@" + std::string(kInsideDomain), ++i;
        else if (value[i] == '@' && (i == 0 || value[i - 1] == '/' || value[i - 1] == '=')) text += kInsideDomain;
        else text += value[i];
    }
    return text;
}

}  // namespace

void add_bait(World& world, sip::Message& message, const base::Address& own) {
    message.set(message.is_request() ? "User-Agent" : "Server", std::string(kInsideProduct) + "/1.0");
    for (const auto& bait : kBaits)
        if (world.chance(0.15)) message.add(bait.name, filled(bait.value, own));
}

}  // namespace sim
