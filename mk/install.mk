# SPDX-License-Identifier: MIT
#
# install: archives, public headers, one .pc per library, programs.

# Said once, where programs ask for it.
VERSION := $(shell sed -n 's/.*return "\([0-9.]*\)";/\1/p' libwzp-client/src/version.c)

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
PKGCONFIGDIR ?= $(LIBDIR)/pkgconfig
BINDIR ?= $(PREFIX)/bin
INSTALL ?= install

.PHONY: install install-lib install-headers install-pc install-apps

install: ## install the release build (DESTDIR PREFIX LIBDIR INCLUDEDIR PKGCONFIGDIR)
	+$(Q)$(call again,release) install-lib install-headers install-pc install-apps

install-lib: lib
	$(Q)$(INSTALL) -d $(DESTDIR)$(LIBDIR)
	$(Q)$(INSTALL) -m 644 $(ARCHIVES) $(DESTDIR)$(LIBDIR)

install-headers:
	$(Q)for l in $(LIBS); do d=$(DESTDIR)$(INCLUDEDIR)/wzp/$$l; $(INSTALL) -d $$d && \
	  for h in libwzp-$$l/include/wzp/$$l/*.h; do \
	    [ ! -f $$h ] || $(INSTALL) -m 644 $$h $$d || exit 1; done || exit 1; done

install-pc: $(foreach l,$(LIBS),install-pc-$(l))
install-pc-%: FORCE
	$(Q)$(INSTALL) -d $(DESTDIR)$(PKGCONFIGDIR)
	$(Q)sed -e 's,@prefix@,$(PREFIX),' -e 's,@libdir@,$(LIBDIR),' \
	  -e 's,@includedir@,$(INCLUDEDIR),' -e 's,@lib@,$*,' -e 's,@version@,$(VERSION),' \
	  -e 's,@requires@,$(patsubst %,libwzp-%,$(DEPS_$*)) $(PC_$*),' \
	  mk/wzp.pc.in >$(DESTDIR)$(PKGCONFIGDIR)/libwzp-$*.pc

install-apps: apps
	$(Q)$(INSTALL) -d $(DESTDIR)$(BINDIR)
	$(Q)for a in $(APP_PROGRAMS); do $(INSTALL) -m 755 $$a $(DESTDIR)$(BINDIR) || exit 1; done
