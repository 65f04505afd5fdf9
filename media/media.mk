noinst_LIBRARIES += media/libmedia.a
media_libmedia_a_SOURCES = \
	media/port_pool.cc media/port_pool.hh \
	media/port_table.cc media/port_table.hh \
	media/relay_datagram.cc media/relay_datagram.hh \
	media/relay_pause.cc media/relay_pause.hh \
	media/relay_socket.cc media/relay_socket.hh \
	media/relay.cc media/relay.hh \
	media/rtp.cc media/rtp.hh \
	media/source_description.cc media/source_description.hh \
	media/stream.cc media/stream.hh

check_PROGRAMS += tests/unit/test_media
TESTS += tests/unit/test_media
tests_unit_test_media_SOURCES = $(UNIT_MAIN) \
	tests/unit/media/relay_case.hh \
	tests/unit/media/test_early_packets.cc \
	tests/unit/media/test_forks.cc \
	tests/unit/media/test_latching.cc \
	tests/unit/media/test_port_pool.cc \
	tests/unit/media/test_port_table.cc \
	tests/unit/media/test_relay.cc \
	tests/unit/media/test_relay_datagram.cc \
	tests/unit/media/test_relay_pause.cc \
	tests/unit/media/test_rtp.cc \
	tests/unit/media/test_source_description.cc
tests_unit_test_media_LDADD = media/libmedia.a $(BASE_ROW) $(CPPUNIT_LIBS)

# The door against the kernel, in network namespaces of its own.
check_PROGRAMS += tests/lab/test_relay_socket
TESTS += tests/lab/test_relay_socket
tests_lab_test_relay_socket_SOURCES = $(UNIT_MAIN) \
	tests/lab/test_relay_socket.cc \
	tests/lab/test_pinholes_world.cc tests/lab/test_pinholes_world.hh
tests_lab_test_relay_socket_LDADD = media/libmedia.a nft/libnft.a $(BASE_ROW) $(NFTNL_LIBS) $(NFTABLES_LIBS) $(CPPUNIT_LIBS)
