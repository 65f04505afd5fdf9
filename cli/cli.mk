noinst_LIBRARIES += cli/libcli.a
cli_libcli_a_SOURCES = \
	cli/arguments.cc cli/arguments.hh \
	cli/ban.cc \
	cli/call.cc \
	cli/calls.cc \
	cli/check.cc \
	cli/command.hh \
	cli/control_client.cc cli/control_client.hh \
	cli/drain.cc \
	cli/explain.cc \
	cli/explanation.cc cli/explanation.hh \
	cli/explanation_json.cc \
	cli/explanation_text.cc \
	cli/hangup.cc \
	cli/online.cc cli/online.hh \
	cli/peers.cc \
	cli/pinholes.cc \
	cli/registrations.cc \
	cli/rehearsal.cc cli/rehearsal.hh \
	cli/reload.cc \
	cli/render.cc cli/render.hh \
	cli/side_rules.cc cli/side_rules.hh \
	cli/stats.cc \
	cli/status.cc \
	cli/streams.cc \
	cli/unban.cc

# What the command links: sbc's row, and the two Boost libraries that only it knows.
CLI_ROW = cli/libcli.a sbc/libsbc.a policy/libpolicy.a media/libmedia.a nft/libnft.a sip/libsip.a sdp/libsdp.a \
	$(TLS_ROW) $(BASE_ROW) $(OSIP_LIBS) $(RE2_LIBS) \
	-lboost_program_options -lboost_json

bin_PROGRAMS += sallyport
sallyport_SOURCES = cli/main.cc
sallyport_LDADD = $(CLI_ROW)

check_PROGRAMS += tests/unit/test_cli
TESTS += tests/unit/test_cli
tests_unit_test_cli_SOURCES = $(UNIT_MAIN) \
	tests/unit/cli/test_arguments.cc \
	tests/unit/cli/test_control_client.cc \
	tests/unit/cli/test_explain.cc \
	tests/unit/cli/test_offline_commands.cc \
	tests/unit/cli/test_render.cc
tests_unit_test_cli_LDADD = $(CLI_ROW) $(CPPUNIT_LIBS)
