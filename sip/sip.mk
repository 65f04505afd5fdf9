noinst_LIBRARIES += sip/libsip.a
sip_libsip_a_SOURCES = \
	sip/auth_parameters.cc sip/auth_parameters.hh \
	sip/dialog.cc sip/dialog.hh \
	sip/dialog_name.cc sip/dialog_name.hh \
	sip/digest.cc sip/digest.hh \
	sip/dns_cache.cc sip/dns_cache.hh \
	sip/framer.cc sip/framer.hh \
	sip/guard.cc sip/guard.hh \
	sip/head_lines.cc sip/head_lines.hh \
	sip/header_name.cc sip/header_name.hh \
	sip/invite_client.cc sip/invite_client.hh \
	sip/invite_companions.cc sip/invite_companions.hh \
	sip/invite_server.cc sip/invite_server.hh \
	sip/key_index.hh \
	sip/limits.hh \
	sip/locating.cc sip/locating.hh \
	sip/locator.cc sip/locator.hh \
	sip/message.cc sip/message.hh \
	sip/message_edit.cc \
	sip/message_write.cc \
	sip/method.cc sip/method.hh \
	sip/mime.cc sip/mime.hh \
	sip/name_addr.cc sip/name_addr.hh \
	sip/non_invite_client.cc sip/non_invite_client.hh \
	sip/non_invite_server.cc sip/non_invite_server.hh \
	sip/nonces.cc sip/nonces.hh \
	sip/option_tags.cc sip/option_tags.hh \
	sip/osip.hh \
	sip/packed_texts.hh \
	sip/parameters.cc sip/parameters.hh \
	sip/refusal.cc sip/refusal.hh \
	sip/response_skeleton.cc sip/response_skeleton.hh \
	sip/scan.cc sip/scan.hh \
	sip/server_reply.hh \
	sip/start_line.cc sip/start_line.hh \
	sip/syntax.cc sip/syntax.hh \
	sip/text_store.hh \
	sip/transaction_context.hh \
	sip/transaction_key.cc sip/transaction_key.hh \
	sip/transaction_table.hh \
	sip/transactions.cc sip/transactions.hh \
	sip/uri.cc sip/uri.hh \
	sip/via.cc sip/via.hh

check_PROGRAMS += tests/unit/test_sip
TESTS += tests/unit/test_sip
tests_unit_test_sip_SOURCES = $(UNIT_MAIN) \
	tests/unit/sip/corpus.cc tests/unit/sip/corpus.hh \
	tests/unit/sip/ladder.cc tests/unit/sip/ladder.hh \
	tests/unit/sip/zone.hh \
	tests/unit/sip/test_dialog.cc \
	tests/unit/sip/test_dialog_name.cc \
	tests/unit/sip/test_digest.cc \
	tests/unit/sip/test_framer.cc \
	tests/unit/sip/test_guard.cc \
	tests/unit/sip/test_invite_client.cc \
	tests/unit/sip/test_invite_server.cc \
	tests/unit/sip/test_large_request.cc \
	tests/unit/sip/test_locating.cc \
	tests/unit/sip/test_locator.cc \
	tests/unit/sip/test_message.cc \
	tests/unit/sip/test_name_addr.cc \
	tests/unit/sip/test_non_invite.cc \
	tests/unit/sip/test_nonces.cc \
	tests/unit/sip/test_refusal.cc \
	tests/unit/sip/test_response_skeleton.cc \
	tests/unit/sip/test_torture.cc \
	tests/unit/sip/test_transaction_key.cc \
	tests/unit/sip/test_transactions.cc \
	tests/unit/sip/test_uri.cc \
	tests/unit/sip/test_via.cc
tests_unit_test_sip_LDADD = sip/libsip.a $(BASE_ROW) $(OSIP_LIBS) $(CPPUNIT_LIBS)

# The torture messages of RFC 4475 and what each deserves.
EXTRA_DIST += \
	tests/corpus/rfc4475/badaspec.dat \
	tests/corpus/rfc4475/badbranch.dat \
	tests/corpus/rfc4475/baddate.dat \
	tests/corpus/rfc4475/baddn.dat \
	tests/corpus/rfc4475/badinv01.dat \
	tests/corpus/rfc4475/badvers.dat \
	tests/corpus/rfc4475/bcast.dat \
	tests/corpus/rfc4475/bext01.dat \
	tests/corpus/rfc4475/bigcode.dat \
	tests/corpus/rfc4475/clerr.dat \
	tests/corpus/rfc4475/cparam01.dat \
	tests/corpus/rfc4475/cparam02.dat \
	tests/corpus/rfc4475/dblreq.dat \
	tests/corpus/rfc4475/esc01.dat \
	tests/corpus/rfc4475/esc02.dat \
	tests/corpus/rfc4475/escnull.dat \
	tests/corpus/rfc4475/escruri.dat \
	tests/corpus/rfc4475/insuf.dat \
	tests/corpus/rfc4475/intmeth.dat \
	tests/corpus/rfc4475/inv2543.dat \
	tests/corpus/rfc4475/invut.dat \
	tests/corpus/rfc4475/longreq.dat \
	tests/corpus/rfc4475/ltgtruri.dat \
	tests/corpus/rfc4475/lwsdisp.dat \
	tests/corpus/rfc4475/lwsruri.dat \
	tests/corpus/rfc4475/lwsstart.dat \
	tests/corpus/rfc4475/mcl01.dat \
	tests/corpus/rfc4475/mismatch01.dat \
	tests/corpus/rfc4475/mismatch02.dat \
	tests/corpus/rfc4475/mpart01.dat \
	tests/corpus/rfc4475/multi01.dat \
	tests/corpus/rfc4475/ncl.dat \
	tests/corpus/rfc4475/noreason.dat \
	tests/corpus/rfc4475/novelsc.dat \
	tests/corpus/rfc4475/quotbal.dat \
	tests/corpus/rfc4475/regaut01.dat \
	tests/corpus/rfc4475/regbadct.dat \
	tests/corpus/rfc4475/regescrt.dat \
	tests/corpus/rfc4475/scalar02.dat \
	tests/corpus/rfc4475/scalarlg.dat \
	tests/corpus/rfc4475/sdp01.dat \
	tests/corpus/rfc4475/semiuri.dat \
	tests/corpus/rfc4475/test.dat \
	tests/corpus/rfc4475/transports.dat \
	tests/corpus/rfc4475/trws.dat \
	tests/corpus/rfc4475/unkscm.dat \
	tests/corpus/rfc4475/unksm2.dat \
	tests/corpus/rfc4475/unreason.dat \
	tests/corpus/rfc4475/verdicts.txt \
	tests/corpus/rfc4475/wsinv.dat \
	tests/corpus/rfc4475/zeromf.dat
