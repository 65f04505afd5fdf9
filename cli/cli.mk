bin_PROGRAMS += sallyport
sallyport_SOURCES = \
	cli/arguments.cc cli/arguments.hh \
	cli/ban.cc \
	cli/bans.cc \
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
	cli/main.cc \
	cli/online.cc cli/online.hh \
	cli/peers.cc \
	cli/pinholes.cc \
	cli/registrations.cc \
	cli/reload.cc \
	cli/render.cc cli/render.hh \
	cli/stats.cc \
	cli/status.cc \
	cli/streams.cc \
	cli/unban.cc
sallyport_LDADD = policy/libpolicy.a sip/libsip.a sdp/libsdp.a $(BASE_ROW) $(OSIP_LIBS) $(RE2_LIBS) \
	-lboost_program_options -lboost_json
