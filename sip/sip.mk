noinst_LIBRARIES += sip/libsip.a
sip_libsip_a_SOURCES =

check_PROGRAMS += tests/unit/test_sip
TESTS += tests/unit/test_sip
tests_unit_test_sip_SOURCES = $(UNIT_MAIN)
tests_unit_test_sip_LDADD = sip/libsip.a $(BASE_ROW) $(OSIP_LIBS) $(CPPUNIT_LIBS)
