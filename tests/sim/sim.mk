check_PROGRAMS += tests/sim/sim
TESTS += tests/sim/sim
tests_sim_sim_CPPFLAGS = $(AM_CPPFLAGS) -DSIM_POLICIES='"$(abs_top_srcdir)/tests/sim"'
tests_sim_sim_SOURCES = \
	tests/sim/agent.cc tests/sim/agent.hh \
	tests/sim/agent_callee.cc \
	tests/sim/agent_caller.cc \
	tests/sim/agent_changes.cc \
	tests/sim/agent_media.cc \
	tests/sim/agent_reliable.cc \
	tests/sim/agent_requests.cc \
	tests/sim/agent_transfer.cc \
	tests/sim/bait.cc tests/sim/bait.hh \
	tests/sim/coverage.cc tests/sim/coverage.hh \
	tests/sim/cast.hh \
	tests/sim/crash.cc \
	tests/sim/description.cc tests/sim/description.hh \
	tests/sim/gate.cc tests/sim/gate.hh \
	tests/sim/gate_crash.cc \
	tests/sim/incoming.hh \
	tests/sim/invariants.cc \
	tests/sim/kernel.cc tests/sim/kernel.hh \
	tests/sim/leg.hh \
	tests/sim/main.cc \
	tests/sim/map.hh \
	tests/sim/media_probe.cc \
	tests/sim/network.cc tests/sim/network.hh \
	tests/sim/run.cc tests/sim/run.hh \
	tests/sim/scenario.cc \
	tests/sim/shares.cc tests/sim/shares.hh \
	tests/sim/story.hh \
	tests/sim/traffic.cc tests/sim/traffic.hh \
	tests/sim/worker.hh \
	tests/sim/world.cc tests/sim/world.hh
tests_sim_sim_LDADD = sbc/libsbc.a policy/libpolicy.a media/libmedia.a nft/libnft.a sdp/libsdp.a sip/libsip.a \
	$(TLS_ROW) $(BASE_ROW) $(OSIP_LIBS) $(RE2_LIBS)

EXTRA_DIST += tests/sim/calm.toml tests/sim/policy.toml
