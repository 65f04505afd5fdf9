// Carries out what the B2BUA asked for, in its order. What the world answers re-enters as input, never from here.
#pragma once

#include <span>

#include "sbc/effects.hh"

namespace sallyportd {

// The doors by which effects leave: real ones in a worker, fakes in tests.
class EffectDoors {
 public:
    virtual ~EffectDoors() = default;
    virtual void send(const sip::Send& send) = 0;
    virtual void change_pinholes(const sbc::ChangePinholes& change) = 0;
    virtual void write(const sbc::Journal& entry) = 0;
    virtual void ask(const sbc::DialogQuestion& question) = 0;   // another worker
    virtual void ask(const sbc::PhoneQuestion& question) = 0;
    virtual void tell(const sbc::RegistrarNews& news) = 0;
    virtual void write_record(const sbc::CallRecord& record) = 0;
};

void carry_out(std::span<const sbc::Effect> effects, EffectDoors& doors);

}  // namespace sallyportd
