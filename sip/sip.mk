noinst_LIBRARIES += sip/libsip.a
sip_libsip_a_SOURCES = \
	sip/framer.hh \
	sip/guard.hh \
	sip/header_name.cc sip/header_name.hh \
	sip/limits.hh \
	sip/message.cc sip/message.hh \
	sip/message_edit.cc \
	sip/message_write.cc \
	sip/method.cc sip/method.hh \
	sip/name_addr.cc sip/name_addr.hh \
	sip/osip.hh \
	sip/parameters.cc sip/parameters.hh \
	sip/refusal.hh \
	sip/scan.cc sip/scan.hh \
	sip/syntax.cc sip/syntax.hh \
	sip/text_store.hh \
	sip/uri.cc sip/uri.hh \
	sip/via.cc sip/via.hh

check_PROGRAMS += tests/unit/test_sip
TESTS += tests/unit/test_sip
tests_unit_test_sip_SOURCES = $(UNIT_MAIN)
tests_unit_test_sip_LDADD = sip/libsip.a $(BASE_ROW) $(OSIP_LIBS) $(CPPUNIT_LIBS)
