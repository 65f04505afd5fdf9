#include "daemon/apply.hh"

namespace sallyportd {
namespace {

struct Carrier {
    EffectDoors& doors;
    void operator()(const sip::Send& send) const { doors.send(send); }
    void operator()(const sbc::ChangePinholes& change) const { doors.change_pinholes(change); }
    void operator()(const sbc::Journal& entry) const { doors.write(entry); }
    void operator()(const sbc::DialogQuestion& question) const { doors.ask(question); }
    void operator()(const sbc::PhoneQuestion& question) const { doors.ask(question); }
    void operator()(const sbc::RegistrarNews& news) const { doors.tell(news); }
    void operator()(const sbc::WriteRecord& write) const { doors.write_record(*write.record); }
};

}  // namespace

void carry_out(std::span<const sbc::Effect> effects, EffectDoors& doors) {
    for (const auto& effect : effects) std::visit(Carrier{doors}, effect);
}

}  // namespace sallyportd
