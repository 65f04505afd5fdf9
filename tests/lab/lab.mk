# Real processes between network namespaces; tests/lab/run runs the tests, ./check builds and runs everything.
check_PROGRAMS += tests/lab/rtp_peer
tests_lab_rtp_peer_SOURCES = tests/lab/rtp_peer.cc
tests_lab_rtp_peer_LDADD = base/libbase.a
EXTRA_DIST += \
	tests/lab/run tests/lab/runner.py tests/lab/lab.py tests/lab/ladder.py tests/lab/flows.py tests/lab/peers.py \
	tests/lab/agent.py tests/lab/audio.py tests/lab/rtp.py tests/lab/policy.toml tests/lab/kamailio.cfg \
	tests/lab/demo.py tests/lab/messages.py tests/lab/lab_itself.py tests/lab/lab_flows.py tests/lab/lab_phones.py tests/lab/lab_load.py \
	tests/lab/lab_media.py tests/lab/lab_wall.py tests/lab/lab_torture.py tests/lab/lab_crash.py \
	tests/lab/lab_reload.py tests/lab/lab_transport.py tests/lab/lab_locating.py tests/lab/lab_dialogs.py tests/lab/lab_transfer.py \
	tests/lab/lab_secure.py tests/lab/wires.py tests/lab/certificates.py tests/lab/browser.py tests/lab/sip_js.mjs \
	tests/lab/lab_branches.py tests/lab/lab_offers.py tests/lab/lab_service_route.py tests/lab/late_caller.xml \
	tests/lab/early_only.xml tests/lab/lab_large.py tests/lab/winner.xml tests/lab/loser.xml tests/lab/patient.xml \
	tests/lab/busy.xml tests/lab/lab_auth.py tests/lab/lab_registrations.py tests/lab/lab_survival.py tests/lab/carrier.cfg tests/lab/refused.xml \
	tests/lab/flows
