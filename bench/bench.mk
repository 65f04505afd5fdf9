# bench

noinst_PROGRAMS += bench/pinholes
bench_pinholes_SOURCES = bench/pinholes.cc
bench_pinholes_LDADD = $(WARDEN_ROW)
