noinst_LIBRARIES += sbc/libsbc.a
sbc_libsbc_a_SOURCES = \
	sbc/attempt_journal.cc sbc/attempt_journal.hh \
	sbc/authentication.cc sbc/authentication.hh \
	sbc/b2bua.cc sbc/b2bua.hh \
	sbc/call.hh \
	sbc/call_answer.cc sbc/call_answer.hh \
	sbc/call_branches.cc sbc/call_branches.hh \
	sbc/call_bye.cc sbc/call_bye.hh \
	sbc/call_forks.cc sbc/call_forks.hh \
	sbc/call_invite.cc sbc/call_invite.hh \
	sbc/call_journal.cc sbc/call_journal.hh \
	sbc/call_life.cc sbc/call_life.hh \
	sbc/call_lines.cc sbc/call_lines.hh \
	sbc/call_media.cc sbc/call_media.hh \
	sbc/call_pinholes.cc \
	sbc/call_prack.cc sbc/call_prack.hh \
	sbc/call_redirect.cc sbc/call_redirect.hh \
	sbc/call_refer.cc sbc/call_refer.hh \
	sbc/call_refresh.cc sbc/call_refresh.hh \
	sbc/call_reinvite.cc sbc/call_reinvite.hh \
	sbc/call_record.cc sbc/call_record.hh \
	sbc/call_request.cc sbc/call_request.hh \
	sbc/call_restore.cc sbc/call_restore.hh \
	sbc/call_session_timer.cc sbc/call_session_timer.hh \
	sbc/call_setup.hh \
	sbc/call_subscription.cc sbc/call_subscription.hh \
	sbc/call_transfer.cc sbc/call_transfer.hh \
	sbc/call_transfer_end.cc \
	sbc/call_upkeep.cc sbc/call_upkeep.hh \
	sbc/carrier_registration.cc sbc/carrier_registration.hh \
	sbc/context.cc sbc/context.hh \
	sbc/crossing.cc sbc/crossing.hh \
	sbc/description.cc sbc/description.hh \
	sbc/dialog_question.hh \
	sbc/doorkeeper.cc sbc/doorkeeper.hh \
	sbc/effects.hh \
	sbc/emergency.cc sbc/emergency.hh \
	sbc/environment.hh \
	sbc/home.cc sbc/home.hh \
	sbc/journal.cc sbc/journal.hh \
	sbc/large_request.cc sbc/large_request.hh \
	sbc/media_line.hh \
	sbc/named_dialog.cc sbc/named_dialog.hh \
	sbc/overview.cc sbc/overview.hh \
	sbc/own_description.cc sbc/own_description.hh \
	sbc/party.hh \
	sbc/peer_login.cc sbc/peer_login.hh \
	sbc/pinhole_wait.cc sbc/pinhole_wait.hh \
	sbc/port_pools.cc sbc/port_pools.hh \
	sbc/privacy.cc sbc/privacy.hh \
	sbc/probing.cc sbc/probing.hh \
	sbc/record_bytes.hh \
	sbc/record_codec.hh \
	sbc/refer_subscription.cc sbc/refer_subscription.hh \
	sbc/registration.cc sbc/registration.hh \
	sbc/registration_journal.cc sbc/registration_journal.hh \
	sbc/registration_loss.cc sbc/registration_loss.hh \
	sbc/registration_refresh.cc sbc/registration_refresh.hh \
	sbc/registration_turns.cc sbc/registration_turns.hh \
	sbc/registrations.cc sbc/registrations.hh \
	sbc/reliable_response.hh \
	sbc/relay_request.cc sbc/relay_request.hh \
	sbc/session_timer.hh \
	sbc/stateless.cc sbc/stateless.hh \
	sbc/targets.cc sbc/targets.hh \
	sbc/topology.cc sbc/topology.hh \
	sbc/transfer.hh \
	sbc/views.hh

check_PROGRAMS += tests/unit/test_sbc
TESTS += tests/unit/test_sbc
tests_unit_test_sbc_SOURCES = $(UNIT_MAIN) \
	tests/unit/sbc/accounts.hh \
	tests/unit/sbc/ladder.cc tests/unit/sbc/ladder.hh \
	tests/unit/sbc/phone.hh \
	tests/unit/sbc/talk.hh \
	tests/unit/sbc/test_attempt_journal.cc \
	tests/unit/sbc/phone_call.hh \
	tests/unit/sbc/test_authentication.cc \
	tests/unit/sbc/test_branches.cc \
	tests/unit/sbc/test_calls.cc \
	tests/unit/sbc/test_carrier_registration.cc \
	tests/unit/sbc/test_conformance.cc \
	tests/unit/sbc/test_journal.cc \
	tests/unit/sbc/test_large_request.cc \
	tests/unit/sbc/test_peer_login.cc \
	tests/unit/sbc/test_prack.cc \
	tests/unit/sbc/test_privacy.cc \
	tests/unit/sbc/test_redirect.cc \
	tests/unit/sbc/test_refreshes.cc \
	tests/unit/sbc/test_registration.cc \
	tests/unit/sbc/test_session_timer.cc \
	tests/unit/sbc/test_targets.cc \
	tests/unit/sbc/test_transfer.cc \
	tests/unit/sbc/test_transfer_carried.cc \
	tests/unit/sbc/test_update.cc
tests_unit_test_sbc_LDADD = sbc/libsbc.a policy/libpolicy.a media/libmedia.a nft/libnft.a sdp/libsdp.a sip/libsip.a \
	$(TLS_ROW) $(BASE_ROW) $(OSIP_LIBS) $(RE2_LIBS) $(CPPUNIT_LIBS)
