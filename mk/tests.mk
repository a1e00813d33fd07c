# SPDX-License-Identifier: MIT
#
# Test programs. tests/<lib>/<name>_test.c is one program, linked with that
# library and what lies below it, never with more: the layers hold for tests
# too. Tests of several libraries together are in tests/integration/.
#
#   folder               sees and links                    archives beside
#   tests/<lib>/         <lib> and its DEPS                support
#   tests/support_tests/ proto                             proxy, tap, legacy, report, support
#     world_*            all libraries                     ears, world, support
#     secrets_test       proto                             secrets too
#   tests/bench/         proto                             bench, support
#   tests/integration/   all libraries                     ears, liar, world, legacy, support
#     leak_*             all libraries                     secrets, ears, liar, world, support
#   tests/torture/       all libraries                     faults, liar, world, legacy, support
#   tests/attack/        all libraries                     liar, world, support
#   tests/e2e/           proto; runs the programs, *.sh as well
#   bench/cmd/           all libraries                     bench, world, support; rekey: ears
#   bench/voice/         all libraries; one program        bench, world, support
#   fuzz/                all libraries                     world, support
#
# Includes: "support/harness.h" (-Itests), "bench/support/stoi.h" (-I.), and in
# tests/<lib>/ the private headers of that library.

TEST_INC := -Itests -I.

# For the programs: where the vectors are and where the built programs are.
export WZP_VECTORS ?= tests/vectors
export WZP_EXTERNAL_VECTORS ?= ../shared/vectors/external
export WZP_BIN := $(B)/bin
# cmocka catches signals; the sanitizers say more about them.
export ASAN_OPTIONS ?= handle_segv=2:handle_sigbus=2:handle_sigfpe=2:handle_sigill=2:detect_stack_use_after_return=1
export LSAN_OPTIONS ?= suppressions=$(CURDIR)/mk/lsan.supp:print_suppressions=0
export UBSAN_OPTIONS ?= print_stacktrace=1
# The thread sanitizer of gcc 12 cannot live with much address randomisation.
ifeq ($(VARIANT),tsan)
export TEST_WRAP := $(shell setarch -R true 2>/dev/null && echo setarch -R)
endif
export WZP_TEST_BIN := $(B)/tests/bin

# A view that shows everything.
$(eval $(call view_rules,everything,$(LIBS)))
PCFLAGS_everything = $(foreach l,$(LIBS),$(PCFLAGS_$(l)))
PCLIBS_everything = $(PCLIBS_client) $(PCLIBS_relay)

