#include <cppunit/extensions/HelperMacros.h>

#include "nft/desired_state.hh"

namespace {

using nft::Change;
using Step = nft::DesiredState::Step;

nft::Pinhole pinhole(std::uint16_t port, std::uint64_t call) {
    nft::Pinhole p;
    p.local = *base::Endpoint::parse("198.51.100.1:" + std::to_string(port));
    p.remote = *base::Endpoint::parse("203.0.113.9:4000");
    p.call = base::CallNumber{call};
    return p;
}
Change open(std::uint16_t port, std::uint64_t call) { return {Change::Kind::open, pinhole(port, call)}; }
Change close(std::uint16_t port, std::uint64_t call) { return {Change::Kind::close, pinhole(port, call)}; }

class DesiredStateTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(DesiredStateTest);
    CPPUNIT_TEST(opening_twice_by_one_call_is_opening_once);
    CPPUNIT_TEST(an_element_goes_with_its_last_owner);
    CPPUNIT_TEST(who_does_not_own_an_element_cannot_close_it);
    CPPUNIT_TEST(undo_restores_what_was);
    CPPUNIT_TEST(what_the_width_does_not_look_at_makes_no_second_element);
    CPPUNIT_TEST(a_dump_is_compared_both_ways);
    CPPUNIT_TEST_SUITE_END();

    nft::DesiredState state_;

    void opening_twice_by_one_call_is_opening_once() {
        CPPUNIT_ASSERT(Step::add_element == state_.apply(open(30000, 1)));
        CPPUNIT_ASSERT(Step::nothing == state_.apply(open(30000, 1)));
        CPPUNIT_ASSERT(Step::remove_element == state_.apply(close(30000, 1)));
        CPPUNIT_ASSERT(Step::nothing == state_.apply(close(30000, 1)));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, state_.size());
    }

    void an_element_goes_with_its_last_owner() {
        state_.apply(open(30000, 1));
        CPPUNIT_ASSERT(Step::owner_added == state_.apply(open(30000, 2)));
        CPPUNIT_ASSERT(Step::owner_added == state_.apply(open(30000, 3)));
        CPPUNIT_ASSERT(Step::owner_removed == state_.apply(close(30000, 1)));
        CPPUNIT_ASSERT(Step::owner_removed == state_.apply(close(30000, 2)));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, state_.all().front().call.value);
        CPPUNIT_ASSERT(Step::remove_element == state_.apply(close(30000, 3)));
    }

    void who_does_not_own_an_element_cannot_close_it() {
        state_.apply(open(30000, 1));
        CPPUNIT_ASSERT(Step::nothing == state_.apply(close(30000, 2)));
        CPPUNIT_ASSERT(state_.holds(pinhole(30000, 9)));
    }

    void undo_restores_what_was() {
        state_.apply(open(30000, 1));
        const std::vector<Change> changes{open(30000, 2), close(30000, 1), open(30002, 2), close(30000, 2)};
        std::vector<Step> steps;
        for (const auto& change : changes) steps.push_back(state_.apply(change));
        for (std::size_t i = changes.size(); i-- > 0;) state_.undo(changes[i], steps[i]);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, state_.size());
        CPPUNIT_ASSERT(pinhole(30000, 1) == state_.all().front());
        CPPUNIT_ASSERT(Step::remove_element == state_.apply(close(30000, 1)));
    }

    void what_the_width_does_not_look_at_makes_no_second_element() {
        auto wide = open(30000, 1);
        wide.pinhole.width = nft::Width::zone;
        CPPUNIT_ASSERT(Step::add_element == state_.apply(wide));
        wide.pinhole.remote = {};
        CPPUNIT_ASSERT(Step::nothing == state_.apply(wide));
    }

    void a_dump_is_compared_both_ways() {
        state_.apply(open(30000, 1));
        state_.apply(open(30002, 1));
        const auto difference = state_.compare({{pinhole(30002, 0)}, {pinhole(30004, 0)}});
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, difference.stale.size());
        CPPUNIT_ASSERT(difference.stale.front().same_element(pinhole(30004, 0)));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, difference.missing.size());
        CPPUNIT_ASSERT(pinhole(30000, 1) == difference.missing.front());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DesiredStateTest);

}  // namespace
