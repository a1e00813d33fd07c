# SPDX-License-Identifier: MIT
#
# Another machine: all libraries and programs built and linked for arm64 with
# Debian's cross compiler, and the tests that need no network run by qemu-user.
# The pinned third parties are built for it from the same sources, into
# .deps/arm64/prefix; libuv and the test libraries of Debian lie in
# .deps/arm64/sys. Not part of check: the packages take 250 MB.
#
# Suite 0x0005 needs AES instructions, which not every arm64 has. The emulator
# has them always, so their absence is tried with this machine's programs. Its
# own third parties come first: brought up to date from within CROSS_MAKE they
# would meet the other machine's compiler.

CROSS_TRIPLET := aarch64-linux-gnu
CROSS_SYS := $(CURDIR)/.deps/arm64/sys/usr/lib/$(CROSS_TRIPLET)
CROSS_TESTS ?= proto crypto
# pkg-config must not find this machine's own libraries.
CROSS_MAKE = env PKG_CONFIG_LIBDIR=$(CROSS_SYS)/pkgconfig PKG_CONFIG_PATH= \
  TEST_WRAP='qemu-aarch64 -L /usr/$(CROSS_TRIPLET) -E LD_LIBRARY_PATH=$(CROSS_SYS)' \
  $(MAKE) VARIANT=dev B=build/arm64 DEPS_PREFIX=$(CURDIR)/.deps/arm64/prefix \
  CC=$(CROSS_TRIPLET)-gcc AR=$(CROSS_TRIPLET)-ar NM=$(CROSS_TRIPLET)-nm OBJCOPY=$(CROSS_TRIPLET)-objcopy

.PHONY: cross-arm64
cross-arm64: .deps/READY ## build all for arm64, run the tests of proto and crypto under qemu (CROSS_TESTS)
	$(Q)scripts/deps.sh --arch arm64
	+$(Q)$(CROSS_MAKE) lib apps
	+$(Q)$(CROSS_MAKE) layers LAYERS=link
	+$(Q)$(CROSS_MAKE) install-lib install-headers install-pc DESTDIR= PREFIX=$(CURDIR)/build/arm64/prefix
	$(Q)scripts/check-cpu $(CROSS_TRIPLET)-objdump build/arm64/libwzp-*.a .deps/arm64/prefix/lib/lib*.a
	+$(Q)$(CROSS_MAKE) run-tests TEST_SET='$(CROSS_TESTS)'
	+$(Q)[ "$$(uname -m)" != x86_64 ] || TEST_WRAP='qemu-x86_64 -cpu qemu64' $(MAKE) run-tests TEST_SET=crypto
