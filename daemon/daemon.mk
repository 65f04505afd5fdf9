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
WARDEN_ROW = daemon/libwarden.a policy/libpolicy.a nft/libnft.a $(TLS_ROW) $(BASE_ROW) $(NFTNL_LIBS) $(NFTABLES_LIBS) $(SECCOMP_LIBS)

check_PROGRAMS += tests/unit/test_warden
TESTS += tests/unit/test_warden
tests_unit_test_warden_SOURCES = $(UNIT_MAIN) \
	tests/unit/daemon/test_privilege.cc \
	tests/unit/daemon/test_warden_table.cc \
	tests/unit/daemon/test_warden_wire.cc
tests_unit_test_warden_LDADD = $(WARDEN_ROW) $(CPPUNIT_LIBS)

# The warden as a process, in network namespaces of its own.
check_PROGRAMS += tests/lab/test_warden
TESTS += tests/lab/test_warden
tests_lab_test_warden_SOURCES = $(UNIT_MAIN) \
	tests/lab/test_warden.cc \
	tests/lab/test_pinholes_world.cc tests/lab/test_pinholes_world.hh
tests_lab_test_warden_LDADD = $(WARDEN_ROW) $(CPPUNIT_LIBS)

# The engine: everything that main ties together.
noinst_LIBRARIES += daemon/libdaemon.a
daemon_libdaemon_a_SOURCES = \
	daemon/apply.cc daemon/apply.hh \
	daemon/background.cc daemon/background.hh \
	daemon/clock.cc daemon/clock.hh \
	daemon/commands.cc daemon/commands.hh \
	daemon/control.cc daemon/control.hh \
	daemon/control_protocol.hh \
	daemon/counters.hh \
	daemon/engine.cc daemon/engine.hh \
	daemon/engine_policy.cc \
	daemon/gather.hh \
	daemon/journal.cc daemon/journal.hh \
	daemon/json.cc \
	daemon/json_records.cc daemon/json_records.hh \
	daemon/json_views.cc daemon/json_views.hh \
	daemon/listeners.cc daemon/listeners.hh \
	daemon/notify.cc daemon/notify.hh \
	daemon/options.cc daemon/options.hh \
	daemon/peer_locations.cc daemon/peer_locations.hh \
	daemon/preflight.cc daemon/preflight.hh \
	daemon/record_file.cc daemon/record_file.hh \
	daemon/reload.cc daemon/reload.hh \
	daemon/request.cc daemon/request.hh \
	daemon/signalling.cc daemon/signalling.hh \
	daemon/worker.cc daemon/worker.hh \
	daemon/worker_media.cc \
	daemon/worker_sip.cc

sbin_PROGRAMS += sallyportd
sallyportd_SOURCES = daemon/main.cc
sallyportd_LDADD = daemon/libdaemon.a stun/libstun.a sbc/libsbc.a policy/libpolicy.a media/libmedia.a sip/libsip.a sdp/libsdp.a \
	net/libnet.a $(WARDEN_ROW) $(OSIP_LIBS) $(RE2_LIBS) $(CARES_LIBS) $(LMDB_LIBS) $(JEMALLOC_LIBS)

check_PROGRAMS += tests/unit/test_daemon
TESTS += tests/unit/test_daemon
tests_unit_test_daemon_SOURCES = $(UNIT_MAIN) \
	tests/unit/daemon/test_apply.cc \
	tests/unit/daemon/test_control.cc \
	tests/unit/daemon/test_journal.cc \
	tests/unit/daemon/test_json_views.cc \
	tests/unit/daemon/test_options.cc \
	tests/unit/daemon/test_records.cc
tests_unit_test_daemon_LDADD = $(sallyportd_LDADD) $(CPPUNIT_LIBS)
