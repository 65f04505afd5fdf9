# libFuzzer targets, one for each parser: ./configure --enable-fuzzers CXX=clang++. All they link is instrumented.
FUZZ_COMPILE = -std=c++20 $(WARNINGS) -O1 -fno-omit-frame-pointer -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZ_LINK = -fsanitize=fuzzer,address,undefined -pthread
FUZZ_BASE = base/address.cc base/endpoint.cc base/entropy.cc base/hash.cc base/reason.cc

EXTRA_DIST += tests/fuzz/sip.dict tests/fuzz/sdp.dict tests/fuzz/digest.dict

if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_sip
tests_fuzz_fuzz_sip_SOURCES = tests/fuzz/fuzz_sip.cc $(sip_libsip_a_SOURCES) $(FUZZ_BASE)
tests_fuzz_fuzz_sip_CXXFLAGS = $(FUZZ_COMPILE)
tests_fuzz_fuzz_sip_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_sip_LDADD = $(OSIP_LIBS) $(CRYPTO_LIBS)

noinst_PROGRAMS += tests/fuzz/fuzz_sdp
tests_fuzz_fuzz_sdp_SOURCES = tests/fuzz/fuzz_sdp.cc $(sdp_libsdp_a_SOURCES) $(FUZZ_BASE)
tests_fuzz_fuzz_sdp_CXXFLAGS = $(FUZZ_COMPILE)
tests_fuzz_fuzz_sdp_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_sdp_LDADD = $(CRYPTO_LIBS)

noinst_PROGRAMS += tests/fuzz/fuzz_digest
tests_fuzz_fuzz_digest_SOURCES = tests/fuzz/fuzz_digest.cc $(sip_libsip_a_SOURCES) $(FUZZ_BASE)
tests_fuzz_fuzz_digest_CXXFLAGS = $(FUZZ_COMPILE)
tests_fuzz_fuzz_digest_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_digest_LDADD = $(OSIP_LIBS) $(CRYPTO_LIBS)

noinst_PROGRAMS += tests/fuzz/fuzz_stun
tests_fuzz_fuzz_stun_SOURCES = tests/fuzz/fuzz_stun.cc $(stun_libstun_a_SOURCES) $(FUZZ_BASE)
tests_fuzz_fuzz_stun_CXXFLAGS = $(FUZZ_COMPILE)
tests_fuzz_fuzz_stun_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_stun_LDADD = $(CRYPTO_LIBS)
endif
