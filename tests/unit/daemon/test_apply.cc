#include <cppunit/extensions/HelperMacros.h>

#include "daemon/apply.hh"
#include "sbc/call_record.hh"

namespace {

class Recorder final : public sallyportd::EffectDoors {
 public:
    std::string story;
    void send(const sip::Send& send) override { story += "send " + *send.bytes + "; "; }
    void change_pinholes(const sbc::ChangePinholes& change) override {
        story += "pinholes " + std::to_string(change.token.value) + " x" + std::to_string(change.changes.size()) + "; ";
    }
    void write(const sbc::Journal& entry) override { story += (entry.record ? "put " : "erase ") + entry.key + "; "; }
    void ask(const sbc::DialogQuestion& question) override { story += "ask " + std::to_string(question.home.value) + "; "; }
    void ask(const sbc::PhoneQuestion& question) override { story += "ask for " + question.aor + "; "; }
    void tell(const sbc::RegistrarNews& news) override { story += "tell of " + news.peer + "; "; }
    void write_record(const sbc::CallRecord& record) override { story += "record " + record.why + "; "; }
};

class ApplyTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ApplyTest);
    CPPUNIT_TEST(effects_are_carried_out_in_their_order);
    CPPUNIT_TEST_SUITE_END();

    void effects_are_carried_out_in_their_order() {
        std::vector<sbc::Effect> effects;
        effects.emplace_back(sip::Send{{}, std::make_shared<const std::string>("100")});
        effects.emplace_back(sbc::ChangePinholes{{7}, {{}, {}}});
        effects.emplace_back(sip::Send{{}, std::make_shared<const std::string>("BYE")});
        effects.emplace_back(sbc::Journal{"c1", "record"});
        effects.emplace_back(sbc::Journal{"c2", {}});
        effects.emplace_back(sbc::DialogQuestion{1, {3}, {}, {}});
        effects.emplace_back(sbc::PhoneQuestion{2, {3}, "sip:ann@a.example"});
        effects.emplace_back(sbc::RegistrarNews{sbc::RegistrarNews::Kind::gone, "pbx", {}});
        Recorder recorder;
        sallyportd::carry_out(effects, recorder);
        CPPUNIT_ASSERT_EQUAL(std::string("send 100; pinholes 7 x2; send BYE; put c1; erase c2; ask 3; "
                                         "ask for sip:ann@a.example; tell of pbx; "), recorder.story);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ApplyTest);

}  // namespace
