noinst_LIBRARIES += nft/libnft.a
nft_libnft_a_SOURCES = \
	nft/desired_state.cc nft/desired_state.hh \
	nft/netlink.cc nft/netlink.hh \
	nft/netlink_attributes.cc nft/netlink_attributes.hh \
	nft/netlink_elements.cc nft/netlink_elements.hh \
	nft/netlink_script.cc nft/netlink_script.hh \
	nft/netlink_watch.cc nft/netlink_watch.hh \
	nft/pinhole.hh \
	nft/table_keeper.cc nft/table_keeper.hh \
	nft/table_spec.hh \
	nft/table_text.cc nft/table_text.hh

check_PROGRAMS += tests/unit/test_nft
TESTS += tests/unit/test_nft
tests_unit_test_nft_SOURCES = $(UNIT_MAIN) \
	tests/unit/nft/test_desired_state.cc \
	tests/unit/nft/test_elements.cc \
	tests/unit/nft/test_table_text.cc
tests_unit_test_nft_LDADD = nft/libnft.a $(BASE_ROW) $(NFTNL_LIBS) $(NFTABLES_LIBS) $(CPPUNIT_LIBS)

# Against the kernel, in network namespaces of its own.
check_PROGRAMS += tests/lab/test_pinholes
TESTS += tests/lab/test_pinholes
tests_lab_test_pinholes_SOURCES = $(UNIT_MAIN) \
	tests/lab/test_pinholes.cc \
	tests/lab/test_pinholes_world.cc tests/lab/test_pinholes_world.hh
tests_lab_test_pinholes_LDADD = nft/libnft.a $(BASE_ROW) $(NFTNL_LIBS) $(NFTABLES_LIBS) $(CPPUNIT_LIBS)
