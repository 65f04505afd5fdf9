noinst_LIBRARIES += tls/libtls.a
tls_libtls_a_SOURCES = \
	tls/context.cc tls/context.hh \
	tls/identity.cc tls/identity.hh \
	tls/names.cc tls/names.hh \
	tls/openssl.hh \
	tls/session.cc tls/session.hh

# What a program needs to link this room.
TLS_ROW = tls/libtls.a base/libbase.a $(OPENSSL_LIBS)

check_PROGRAMS += tests/unit/test_tls
TESTS += tests/unit/test_tls
tests_unit_test_tls_SOURCES = $(UNIT_MAIN) \
	tests/unit/tls/authority.cc tests/unit/tls/authority.hh \
	tests/unit/tls/test_identity.cc tests/unit/tls/test_names.cc tests/unit/tls/test_session.cc
tests_unit_test_tls_LDADD = $(TLS_ROW) $(CPPUNIT_LIBS)
