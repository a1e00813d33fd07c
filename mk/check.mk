# SPDX-License-Identifier: MIT
#
# Checks and figures about the source itself.

.PHONY: layers check check-names check-docs check-banned check-headers \
  fmt check-fmt cov run-cov metrics tidy

# Layers ------------------------------------------------------------------------
# 1 includes, by compiling with views (mk/rules.mk) and by reading; 2 symbols;
# 3 link; 4 the map in ARCHITECTURE.md.

LAYERS ?= includes symbols link map
link_test = $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $(B)/tests/layers-$(1) tests/layers/main.c \
  -Wl,--whole-archive $(AR_$(1)) -Wl,--no-whole-archive $(call archives,$(DEPS_$(1))) $(PCLIBS_$(1))

PACKAGES := $(call uniq,$(foreach l,$(LIBS),$(PC_$(l))))
define layer_facts
$(foreach l,$(LIBS),lib $(l)
deps $(l) $(DEPS_$(l))
pkg $(l) $(PC_$(l)) $(HEADER_$(l))
obj $(l) $(OBJ_$(l))
$(if $(AR_$(l)),link $(l) $(call link_test,$(l)))
)$(foreach a,$(APPS) common,sees $(a) $(LINK_$(a))
)$(foreach p,$(PACKAGES) $(foreach l,$(LIBS),$(HEADER_$(l))),syms $(p) $(SYMS_$(p))
third $(p) $(NAME_$(p))
$(if $(ONLY_$(p)),only $(p) $(ONLY_$(p)))
)$(foreach v,$(filter MAY_%,$(.VARIABLES)),may $(v:MAY_%=%) $($(v))
)
endef

$(B)/layers.facts: FORCE
	@mkdir -p $(B)/tests
	$(file >$@,$(layer_facts))

layers: $(ARCHIVES) $(B)/layers.facts ## prove that the layers of mk/layers.mk hold
	$(Q)scripts/check-layers $(B)/layers.facts $(LAYERS)

# Everything --------------------------------------------------------------------

# Where the thread sanitizer is run: where there are threads; a world has one.
TSAN_SET := transport client
TSAN_ALSO := tests/torture/syscalls_test

# All of it, also after a failure. The address sanitizer build is made with
# clang (mk/variants.mk), so that it is the second compiler as well.
check: ## tests under sanitizers, clang, layers, headers, names, docs, fuzz corpora, install
	+$(Q)bad=; \
	$(MAKE) -k check-names check-docs check-banned check-fmt check-headers layers || bad="$$bad source"; \
	$(call again,san) run-tests benches || bad="$$bad san"; \
	$(call again,tsan) run-tests TEST_SET="$(TSAN_SET)" TEST_ALSO="$(TSAN_ALSO)" || bad="$$bad tsan"; \
	$(call again,fuzz) fuzz-corpora || bad="$$bad fuzz-corpora"; \
	$(MAKE) test-install || bad="$$bad install"; \
	[ -z "$$bad" ] || { echo "check failed:$$bad"; exit 1; }

check-names: ## names, mirrored tests, dropped errors, braces
	$(Q)scripts/check-names
check-docs: ## what the documents say about files and commands
	$(Q)scripts/check-docs
check-banned: ## strcpy and friends
	$(Q)scripts/check-banned

# Each public header alone, as C11 and as C++.
CXX ?= g++
check-headers: $(foreach l,$(LIBS),$(B)/view/$(l)/.ok) ## each public header alone, as C11 and C++17
	$(Q)for h in libwzp-*/include/wzp/*/*.h; do \
	  lib=$${h#libwzp-}; lib=$${lib%%/*}; [ -f "$$h" ] || continue; \
	  for how in "$(CC) -x c -std=c11 -Wall -Wextra -Wpedantic" "$(CXX) -x c++ -std=c++17 -Wall -Wextra -Wpedantic"; do \
	    echo "#include <$${h#*/include/}>" | $$how -Werror -fsyntax-only -I$(B)/view/$$lib - || \
	      { echo "$$h does not compile alone ($${how%% *})"; exit 1; }; \
	  done; done

# Format ------------------------------------------------------------------------

CLANG_FORMAT ?= clang-format-14
CLANG_TIDY ?= clang-tidy-14
FORMATTED = $(wildcard $(foreach d,libwzp-*/src libwzp-*/src/* libwzp-*/include/wzp/* \
  apps/* tests/* tests/support/* bench/* fuzz examples examples/*,$(d)/*.c $(d)/*.h))

fmt: ## clang-format all sources in place
	$(Q)$(CLANG_FORMAT) -i $(FORMATTED)
check-fmt: ## files that are not as clang-format wants them
	$(Q)$(CLANG_FORMAT) --dry-run -Werror $(FORMATTED) 2>&1 | \
	  sed -n 's/: error: code should be clang-formatted.*/: not formatted (make fmt)/p' | \
	  awk -F: '!seen[$$1]++ { print; bad = 1 } END { exit bad }'

tidy: compile_commands.json ## clang-tidy (slow)
	$(Q)$(CLANG_TIDY) --quiet -p build $(filter libwzp-% apps/%,$(filter %.c,$(FORMATTED)))

compile_commands.json: FORCE ## build/compile_commands.json, for editors
	@mkdir -p build
	+$(Q)$(MAKE) -Bnk V=1 lib apps tests 2>/dev/null | awk -v dir='$(CURDIR)' ' \
	  / -c / { sub(/^.*&& /, ""); file = $$0; sub(/^.* -c /, "", file); sub(/ .*/, "", file); \
	    gsub(/["\\]/, "\\\\&"); \
	    printf "%s{\"directory\": \"%s\", \"file\": \"%s\", \"command\": \"%s\"}", \
	      n++ ? ",\n" : "[\n", dir, file, $$0 } \
	  END { print "\n]" }' >build/$@

# Figures -----------------------------------------------------------------------

cov: ## line coverage per library
	+$(Q)$(call again,cov) run-cov
run-cov:
	$(Q)find $(B) -name '*.gcda' -delete 2>/dev/null; true
	$(Q)$(MAKE) run-tests
	$(Q)scripts/metrics --cov $(B)

metrics: ## sizes of functions and files
	$(Q)scripts/metrics
