EXTRA_DIST += docs/architecture.md docs/testing.md docs/call-records.md docs/conformance.md docs/decisions

EXTRA_DIST += docs/policy.md docs/man/reference_to_man.awk
dist_man_MANS += docs/man/sallyport.1 docs/man/sallyportd.8
nodist_man_MANS = docs/man/sallyport.toml.5
CLEANFILES += docs/man/sallyport.toml.5
docs/man/sallyport.toml.5: docs/policy.md docs/man/reference_to_man.awk
	$(AM_V_GEN)$(MKDIR_P) docs/man && $(AWK) -f $(srcdir)/docs/man/reference_to_man.awk $(srcdir)/docs/policy.md > $@
