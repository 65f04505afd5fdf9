noinst_LIBRARIES += base/libbase.a
base_libbase_a_SOURCES = \
	base/address.cc base/address.hh \
	base/dns.hh \
	base/endpoint.cc base/endpoint.hh \
	base/entropy.cc base/entropy.hh \
	base/flow.hh \
	base/hash.cc base/hash.hh \
	base/ids.hh \
	base/log.cc base/log.hh \
	base/number.hh \
	base/reason.cc base/reason.hh base/reason_list.inc \
	base/result.hh \
	base/slot_set.hh \
	base/text.hh \
	base/time.hh \
	base/timers.hh

# What a program needs to link storey 0.
BASE_ROW = base/libbase.a $(SPDLOG_LIBS) $(CRYPTO_LIBS)

check_PROGRAMS += tests/unit/test_base
TESTS += tests/unit/test_base
tests_unit_test_base_SOURCES = $(UNIT_MAIN) tests/unit/base/test_address.cc \
	tests/unit/base/test_log.cc tests/unit/base/test_text.cc tests/unit/base/test_timers.cc
tests_unit_test_base_LDADD = $(BASE_ROW) $(CPPUNIT_LIBS)
