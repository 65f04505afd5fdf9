noinst_LIBRARIES += stun/libstun.a
stun_libstun_a_SOURCES = stun/binding.cc stun/binding.hh

check_PROGRAMS += tests/unit/test_stun
TESTS += tests/unit/test_stun
tests_unit_test_stun_SOURCES = $(UNIT_MAIN) tests/unit/stun/test_binding.cc
tests_unit_test_stun_LDADD = stun/libstun.a base/libbase.a $(CPPUNIT_LIBS)
