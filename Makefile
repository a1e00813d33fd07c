# SPDX-License-Identifier: MIT
#
# One Makefile, no recursion into folders. The rules are in mk/:
#
#   layers.mk        which library may use which: the only statement of it
#   variants.mk      dev, release, san, tsan, cov, fuzz and their flags
#   deps.mk          third parties: set-up on first use, pkg-config
#   rules.mk         libraries and programs
#   tests.mk         test programs, benches, fuzz targets
#   check.mk         layers, check, fmt, cov, metrics
#   install.mk       install and the .pc files, the test of both
#   cross.mk         another machine
#
# VARIANT=san picks a variant, B=build/mine a build folder of your own,
# CC=clang-14 a compiler, V=1 shows the commands, WITHOUT=rnnoise leaves an
# optional package out (mk/layers.mk).

.DEFAULT_GOAL := all
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# As many jobs as processors, unless the caller says -j.
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
export JOBS
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(JOBS)
endif

VARIANT ?= dev
B ?= build/$(VARIANT)
V ?= 0
Q := $(if $(filter 0,$(V)),@)
# $(call say,CC,path) prints one short line, unless V=1 shows the command.
say = $(if $(filter 0,$(V)),@printf '%-6s %s\n' '$(1)' '$(2)')

.PHONY: help all lib apps clean FORCE
FORCE:

include mk/layers.mk
include mk/variants.mk
include mk/deps.mk
include mk/rules.mk
include mk/tests.mk
include mk/check.mk
include mk/install.mk
include mk/cross.mk

all: lib apps ## build the libraries and the programs

help: ## print the targets
	@awk -F ':.*## ' '/^[a-z][a-z0-9_.-]*:.*## / \
	  { printf "  %-22s %s\n", $$1, $$2 }' Makefile mk/*.mk | sort
	@echo '  VARIANT=$(subst $() ,|,$(VARIANTS))  B=folder  CC=compiler  V=1'

clean: ## remove build/ (third parties in .deps/ stay)
	$(Q)rm -rf build
