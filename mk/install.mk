# SPDX-License-Identifier: MIT
#
# install: archives, public headers, one .pc per library, programs.
#
# Packages that lie in .deps/prefix are archives built for us. They go along as
# one archive, libwzp-thirdparty, with prefixed symbols (docs/embedding.md);
# all other packages are the system's shared libraries and are only required.

# Said once, where programs ask for it.
VERSION := $(shell sed -n 's/.*return "\([0-9.]*\)";/\1/p' libwzp-client/src/version.c)

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
PKGCONFIGDIR ?= $(LIBDIR)/pkgconfig
BINDIR ?= $(PREFIX)/bin
INSTALL ?= install
NM ?= nm
OBJCOPY ?= objcopy

INSTALL_PARTS := lib headers pc apps
.PHONY: install uninstall $(INSTALL_PARTS:%=install-%)

install: ## install the release build (DESTDIR PREFIX LIBDIR INCLUDEDIR PKGCONFIGDIR BINDIR)
	+$(Q)$(call again,release) $(INSTALL_PARTS:%=install-%)

# Bundled packages, their archives, and what those need of the system. Exported
# variables do not reach $(shell) before make 4.4.
ask_pkg = $(shell PKG_CONFIG_PATH='$(PKG_CONFIG_PATH)' $(PKG_CONFIG) $(1))
BUNDLED = $(foreach p,$(PACKAGES),$(if $(filter $(realpath $(DEPS_PREFIX))/%,$(realpath \
  $(call ask_pkg,--variable=libdir $(p)))),$(p)))
BUNDLED_LIBS = $(call uniq,$(call ask_pkg,--libs-only-l $(BUNDLED)))
BUNDLED_ARCHIVES = $(BUNDLED_LIBS:-l%=$(DEPS_PREFIX)/lib/lib%.a)
# The others: the system's shared libraries.
SYSTEM = $(filter-out $(BUNDLED) $(ABSENT),$(PACKAGES))
BUNDLED_NEEDS = $(call uniq,$(filter-out -L% $(BUNDLED_LIBS),$(call ask_pkg,--static --libs $(BUNDLED))))

STAGED = $(B)/install
$(STAGED)/.ok: $(ARCHIVES) $(B)/pc.mk mk/install.mk mk/prefix-symbols.sh
	$(call say,PREFIX,$(@D))
	$(Q)rm -rf $(@D) && AR='$(AR)' NM='$(NM)' OBJCOPY='$(OBJCOPY)' \
	  mk/prefix-symbols.sh $(@D) $(BUNDLED_ARCHIVES) -- $(ARCHIVES) && touch $@

install-lib: $(STAGED)/.ok
	$(Q)$(INSTALL) -d $(DESTDIR)$(LIBDIR)
	$(Q)$(INSTALL) -m 644 $(STAGED)/*.a $(DESTDIR)$(LIBDIR)

install-headers:
	$(Q)for l in $(LIBS); do d=$(DESTDIR)$(INCLUDEDIR)/wzp/$$l; $(INSTALL) -d $$d && \
	  $(INSTALL) -m 644 libwzp-$$l/include/wzp/$$l/*.h $$d || exit 1; done

# A .pc names what lies below its library, in link order: its libraries, then
# our bundle if it calls any of it, then packages of the system.
pc_requires = $(patsubst %,libwzp-%,$(DEPS_$(1)) $(if $(filter $(BUNDLED),$(PC_$(1))),thirdparty)) \
  $(filter-out $(BUNDLED) $(ABSENT),$(PC_$(1)))
# What miniaudio needs of the system: it loads the sound systems by itself.
LIBS_AFTER_client := -lm -ldl -lpthread
# $(call write_pc,name,what it is,requires,what it links after itself)
write_pc = sed -e 's,@prefix@,$(PREFIX),' -e 's,@libdir@,$(LIBDIR),' \
  -e 's,@includedir@,$(INCLUDEDIR),' -e 's,@lib@,$(1),' -e 's,@version@,$(VERSION),' \
  -e 's;@what@;$(2);' -e 's,@requires@,$(strip $(3)),' -e 's,@libs@,$(strip -lwzp-$(1) $(4)),' \
  mk/wzp.pc.in >$(DESTDIR)$(PKGCONFIGDIR)/libwzp-$(1).pc && \
  chmod 644 $(DESTDIR)$(PKGCONFIGDIR)/libwzp-$(1).pc

install-pc: $(LIBS:%=install-pc-%) install-pc-thirdparty
install-pc-%: FORCE
	$(Q)$(INSTALL) -d $(DESTDIR)$(PKGCONFIGDIR)
	$(Q)$(call write_pc,$*,$* library,$(call pc_requires,$*),$(LIBS_AFTER_$*))
install-pc-thirdparty: FORCE
	$(Q)$(INSTALL) -d $(DESTDIR)$(PKGCONFIGDIR)
	$(Q)$(call write_pc,thirdparty,third parties of the other libraries$(comma) not for direct use,,$(BUNDLED_NEEDS))
comma := ,

install-apps: apps
	$(Q)$(INSTALL) -d $(DESTDIR)$(BINDIR)
	$(Q)$(INSTALL) -m 755 $(APP_PROGRAMS) $(DESTDIR)$(BINDIR)

uninstall: ## remove what install put there (same variables)
	$(Q)rm -f $(foreach l,$(LIBS) thirdparty,$(DESTDIR)$(LIBDIR)/libwzp-$(l).a \
	  $(DESTDIR)$(PKGCONFIGDIR)/libwzp-$(l).pc) $(APPS:%=$(DESTDIR)$(BINDIR)/%)
	$(Q)rm -rf $(DESTDIR)$(INCLUDEDIR)/wzp

# What an embedder gets: two installations, used by tests/install.
.PHONY: test-install
test-install: TREE := $(CURDIR)/build/install-test
test-install: ## install twice, and use it with pkg-config and a compiler alone
	$(Q)rm -rf $(TREE)
	+$(Q)$(MAKE) install PREFIX=$(TREE)/prefix DESTDIR=
	+$(Q)umask 077 && $(MAKE) install PREFIX=$(TREE)/prefix DESTDIR=$(TREE)/dest STAGED=$(TREE)/staged
	$(Q)INSTALLED=$(TREE)/prefix DEST=$(TREE)/dest SYS=$(CURDIR)/.deps/sys \
	  PLAIN='build/release/libwzp-*.a $(BUNDLED_ARCHIVES) $(call ask_pkg,--libs $(SYSTEM))' SYSTEM='$(SYSTEM)' \
	  TEST_TIMEOUT=900 scripts/run-tests $(TREE) tests/install/install_test.sh
