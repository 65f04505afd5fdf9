noinst_LIBRARIES += policy/libpolicy.a
policy_libpolicy_a_CPPFLAGS = $(AM_CPPFLAGS) $(RE2_CFLAGS)
policy_libpolicy_a_SOURCES = \
	policy/admission.cc policy/admission.hh \
	policy/authentication.cc policy/authentication.hh \
	policy/call_rules.hh \
	policy/compilation.cc policy/compilation.hh \
	policy/complaints.cc policy/complaints.hh \
	policy/document.cc policy/document.hh \
	policy/emergency.cc policy/emergency.hh \
	policy/header_rules.cc policy/header_rules.hh \
	policy/load_access.cc \
	policy/load_auth.cc \
	policy/load_call_rules.cc \
	policy/load_dns.cc \
	policy/load_emergency.cc \
	policy/load_headers.cc \
	policy/load_listeners.cc \
	policy/load_node.cc \
	policy/load_peer_care.cc \
	policy/load_peers.cc \
	policy/load_registrations.cc \
	policy/load_routes.cc \
	policy/load_topologies.cc \
	policy/load_zones.cc \
	policy/loader.cc policy/loader.hh \
	policy/loader_host.cc policy/loader_host.hh \
	policy/loader_tls.cc policy/loader_tls.hh \
	policy/match.cc policy/match.hh \
	policy/message_fields.cc policy/message_fields.hh \
	policy/node.hh \
	policy/peer_care.hh \
	policy/place.hh \
	policy/port_range.cc policy/port_range.hh \
	policy/registration_rules.hh \
	policy/routing.cc policy/routing.hh \
	policy/rules.hh \
	policy/snapshot.cc policy/snapshot.hh \
	policy/status_range.hh \
	policy/stream_rules.hh \
	policy/table_reader.cc policy/table_reader.hh \
	policy/token_buckets.cc policy/token_buckets.hh \
	policy/topology.cc policy/topology.hh \
	policy/units.cc policy/units.hh \
	policy/users_file.cc policy/users_file.hh \
	policy/value_template.cc policy/value_template.hh

check_PROGRAMS += tests/unit/test_policy
TESTS += tests/unit/test_policy
tests_unit_test_policy_SOURCES = $(UNIT_MAIN) \
	tests/unit/policy/policies.hh \
	tests/unit/policy/test_admission.cc \
	tests/unit/policy/test_authentication.cc \
	tests/unit/policy/test_documentation.cc \
	tests/unit/policy/test_header_rules.cc \
	tests/unit/policy/test_loader.cc \
	tests/unit/policy/test_peers.cc \
	tests/unit/policy/test_port_range.cc tests/unit/policy/test_routing.cc \
	tests/unit/policy/test_tls.cc tests/unit/policy/test_units.cc \
	tests/unit/policy/test_wrong_policies.cc
EXTRA_DIST += tests/policies
tests_unit_test_policy_LDADD = policy/libpolicy.a sip/libsip.a sdp/libsdp.a $(TLS_ROW) $(BASE_ROW) $(OSIP_LIBS) $(RE2_LIBS) $(CPPUNIT_LIBS)
