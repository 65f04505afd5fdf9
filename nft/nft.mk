noinst_LIBRARIES += nft/libnft.a
nft_libnft_a_SOURCES =

check_PROGRAMS += tests/unit/test_nft
TESTS += tests/unit/test_nft
tests_unit_test_nft_SOURCES = $(UNIT_MAIN)
tests_unit_test_nft_LDADD = nft/libnft.a $(BASE_ROW) $(NFTNL_LIBS) $(NFTABLES_LIBS) $(CPPUNIT_LIBS)
