noinst_LIBRARIES += net/libnet.a
net_libnet_a_SOURCES = \
	net/asio.cc net/asio.hh \
	net/channel.cc net/channel.hh \
	net/connection.cc net/connection.hh \
	net/connections.cc net/connections.hh \
	net/descriptor.hh \
	net/dns_answer.cc net/dns_answer.hh \
	net/dns_client.cc net/dns_client.hh \
	net/listener_spec.hh \
	net/loop.cc net/loop.hh \
	net/open_listener.cc net/open_listener.hh \
	net/socket_address.cc net/socket_address.hh \
	net/udp_listener.cc net/udp_listener.hh \
	net/web_socket.cc net/web_socket.hh \
	net/web_upgrade.cc net/web_upgrade.hh

# What a program needs to link this room.
NET_ROW = net/libnet.a $(TLS_ROW) $(CARES_LIBS)

check_PROGRAMS += tests/unit/test_net
TESTS += tests/unit/test_net
tests_unit_test_net_SOURCES = $(UNIT_MAIN) \
	tests/unit/net/test_connections.cc \
	tests/unit/net/dns_message.hh \
	tests/unit/net/test_dns_answer.cc \
	tests/unit/net/test_dns_client.cc \
	tests/unit/net/test_loop.cc \
	tests/unit/net/test_udp_listener.cc \
	tests/unit/net/test_channel.cc tests/unit/net/test_web_socket.cc tests/unit/net/test_web_upgrade.cc
tests_unit_test_net_LDADD = $(NET_ROW) $(BASE_ROW) $(CPPUNIT_LIBS)
