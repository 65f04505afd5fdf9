noinst_LIBRARIES += sdp/libsdp.a
sdp_libsdp_a_SOURCES = \
	sdp/anchor.cc \
	sdp/bandwidth.cc sdp/bandwidth.hh \
	sdp/codecs.cc sdp/codecs.hh \
	sdp/hide.cc \
	sdp/offer_answer.cc sdp/offer_answer.hh \
	sdp/session.cc sdp/session.hh \
	sdp/text.cc sdp/text.hh

check_PROGRAMS += tests/unit/test_sdp
TESTS += tests/unit/test_sdp
tests_unit_test_sdp_SOURCES = $(UNIT_MAIN) \
	tests/unit/sdp/test_anchor.cc \
	tests/unit/sdp/test_bandwidth.cc \
	tests/unit/sdp/test_codecs.cc \
	tests/unit/sdp/test_hide.cc \
	tests/unit/sdp/test_offer_answer.cc \
	tests/unit/sdp/test_session.cc
tests_unit_test_sdp_LDADD = sdp/libsdp.a $(BASE_ROW) $(CPPUNIT_LIBS)
