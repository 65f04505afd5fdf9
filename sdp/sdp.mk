noinst_LIBRARIES += sdp/libsdp.a
sdp_libsdp_a_SOURCES =

check_PROGRAMS += tests/unit/test_sdp
TESTS += tests/unit/test_sdp
tests_unit_test_sdp_SOURCES = $(UNIT_MAIN)
tests_unit_test_sdp_LDADD = sdp/libsdp.a $(BASE_ROW)  $(CPPUNIT_LIBS)
