# The proofs of the house's rules, and the proof that they refuse what they should.
TOOL_TESTS = tools/check_rooms tools/check_size tools/check_conformance tests/unit/tools/test_tools
TESTS += $(TOOL_TESTS)
dist_check_SCRIPTS += $(TOOL_TESTS)
EXTRA_DIST += tools/rooms.txt tools/conformance_sections.txt tools/size_exceptions.txt tools/build_once check demo README.md NEWS .ci/run .clang-format
