# SPDX-License-Identifier: MIT
#
# Libraries and apps. A library without sources yet is skipped.

# $(call view_rules,name,libraries): a folder of symlinks to the public headers
# that `name` may see. Nothing else is on its include path, so that an include
# from above does not compile. Links that are right stay untouched: make has
# looked at the headers behind them already when this runs.
define view_rules
$(B)/view/$(1)/.ok: mk/layers.mk mk/rules.mk
	$$(Q)mkdir -p $$(@D)/wzp && for e in $$(@D)/wzp/*; do \
	  case " $(2) " in *" $$$${e##*/} "*) ;; *) rm -f "$$$$e" ;; esac; done && \
	  for l in $(2); do [ -e $$(@D)/wzp/$$$$l ] || \
	  ln -sfnr $(CURDIR)/libwzp-$$$$l/include/wzp/$$$$l $$(@D)/wzp/$$$$l; done && touch $$@
endef

# $(call obj_rules,objects,include flags,view): compile objects under $(B).
define obj_rules
$(1): $(B)/%.o: %.c $(B)/.flags $(B)/pc.mk | $(B)/view/$(3)/.ok
	$$(call say,CC,$$<)
	$$(Q)mkdir -p $$(@D) && $$(CC) $$(ALL_CFLAGS) $(2) -I$(B)/view/$(3) $$(PCFLAGS_$(3)) -MMD -MP -c $$< -o $$@
-include $(1:.o=.d)
endef

define lib_rules
SRC_$(1) := $$(sort $$(wildcard libwzp-$(1)/src/*.c libwzp-$(1)/src/*/*.c))
OBJ_$(1) := $$(SRC_$(1):%.c=$(B)/%.o) $$(GEN_$(1))
AR_$(1)  := $$(if $$(strip $$(OBJ_$(1))),$(B)/libwzp-$(1).a)
endef

define lib_build
$(call view_rules,$(1),$(1) $(DEPS_$(1)))
$(call obj_rules,$(SRC_$(1):%.c=$(B)/%.o),-Ilibwzp-$(1)/src,$(1))
$(OBJ_$(1)): | includes-$(1)
.PHONY: includes-$(1)
includes-$(1): $(B)/layers.facts
	$$(Q)scripts/check-layers $(B)/layers.facts includes=libwzp-$(1)
$(B)/libwzp-$(1).a: $(OBJ_$(1))
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && $$(AR) qcs $$@ $$^
endef

# The files that call a package which need not be there.
have_macro = -DWZP_HAVE_$(shell echo '$(1)' | tr a-z A-Z)
$(foreach p,$(filter-out $(ABSENT),$(OPTIONAL)),$(eval $(B)/$(FILE_$(p)).o: private ALL_CFLAGS += $(call have_macro,$(p))))

# The mnemonic's word list is made from the package's text file.
ifneq ($(wildcard scripts/gen-wordlist),)
GEN_crypto := $(B)/gen/wordlist.o
$(B)/gen/wordlist.c: scripts/gen-wordlist .deps/wordlist/english.txt
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D) && scripts/gen-wordlist .deps/wordlist/english.txt $@
$(B)/gen/wordlist.o: $(B)/gen/wordlist.c $(B)/.flags | $(B)/view/crypto/.ok
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -Ilibwzp-crypto/src -I$(B)/view/crypto -MMD -MP -c $< -o $@
-include $(B)/gen/wordlist.d
.deps/wordlist/english.txt:
	@echo "$@ is missing: run 'make deps'" >&2; false
endif

$(foreach l,$(LIBS),$(eval $(call lib_rules,$(l))))
$(foreach l,$(LIBS),$(eval $(call lib_build,$(l))))

# $(call archives,libraries): their archives, in link order (highest first).
reverse = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
archives = $(strip $(foreach l,$(call reverse,$(LIBS)),$(if $(filter $(l),$(1)),$(AR_$(l)))))

# miniaudio, compiled into the one file that calls it.
$(B)/libwzp-client/src/audio/sound.o: private ALL_CFLAGS += -isystem $(DEPS_PREFIX)/include

ARCHIVES := $(call archives,$(LIBS))
lib: $(ARCHIVES)

# What the apps share: apps/common/*.c, included as "common/x.h".
OBJ_apps_common := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard apps/common/*.c)))
$(eval $(call view_rules,apps-common,$(LINK_common)))
$(eval $(call obj_rules,$(OBJ_apps_common),-Iapps,apps-common))

# What the relay says of itself: the version, and the commit where it is known.
BUILD_TEXT = $(strip $(VERSION) $(shell git describe --always --dirty 2>/dev/null))
$(B)/apps/wzp-relay/main.o: private ALL_CFLAGS += -DWZP_BUILD='"$(BUILD_TEXT)"'

# Apps: apps/<name>/*.c -> $(B)/bin/<name>.
define app_rules
OBJ_app_$(1) := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard apps/$(1)/*.c)))
endef
define app_build
$(call view_rules,$(1),$(LINK_$(1)))
PCFLAGS_$(1) = $(foreach l,$(LINK_$(1)),$$(PCFLAGS_$(l)))
$(call obj_rules,$(OBJ_app_$(1)),-Iapps/$(1) -Iapps,$(1))
$(B)/bin/$(1): $(OBJ_app_$(1)) $(OBJ_apps_common) $(call archives,$(LINK_$(1)))
	$$(call say,LD,$$@)
	$$(Q)mkdir -p $$(@D) && $$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(PCLIBS_$(firstword $(LINK_$(1))))
endef
$(foreach a,$(APPS),$(eval $(call app_rules,$(a))))
$(foreach a,$(APPS),$(if $(OBJ_app_$(a)),$(eval $(call app_build,$(a)))))

APP_PROGRAMS := $(foreach a,$(APPS),$(if $(OBJ_app_$(a)),$(B)/bin/$(a)))
apps: $(APP_PROGRAMS)
