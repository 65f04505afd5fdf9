noinst_LIBRARIES += policy/libpolicy.a
policy_libpolicy_a_SOURCES =

check_PROGRAMS += tests/unit/test_policy
TESTS += tests/unit/test_policy
tests_unit_test_policy_SOURCES = $(UNIT_MAIN)
tests_unit_test_policy_LDADD = policy/libpolicy.a sip/libsip.a sdp/libsdp.a $(BASE_ROW) $(OSIP_LIBS) $(RE2_LIBS) $(CPPUNIT_LIBS)