# Archives of support code: name, folder, view.
define support_rules
OBJ_$(1) := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard $(2)/*.c)))
AR_$(1) := $(if $(wildcard $(2)/*.c),$(B)/tests/lib$(1).a)
endef
define support_build
$(call obj_rules,$(OBJ_$(1)),$(TEST_INC) $$(PCFLAGS_test),$(3))
$(B)/tests/lib$(1).a: $(OBJ_$(1))
	$$(call say,AR,$$@)
	$$(Q)mkdir -p $$(@D) && rm -f $$@ && $$(AR) qcs $$@ $$^
endef
support = $(eval $(call support_rules,$(1),$(2)))$(if $(OBJ_$(1)),$(eval $(call support_build,$(1),$(2),$(3))))
$(call support,support,tests/support,proto)
$(call support,world,tests/support/world,everything)
$(call support,liar,tests/support/liar,everything)
$(call support,bench,bench/support,proto)
$(call support,faults,tests/support/faults,everything)
# The functions of faults.h, of alloc.h and the verbs of a test, before the
# real ones.
WRAP_faults := -Wl$(shell sed -n 's/^    X.\([a-z_]*\),.*/,--wrap=\1/p' tests/support/faults/faults.h | tr -d '\n')
WRAP_alloc := $(foreach f,malloc calloc realloc free speex_echo_state_init speex_preprocess_state_init,-Wl,--wrap=$(f))
wrap_verbs = $(shell sed -n 's/^[A-Z_]*VERB.*\(wzp_[a-z]*_[a-z_]*\), .\(const \)*wzp_.*/-Wl,--wrap=\1/p' $(1))
# The laws of the world look inside both kinds of machines.
$(B)/tests/support/world/inside_client.o: private ALL_CFLAGS += -Ilibwzp-client/src
$(B)/tests/support/world/inside_relay.o: private ALL_CFLAGS += -Ilibwzp-relay/src
# An ear at every key group and decoder; objects, as nobody calls them by name.
OBJ_ears := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard tests/support/ears/*.c)))
WRAP_ears := -Wl,--wrap=wzp_group_seal,--wrap=wzp_group_open,--wrap=wzp_group_recv,--wrap=wzp_decoder_decode,--wrap=wzp_decoder_fill,--wrap=wzp_encoder_encode
$(eval $(call obj_rules,$(OBJ_ears),$(TEST_INC),everything))
# A register of secrets, and taps where they are made and where things come
# out; the tests of the register need it alone.
$(call support,secrets,tests/support/secrets,everything)
WRAP_secrets := $(foreach f,wzp_test_rng_table wzp_transport_set_test_rng wzp_kem_keypair \
  wzp_agree_new_caller wzp_agree_reveal wzp__hkdf \
  wzp__hkdf_label wzp__hkdf_extract wzp__hkdf512_expand wzp__x25519 \
  crypto_kem_xwing_enc_deterministic wzp_kem_keypair wzp_kem_open wc_Tls13_HKDF_Expand_Label_ex \
  wc_curve25519_shared_secret_ex wzp_seed_identity_new wzp_engine_poll_send \
  wzp_relay_poll_send wzp_engine_next_event_sized wzp_endpoint_send_signal \
  wzp_endpoint_send_dgram wzp_store_memory_table,-Wl,--wrap=$(f))

# Programs for tests and the demo: tests/support/<name>/*.c -> $(B)/tests/bin/<name>,
# what each one sees and links, and how. What is not in main.c is an archive, so
# that tests/support_tests/ can reach it.
SUPPORT_PROGRAMS := proxy legacy tap probe report
LINK_proxy  := proto
LINK_legacy := transport codec crypto proto
# libwzp-relay with an ear at its endpoint.
LINK_tap    := relay $(DEPS_relay)
WRAP_tap    := -Wl,--wrap=wzp_endpoint_poll,--wrap=wzp_endpoint_recv
# wzp-client with an ear at its encoder.
LINK_probe  := client $(DEPS_client)
WRAP_probe  := -Wl,--wrap=wzp_encoder_encode
WITH_probe  := $(OBJ_app_wzp-client) $(OBJ_apps_common)
# Measures the demo's call.
LINK_report := codec proto
WITH_report := $(AR_bench)

define program_rules
SRC_prog_$(1) := $(sort $(wildcard tests/support/$(1)/*.c))
MAIN_prog_$(1) := $(or $(filter %/main.c,$(wildcard tests/support/$(1)/*.c)),$(wildcard tests/support/$(1)/*.c))
endef
define program_more
AR_prog_$(1) := $(if $(filter-out $(MAIN_prog_$(1)),$(SRC_prog_$(1))),$(B)/tests/lib$(1).a)
endef
define program_build
$(call view_rules,$(1),$(LINK_$(1)))
PCFLAGS_$(1) = $(foreach l,$(LINK_$(1)),$$(PCFLAGS_$(l)))
$(call obj_rules,$(SRC_prog_$(1):%.c=$(B)/%.o),$(TEST_INC),$(1))
$(B)/tests/lib$(1).a: $(patsubst %.c,$(B)/%.o,$(filter-out $(MAIN_prog_$(1)),$(SRC_prog_$(1))))
	$$(call say,AR,$$@)
	$$(Q)mkdir -p $$(@D) && rm -f $$@ && $$(AR) qcs $$@ $$^
$(B)/tests/bin/$(1): $(MAIN_prog_$(1):%.c=$(B)/%.o) $(AR_prog_$(1)) $(WITH_$(1)) $(AR_support) $(call archives,$(LINK_$(1)))
	$$(call say,LD,$$@)
	$$(Q)mkdir -p $$(@D) && $$(CC) $$(ALL_LDFLAGS) $(WRAP_$(1)) -o $$@ $$^ $(foreach l,$(LINK_$(1)),$$(PCLIBS_$(l))) $$(PCLIBS_test)
endef
$(foreach p,$(SUPPORT_PROGRAMS),$(eval $(call program_rules,$(p))))
$(foreach p,$(SUPPORT_PROGRAMS),$(eval $(call program_more,$(p))))
$(foreach p,$(SUPPORT_PROGRAMS),$(if $(SRC_prog_$(p)),$(eval $(call program_build,$(p)))))
SUPPORT_BIN := $(foreach p,$(SUPPORT_PROGRAMS),$(if $(SRC_prog_$(p)),$(B)/tests/bin/$(p)))

# One program per source file: sources, view, libraries, archives, includes,
# link flags.
define one_each
$(call obj_rules,$(1:%.c=$(B)/%.o),$(TEST_INC) $(5) $$(PCFLAGS_test),$(2))
$(1:%.c=$(B)/%): %: %.o $(4) $(call archives,$(3))
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(ALL_LDFLAGS) $(6) -o $$@ $$^ $$(PCLIBS_$(2)) $$(PCLIBS_test) -lm
endef
programs = $(if $(1),$(eval $(call one_each,$(1),$(2),$(3),$(4),$(5),$(6))))

TEST_FOLDERS := $(LIBS) support_tests bench integration attack torture e2e
$(foreach f,$(TEST_FOLDERS),$(eval TESTSRC_$(f) := $(sort $(wildcard tests/$(f)/*_test.c))))
$(foreach f,$(TEST_FOLDERS),$(eval TESTS_$(f) := $(TESTSRC_$(f):%.c=$(B)/%)))
TESTS_e2e += $(sort $(wildcard tests/e2e/*.sh))

$(foreach l,$(LIBS),$(call programs,$(TESTSRC_$(l)),$(l),$(l) $(DEPS_$(l)),$(AR_support),-Ilibwzp-$(l)/src))
# A sound system in the hands of the test.
$(B)/tests/client/keeper_test: private ALL_LDFLAGS += $(foreach f,connect disconnect backend list_get open is_stopped,-Wl,--wrap=wzp__sound_$(f))
$(B)/tests/client/device_stuck_test: private ALL_LDFLAGS += -Wl,--wrap=wzp__sound_list_get
# Parts of programs that take parts of apps/common.
$(B)/tests/relay/app_rooms_file_test.o: private ALL_CFLAGS += -Iapps
# Peers that speak QUIC as they like reach below the endpoint.
$(B)/tests/relay/hostile_%_test.o: private ALL_CFLAGS += -Ilibwzp-transport/src $(PCFLAGS_transport)
WORLDSRC := $(filter tests/support_tests/world_%,$(TESTSRC_support_tests))
$(call programs,$(filter-out $(WORLDSRC),$(TESTSRC_support_tests)),proto,proto,$(foreach p,proxy tap legacy report,$(AR_prog_$(p))) $(AR_support))
$(call programs,$(WORLDSRC),everything,$(LIBS),$(OBJ_ears) $(AR_world) $(AR_support),,$(WRAP_ears))
$(call programs,$(TESTSRC_bench),proto,proto,$(AR_bench) $(AR_support))
LEAKSRC := $(filter tests/integration/leak_%,$(TESTSRC_integration))
$(call programs,$(LEAKSRC),everything,$(LIBS),$(OBJ_ears) $(OBJ_secrets) $(AR_liar) $(AR_world) $(AR_support),,$(WRAP_ears) $(WRAP_secrets))
$(call programs,$(filter-out $(LEAKSRC),$(TESTSRC_integration)),everything,$(LIBS),$(OBJ_ears) $(AR_liar) $(AR_world) $(AR_prog_legacy) $(AR_support),,$(WRAP_ears))
$(call programs,$(TESTSRC_attack),everything,$(LIBS),$(AR_liar) $(AR_world) $(AR_support))
$(call programs,$(TESTSRC_torture),everything,$(LIBS),$(AR_faults) $(AR_liar) $(AR_world) $(AR_prog_legacy) $(AR_support))
# These take in apps/common/identity_file.c, which asks passphrase.c.
$(B)/tests/relay/app_identity_file_test $(B)/tests/torture/identity_test: $(B)/apps/common/passphrase.o
$(addprefix $(B)/tests/torture/,syscalls_test identity_test contacts_test): private ALL_LDFLAGS += $(WRAP_faults)
$(filter $(B)/tests/torture/alloc_%,$(TESTS_torture)): private ALL_LDFLAGS += $(WRAP_alloc) $(call wrap_verbs,tests/torture/alloc_stage.h)
$(call programs,$(TESTSRC_e2e),proto,proto,$(AR_support))

# Running ---------------------------------------------------------------------

# make test-proto runs the tests of one folder; TEST_SET picks several, TEST_ALSO
# adds programs (tests/torture/syscalls_test).
TEST_SET ?= $(TEST_FOLDERS)
CHOSEN = $(foreach f,$(TEST_SET),$(TESTS_$(f))) $(TEST_ALSO:%=$(B)/%)
RUN_TESTS = scripts/run-tests $(B)

.PHONY: test tests run-tests $(TEST_FOLDERS:%=test-%)
$(foreach f,$(TEST_FOLDERS),$(eval test-$(f): $(TESTS_$(f))))
test-e2e: apps $(SUPPORT_BIN)
$(TEST_FOLDERS:%=test-%): test-%:
	$(Q)$(RUN_TESTS) $(TESTS_$*)

# Examples are built with the tests, so that they go on compiling.
EXAMPLE_SRC := $(sort $(wildcard examples/*.c))
$(call programs,$(EXAMPLE_SRC),everything,$(LIBS),)

tests: apps $(SUPPORT_BIN) $(EXAMPLE_SRC:%.c=$(B)/%) $(filter $(B)/%,$(CHOSEN))
run-tests: tests
	$(Q)$(RUN_TESTS) $(CHOSEN)

test: all tests layers ## run all tests: unit, vectors, layers, integration, e2e
	$(Q)$(RUN_TESTS) $(CHOSEN)

# The long scenarios; a test asks for WZP_SOAK. Progress is in $(B)/log.
soak: ## run the long scenarios (SOAK_MINUTES=10, SOAK_SET="integration …")
	+$(Q)WZP_SOAK=$(or $(SOAK_MINUTES),10) TEST_TIMEOUT=$(or $(TEST_TIMEOUT),14400) \
	  $(call again,release) run-tests TEST_SET="$(or $(SOAK_SET),integration attack torture e2e)"
.PHONY: soak

# $(call again,variant): make with another variant, in a folder of its own.
again = $(MAKE) VARIANT=$(1) B=$(if $(filter build/$(VARIANT),$(B)),build/$(1),$(B)-$(1))

# Demo and benches ------------------------------------------------------------

BENCH_SRC := $(sort $(wildcard bench/cmd/*.c))
BENCHES := $(BENCH_SRC:%.c=$(B)/%)
# The program of that folder which measures nothing itself.
BENCH_TOOLS := bench_table
# Those that look into key groups.
BENCH_EARS := bench/cmd/rekey.c
# Those that use inner parts of a client, and the sweep's speech. wire hears
# what a client hands to QUIC and what QUIC sends.
BENCH_PARTS := bench/cmd/pipeline.c bench/cmd/wire.c
$(call programs,$(filter-out $(BENCH_EARS) $(BENCH_PARTS),$(BENCH_SRC)),everything,$(LIBS),$(AR_bench) $(AR_world) $(AR_support))
$(call programs,$(BENCH_PARTS),everything,$(LIBS),$(B)/bench/voice/material.o $(AR_bench) $(AR_world) $(AR_support),-Ilibwzp-client/src)
WRAP_wire_ear := -Wl,--wrap=wzp_endpoint_send_dgram,--wrap=wzp_engine_poll_send
$(B)/bench/cmd/wire: $(B)/bench/voice/wire_ear.o
$(B)/bench/cmd/wire: private ALL_LDFLAGS += $(WRAP_wire_ear)
$(call programs,$(BENCH_EARS),everything,$(LIBS),$(OBJ_ears) $(AR_bench) $(AR_world) $(AR_support),,$(WRAP_ears))

# The sweep: one program out of bench/voice/*.c, with an ear between the parts
# of a client. speexdsp's jitter buffer is a baseline of it, and of nothing else.
SWEEP := $(B)/bench/voice/sweep
SWEEP_OBJ := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard bench/voice/*.c)))
WRAP_sweep := $(foreach f,wzp_encoder_new wzp_encoder_set wzp_encoder_encode wzp_decoder_decode wzp_decoder_fill \
  wzp_jitter_insert wzp_jitter_next wzp_stretch_process wzp__receiver_make wzp__receiver_read,-Wl,--wrap=$(f)) \
  $(WRAP_wire_ear)
$(eval $(call obj_rules,$(SWEEP_OBJ),$(TEST_INC) -Ilibwzp-client/src $$(PCFLAGS_test) $$(PCFLAGS_everything),everything))
$(SWEEP): $(SWEEP_OBJ) $(AR_bench) $(AR_world) $(AR_support) $(call archives,$(LIBS))
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) $(WRAP_sweep) -o $@ $^ $(PCLIBS_everything) $(PCLIBS_test) -lspeexdsp -lm

.PHONY: demo bench run-bench benches bench-voice run-bench-voice
benches: $(BENCHES)

demo: ## hold a sealed call over a lossy path, and measure it
	+$(Q)$(call again,release) all support-bin
	+$(Q)$(call again,release) run-demo
.PHONY: support-bin run-demo
support-bin: $(SUPPORT_BIN)
run-demo:
	$(Q)B=$(B) scripts/demo $(DEMO_ARGS)

define bench_doc
$(Q)$(B)/bench/cmd/bench_table --doc docs/benchmarks.md \
	  --commit "$$(git describe --always --dirty)" --date "$$(date +%Y-%m-%d)" \
	  --machine "$$(nproc) cores, $$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $$(uname -sr)"
endef
bench: ## measure: build/bench/results.json, docs/benchmarks.md
	+$(Q)$(call again,release) run-bench
run-bench: all support-bin benches
	$(Q)mkdir -p build/bench && rm -f build/bench/results.json
	$(Q)for b in $(filter-out $(BENCH_TOOLS:%=$(B)/bench/cmd/%),$(BENCHES)); do \
	  printf '%-6s %s\n' BENCH $$b; $$b || exit 1; done
	$(bench_doc)

# The figures of the voice path: the sweep, and the other programs whose ids the
# voice path has.
VOICE_BENCHES := $(filter $(foreach b,pipeline jitter stretch wire capture tiers,$(B)/bench/cmd/$(b)),$(BENCHES))
bench-voice: ## measure the voice path: results.json, build/bench/voice.html
	+$(Q)$(call again,release) run-bench-voice
run-bench-voice: $(SWEEP) $(VOICE_BENCHES) $(B)/bench/cmd/bench_table
	$(Q)mkdir -p build/bench
	$(Q)for b in $(VOICE_BENCHES); do printf '%-6s %s\n' BENCH $$b; $$b || exit 1; done
	$(Q)$(SWEEP) --jobs $(JOBS) 2>build/bench/voice.log
	$(bench_doc)

# Fuzzing -----------------------------------------------------------------------
# fuzz/<target>_fuzz.c, seeds in fuzz/corpus/<target>/. Only with VARIANT=fuzz.

FUZZ_SECONDS ?= 60
FUZZ_JOBS ?= $(JOBS)
FUZZ_SRC := $(sort $(wildcard fuzz/*_fuzz.c))
FUZZERS := $(FUZZ_SRC:fuzz/%_fuzz.c=%)
FUZZ_TARGETS ?= $(FUZZERS)
$(if $(filter fuzz,$(VARIANT)),$(call programs,$(FUZZ_SRC),everything,$(LIBS),$(AR_world) $(AR_support),,-fsanitize=fuzzer))

# What some targets see beside the public headers.
$(B)/fuzz/caps_fuzz.o: private ALL_CFLAGS += -Ilibwzp-proto/src
$(B)/fuzz/options_fuzz.o $(B)/fuzz/rooms_file_fuzz.o: private ALL_CFLAGS += -Iapps -Iapps/wzp-relay
$(B)/fuzz/calls_fuzz.o $(B)/fuzz/client_fuzz.o: private ALL_CFLAGS += -Ilibwzp-client/src
$(B)/fuzz/sealed_seed_fuzz.o: private ALL_CFLAGS += -Ilibwzp-crypto/src
$(B)/fuzz/relay_fuzz.o: private ALL_CFLAGS += -Ilibwzp-relay/src
$(B)/fuzz/depacket_fuzz.o: private ALL_CFLAGS += -Ilibwzp-client/src

.PHONY: fuzz run-fuzz fuzz-corpora
fuzz: ## fuzz FUZZ_TARGETS, each for FUZZ_SECONDS, FUZZ_JOBS at once
	+$(Q)$(call again,fuzz) run-fuzz
run-fuzz: $(FUZZ_SRC:%.c=$(B)/%)
	$(Q)mk/run-fuzz $(B) $(FUZZ_SECONDS) $(FUZZ_JOBS) $(FUZZ_TARGETS)
fuzz-corpora: $(FUZZ_SRC:%.c=$(B)/%)
	$(Q)mk/run-fuzz $(B) 0 $(FUZZ_JOBS) $(FUZZERS)

# The speed bench puts a stand-in before the codec.
$(B)/bench/cmd/speed: private ALL_LDFLAGS += -Wl,--wrap=wzp_encoder_encode,--wrap=wzp_decoder_decode,--wrap=wzp_decoder_fill,--wrap=wzp_encoder_encode
# Tests of header contexts count them, and make a control without.
$(B)/tests/integration/mini_test: private ALL_LDFLAGS += -Wl,--wrap=wzp_endpoint_typed,--wrap=wzp_dgram_tx_encode
# Hear what goes into a client's sender and out of its receivers.
TALK_WRAP := -Wl,--wrap=wzp__sender_capture,--wrap=wzp__receiver_read
$(foreach t,voice_long voice_random,$(B)/tests/integration/$(t)_test.o): private ALL_CFLAGS += -Ilibwzp-client/src
$(foreach t,voice_long voice_random,$(B)/tests/integration/$(t)_test): private ALL_LDFLAGS += $(TALK_WRAP)
# Sees every key and counter.
$(B)/tests/attack/restart_test.o: private ALL_CFLAGS += -Ilibwzp-crypto/src
$(B)/tests/attack/restart_test: private ALL_LDFLAGS += -Wl,--wrap=wzp_sframe_seal
# Whose allocation it is, and names in its backtrace.
$(B)/tests/integration/allocs_uv_test $(B)/bench/cmd/allocs: private ALL_LDFLAGS += -rdynamic
$(B)/tests/integration/allocs_test: private ALL_LDFLAGS += -rdynamic \
  $(foreach v,recv expire poll_send,-Wl,--wrap=wzp_relay_$(v),--wrap=wzp_engine_$(v))
$(B)/tests/support_tests/secrets_test: $(AR_secrets)
# Whatever libwzp-crypto asks memory of may have none.
$(B)/tests/crypto/alloc_test: private ALL_LDFLAGS += $(foreach f,wzp_mem_new wzp_mem_array wzp_mem_resize \
  wzp_mem_free sodium_malloc sodium_free crypto_pwhash_argon2id,-Wl,--wrap=$(f))
# Looks at what is freed.
$(B)/tests/transport/global_test: private ALL_LDFLAGS += -Wl,--wrap=free
# Counts signals where they are sent.
$(B)/tests/integration/join_cost_test: private ALL_LDFLAGS += -Wl,--wrap=wzp_endpoint_send_signal
# Baselines beside ours: speexdsp's jitter buffer, the reference's rule.
$(B)/bench/cmd/jitter.o: private ALL_CFLAGS += -Ilibwzp-proto/src
$(B)/bench/cmd/jitter: private PCLIBS_everything += -lspeexdsp
