EXTRA_DIST += etc/sallyport.toml etc/sallyportd.service.in

examplesdir = $(docdir)/examples
dist_examples_DATA = etc/examples/carrier.toml etc/examples/phones.toml etc/examples/branch.toml

completiondir = $(datadir)/bash-completion/completions
dist_completion_DATA = etc/completion/sallyport

unitdir = $(prefix)/lib/systemd/system
unit_DATA = etc/sallyportd.service
CLEANFILES += etc/sallyportd.service
etc/sallyportd.service: etc/sallyportd.service.in
	$(AM_V_GEN)$(MKDIR_P) etc && sed -e 's|@bindir[@]|$(bindir)|g' -e 's|@sbindir[@]|$(sbindir)|g' \
	  -e 's|@sysconfdir[@]|$(sysconfdir)|g' $(srcdir)/etc/sallyportd.service.in > $@

# The operator's policy is never overwritten, and taken away only where it is still ours.
policy_file = $(DESTDIR)$(sysconfdir)/sallyport/sallyport.toml
install-data-local:
	$(MKDIR_P) $(DESTDIR)$(sysconfdir)/sallyport
	test -e $(policy_file) || $(INSTALL_DATA) $(srcdir)/etc/sallyport.toml $(policy_file)
uninstall-local:
	if cmp -s $(srcdir)/etc/sallyport.toml $(policy_file); then rm -f $(policy_file); fi
