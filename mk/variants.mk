# SPDX-License-Identifier: MIT
#
# Variants: a set of flags and a build folder each. They never mix.

VARIANTS := dev release san tsan cov fuzz
ifeq ($(filter $(VARIANT),$(VARIANTS)),)
$(error unknown VARIANT '$(VARIANT)': one of $(VARIANTS))
endif

# clang for the address sanitizer, so that make check compiles everything with
# both compilers. CC set by the user (environment, command line) wins.
ifeq ($(origin CC),default)
CC := $(if $(filter fuzz san,$(VARIANT)),clang-14,gcc)
endif
ifeq ($(origin AR),default)
AR := ar
endif
WERROR ?= -Werror

WARN := -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes \
  -Wstrict-prototypes -Wold-style-definition -Wvla -Wundef -Wformat=2 \
  -Wpointer-arith -Wwrite-strings -Wimplicit-fallthrough $(WERROR)

HARDEN := -fstack-protector-strong -fstack-clash-protection
HARDEN_LD := -Wl,-z,relro,-z,now

FLAGS_dev     := -O1 -g $(HARDEN)
FLAGS_release := -O2 -g -DNDEBUG -D_FORTIFY_SOURCE=2 $(HARDEN)
FLAGS_san     := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
  -fno-sanitize-recover=all
FLAGS_tsan    := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
FLAGS_cov     := -O0 -g --coverage
FLAGS_fuzz    := -O1 -g -fno-omit-frame-pointer \
  -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all

LD_dev     := $(HARDEN_LD)
LD_release := $(HARDEN_LD)
LD_san     := -fsanitize=address,undefined
LD_tsan    := -fsanitize=thread
LD_cov     := --coverage
LD_fuzz    := -fsanitize=address,undefined

# User flags (CFLAGS, CPPFLAGS, LDFLAGS) come last, so that they win.
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE= -fPIC -fno-common $(WARN) \
  $(FLAGS_$(VARIANT)) $(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS = $(LD_$(VARIANT)) $(LDFLAGS)

# Everything depends on this stamp, which changes when a flag or a third party
# does.
$(B)/.flags: FORCE
	@mkdir -p $(@D); { echo '$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS)'; \
	  head -q -n 1 $(DEPS_PREFIX)/.stamps/* 2>/dev/null; } >$@.tmp; \
	  if cmp -s $@.tmp $@; then rm $@.tmp; else mv $@.tmp $@; fi
