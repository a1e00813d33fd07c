# SPDX-License-Identifier: MIT
#
# The layers. This is the only statement of who may use whom: include views,
# link order, .pc files, the layer checks and the table in ARCHITECTURE.md all
# follow it. LIBS is in order, lowest first. DEPS is complete, not only direct.

LIBS := proto crypto codec transport relay client

DEPS_proto     :=
DEPS_crypto    := proto
DEPS_codec     := proto
DEPS_transport := proto
DEPS_relay     := transport crypto proto
DEPS_client    := transport codec crypto proto

# Third parties each library calls itself, by pkg-config name. Without one, as
# miniaudio is a header alone: HEADER_<library>.
PC_proto     :=
PC_crypto    := libsodium
PC_codec     := opus codec2 speexdsp rnnoise
PC_transport := libngtcp2_crypto_wolfssl libngtcp2 wolfssl libuv
PC_relay     := libuv
PC_client    := libuv
HEADER_client := miniaudio

# Those that a build may do without: the one file that calls each of them gets
# -DWZP_HAVE_<NAME> where the package is there.
OPTIONAL := rnnoise
FILE_rnnoise := libwzp-codec/src/dsp/neural

# Programs: apps/<name>/*.c, and the libraries each one sees and links.
APPS := wzp-relay wzp-client

LINK_wzp-relay  := relay $(DEPS_relay)
LINK_wzp-client := client $(DEPS_client)

# What the programs share (apps/common) and what that may see.
LINK_common     := crypto proto

# What the checks know about a package: its name in ARCHITECTURE.md, the
# beginnings of its symbols, and the only place that may call it (part of an
# object's path; none: anywhere in the library).

NAME_libsodium := libsodium
SYMS_libsodium := sodium_ crypto_ randombytes

NAME_opus := libopus
SYMS_opus := opus_

NAME_codec2 := Codec2
SYMS_codec2 := codec2_

NAME_speexdsp := speexdsp
SYMS_speexdsp := speex_
ONLY_speexdsp := /dsp/

NAME_rnnoise := RNNoise
SYMS_rnnoise := rnnoise_
ONLY_rnnoise := /dsp/neural

NAME_libngtcp2 := ngtcp2
SYMS_libngtcp2 := ngtcp2_
NAME_libngtcp2_crypto_wolfssl := ngtcp2
SYMS_libngtcp2_crypto_wolfssl := ngtcp2_crypto_

NAME_wolfssl := wolfSSL
SYMS_wolfssl := wolfSSL_ wolfTLS wolfCrypt_ wc_

# All of it is static in the one file that includes it.
NAME_miniaudio := miniaudio
SYMS_miniaudio := ma_
ONLY_miniaudio := /audio/sound

NAME_libuv := libuv
SYMS_libuv := uv_
ONLY_libuv := /uv/

# Machines, that is every file of a library outside uv/, do no I/O, read no
# clock, draw no randomness, allocate through wzp_mem only and know no threads:
# scripts/check-layers has the list of names. Those that may, and why:
# MAY_<library>/<path below src> := symbols.

# The C library's allocator behind wzp_mem_default.
MAY_proto/base/env := realloc free

# Identity, pins and settings in files: the file form of wzp_store.
MAY_client/account/store_file := open close read write

# WAV files in and out.
MAY_codec/dsp/wav := open fdopen close fopen fclose fread fwrite

# The thread that looks after audio devices, and its clock.
MAY_client/audio/device := pthread_ clock_gettime
# miniaudio, which is in it: threads, files and memory of its own.
MAY_client/audio/sound := pthread_ clock_gettime nanosleep malloc realloc free close read write poll

# The kernel's generator behind wolfSSL's hook, until a test sets another; the
# heap that is wiped behind wolfSSL.
MAY_transport/global := getrandom malloc free

# The process's random source, which owners hand to machines.
MAY_crypto/global := randombytes_buf
