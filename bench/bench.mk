# bench

noinst_PROGRAMS += bench/pinholes
bench_pinholes_SOURCES = bench/pinholes.cc
bench_pinholes_LDADD = $(WARDEN_ROW)

# bench/relay runs these two between namespaces.
noinst_PROGRAMS += bench/relay_loop bench/relay_sender
bench_relay_loop_SOURCES = bench/relay_loop.cc
bench_relay_loop_LDADD = media/libmedia.a nft/libnft.a $(BASE_ROW) $(NFTNL_LIBS) $(NFTABLES_LIBS)
bench_relay_sender_SOURCES = bench/relay_sender.cc
bench_relay_sender_LDADD = media/libmedia.a $(BASE_ROW)
EXTRA_DIST += bench/relay bench/rtpengine.py
