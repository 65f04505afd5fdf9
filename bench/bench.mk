# bench

# bench/pinholes runs this one.
noinst_PROGRAMS += bench/pinhole_loop
bench_pinhole_loop_SOURCES = bench/pinhole_loop.cc
bench_pinhole_loop_LDADD = $(WARDEN_ROW)

# bench/relay runs these two between namespaces.
noinst_PROGRAMS += bench/relay_loop bench/relay_sender
bench_relay_loop_SOURCES = bench/relay_loop.cc
bench_relay_loop_LDADD = media/libmedia.a nft/libnft.a $(BASE_ROW) $(NFTNL_LIBS) $(NFTABLES_LIBS)
bench_relay_sender_SOURCES = bench/relay_sender.cc
bench_relay_sender_LDADD = media/libmedia.a $(BASE_ROW)

# bench/registrations runs these three, phones and registrar between namespaces.
noinst_PROGRAMS += bench/phones bench/registrar bench/registration_loop
bench_phones_SOURCES = bench/phones.cc bench/udp_socket.hh
bench_phones_LDADD = $(BASE_ROW)
bench_registrar_SOURCES = bench/registrar.cc bench/udp_socket.hh
bench_registrar_LDADD = $(BASE_ROW)
bench_registration_loop_SOURCES = bench/registration_loop.cc
bench_registration_loop_LDADD = sbc/libsbc.a policy/libpolicy.a media/libmedia.a nft/libnft.a sdp/libsdp.a sip/libsip.a \
	$(TLS_ROW) $(BASE_ROW) $(OSIP_LIBS) $(CRYPTO_LIBS) $(RE2_LIBS)
EXTRA_DIST += bench/common.py bench/boxes.py bench/rtpengine.py bench/relay bench/pinholes bench/sip bench/delay bench/memory \
	bench/call.ladder bench/delay.ladder bench/held.ladder bench/kamailio-topoh.cfg bench/register-phones.xml bench/register-registrar.xml \
	bench/registrations
