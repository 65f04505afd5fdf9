# daemon

# The warden, its link in the engine, and the giving up of privileges.
noinst_LIBRARIES += daemon/libwarden.a
daemon_libwarden_a_SOURCES = \
	daemon/privilege.cc daemon/privilege.hh \
	daemon/privilege_seccomp.cc \
	daemon/warden.cc daemon/warden.hh \
	daemon/warden_child.cc daemon/warden_child.hh \
	daemon/warden_desk.cc daemon/warden_desk.hh \
	daemon/warden_link.cc daemon/warden_link.hh \
	daemon/warden_socket.cc daemon/warden_socket.hh \
	daemon/warden_table.cc daemon/warden_table.hh \
	daemon/warden_wire.cc daemon/warden_wire.hh

# What a program needs to link the warden.
WARDEN_ROW = daemon/libwarden.a nft/libnft.a $(BASE_ROW) $(NFTNL_LIBS) $(NFTABLES_LIBS) $(SECCOMP_LIBS)

check_PROGRAMS += tests/unit/test_warden
TESTS += tests/unit/test_warden
tests_unit_test_warden_SOURCES = $(UNIT_MAIN) \
	tests/unit/daemon/test_privilege.cc \
	tests/unit/daemon/test_warden.cc \
	tests/unit/daemon/test_warden_table.cc \
	tests/unit/daemon/test_warden_wire.cc \
	tests/lab/test_pinholes_world.cc tests/lab/test_pinholes_world.hh
tests_unit_test_warden_LDADD = $(WARDEN_ROW) $(CPPUNIT_LIBS)
