# SPDX-License-Identifier: MIT
#
# Third parties. scripts/deps.sh is the only thing that downloads; `make deps`
# runs it, and the goals below run it by themselves the first time.
#
# What pkg-config says is written to $(B)/pc.mk, which is included: make reads
# itself again when that file changes, so that the first run, which installs
# the packages, needs no second one.

SELF_SETUP := all test demo check bench soak install test-install
NO_BUILD := help deps clean fmt metrics check-names check-banned check-docs uninstall cross-arm64

PKG_CONFIG ?= pkg-config
export PKG_CONFIG
DEPS_PREFIX ?= $(CURDIR)/.deps/prefix
export PKG_CONFIG_PATH := $(DEPS_PREFIX)/lib/pkgconfig$(if $(PKG_CONFIG_PATH),:$(PKG_CONFIG_PATH))

.PHONY: deps
deps: ## install and build the third parties, into .deps/
	$(Q)scripts/deps.sh

.deps/READY: $(wildcard scripts/deps.sh)
	$(Q)scripts/deps.sh
	$(Q)touch $@

# A package list: each word once; and that of a library with all below it.
uniq = $(if $(1),$(firstword $(1)) $(call uniq,$(filter-out $(firstword $(1)),$(1))))
pc_below = $(call uniq,$(foreach d,$(DEPS_$(1)),$(PC_$(d))))

PC_test := cmocka libcjson

GOALS := $(or $(MAKECMDGOALS),$(.DEFAULT_GOAL))
# Make brings included files up to date even for make -n, which installs nothing.
DRY := $(findstring n,$(filter-out --%,$(firstword -$(MAKEFLAGS))))
PC_AFTER := $(if $(DRY),,$(if $(filter $(SELF_SETUP),$(GOALS)),.deps/READY,$(wildcard .deps/READY)))

# PCFLAGS_<lib> are the flags of its own packages only; PCLIBS_<lib> those of
# the libraries below as well; ABSENT the optional packages that are not there, or not wanted: WITHOUT.
ifneq ($(filter-out $(NO_BUILD),$(GOALS)),)
include $(B)/pc.mk
$(B)/pc.mk: mk/layers.mk mk/deps.mk mk/pc.sh $(PC_AFTER) FORCE
	@mkdir -p $(@D); export OPTIONAL='$(OPTIONAL)' WITHOUT='$(WITHOUT)'; { $(foreach l,$(LIBS),mk/pc.sh $(l) $(PC_$(l)) -- $(call pc_below,$(l));) \
	  mk/pc.sh test $(PC_test); } >$@.tmp; \
	  if cmp -s $@.tmp $@; then rm $@.tmp; else mv $@.tmp $@; fi
endif
