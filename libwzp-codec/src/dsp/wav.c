/* SPDX-License-Identifier: MIT */
/* RIFF/WAVE: a list of chunks, each an id, a length and that many bytes, padded
 * to an even length. Only "fmt " and "data" matter; others are skipped.
 * Source: Microsoft, Multimedia Programming Interface 1.0 (1991), and
 * WAVEFORMATEXTENSIBLE.
 *
 * What is forgiven: the length in the RIFF header (programs that stream leave
 * it 0 or all ones), and a data chunk that ends early: what is there is taken.
 * Any other length that does not fit the file refuses the file.
 *
 * Header written, 44 bytes, little-endian:
 *    0 "RIFF"  4 size − 8   8 "WAVE"
 *   12 "fmt " 16 16        20 format 1  22 channels 1  24 rate
 *   28 bytes per second    32 bytes per sample 2       34 bits 16
 *   36 "data" 40 length
 */
#include <wzp/codec/wav.h>

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    RIFF_LEN = 12,
    CHUNK_LEN = 8,
    HEADER_LEN = 44,
    FORMAT_PCM = 1,
    FORMAT_EXTENSIBLE = 0xfffe,
    RATE_MIN = 8000,
    RATE_MAX = 192000,
    CHANNELS_MAX = 32,   /* chosen */
    WRITE_SAMPLES = 960, /* chosen: samples turned into bytes at a time */
};

#define FILE_MAX (UINT32_C(1) << 30) /* wav.h */
#define DATA_MAX (UINT32_MAX - HEADER_LEN)

typedef struct wav_format {
    bool is_known;
    uint32_t rate_hz;
    size_t channels;
} wav_format;

struct wzp_wav_writer {
    wzp_mem mem;
    FILE *file;
    uint32_t rate_hz;
    uint32_t data_len; /* bytes, as the header in the file says */
};

static unsigned get16(const uint8_t *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v & 0xffff);
    put16(p + 2, v >> 16);
}

/* --- reading -------------------------------------------------------------- */

/* KSDATAFORMAT_SUBTYPE_PCM without its first two bytes, which are the format
 * tag. */
static const uint8_t pcm_guid_rest[14] = {0x00, 0x00, 0x00, 0x00, 0x10,
                                          0x00, 0x80, 0x00, 0x00, 0xaa,
                                          0x00, 0x38, 0x9b, 0x71};

static wzp_err parse_format(wav_format *f, const uint8_t *p, size_t len)
{
    if (len < 16 || f->is_known) {
        return WZP_ERR_WAV;
    }
    unsigned tag = get16(p);
    if (tag == FORMAT_EXTENSIBLE) {
        if (len < 40 || memcmp(p + 26, pcm_guid_rest, 14) != 0) {
            return WZP_ERR_WAV;
        }
        tag = get16(p + 24);
    }
    f->channels = get16(p + 2);
    f->rate_hz = get32(p + 4);
    if (tag != FORMAT_PCM || get16(p + 14) != 16 || f->channels == 0 ||
        f->channels > CHANNELS_MAX || get16(p + 12) != 2 * f->channels ||
        f->rate_hz < RATE_MIN || f->rate_hz > RATE_MAX) {
        return WZP_ERR_WAV;
    }
    f->is_known = true;
    return WZP_OK;
}

/* The mean of the channels, rounded to nearest, away from zero. */
static int16_t mix_down(const uint8_t *p, size_t channels)
{
    int32_t sum = 0;
    for (size_t c = 0; c < channels; c++) {
        sum += (int16_t)get16(p + 2 * c);
    }
    const int32_t n = (int32_t)channels;
    return (int16_t)((sum + (sum < 0 ? -n / 2 : n / 2)) / n);
}

static wzp_err take_samples(wzp_wav *out, const wzp_mem *mem,
                            const wav_format *f, const uint8_t *p, size_t len)
{
    const size_t stride = 2 * f->channels;
    wzp_wav wav = {.rate_hz = f->rate_hz, .samples = len / stride};
    if (wav.samples > 0) {
        wav.pcm = wzp_mem_array(mem, wav.samples, sizeof *wav.pcm);
        if (wav.pcm == NULL) {
            return WZP_ERR_NOMEM;
        }
    }
    for (size_t i = 0; i < wav.samples; i++) {
        wav.pcm[i] = mix_down(p + i * stride, f->channels);
    }
    *out = wav;
    return WZP_OK;
}

wzp_err wzp_wav_parse(wzp_wav *out, const wzp_mem *mem, const uint8_t *data,
                      size_t len)
{
    if (len < RIFF_LEN || memcmp(data, "RIFF", 4) != 0 ||
        memcmp(data + 8, "WAVE", 4) != 0) {
        return WZP_ERR_WAV;
    }
    wav_format format = {0};
    size_t at = RIFF_LEN;
    while (len - at >= CHUNK_LEN) {
        const uint8_t *id = data + at;
        const size_t size = get32(id + 4);
        at += CHUNK_LEN;
        const size_t left = len - at;
        if (memcmp(id, "data", 4) == 0) {
            if (!format.is_known) {
                return WZP_ERR_WAV;
            }
            return take_samples(out, mem, &format, data + at,
                                size < left ? size : left);
        }
        if (size > left) {
            return WZP_ERR_WAV;
        }
        if (memcmp(id, "fmt ", 4) == 0) {
            WZP_TRY(parse_format(&format, data + at, size));
        }
        at += size;
        at += size % 2 != 0 && at < len;
    }
    return WZP_ERR_WAV;
}

/* The size of an open file; WZP_ERR_IO for what has none. */
static wzp_err file_size(FILE *file, size_t *size)
{
    if (fseek(file, 0, SEEK_END) != 0) {
        return WZP_ERR_IO;
    }
    long end = ftell(file);
    if (end < 0 || fseek(file, 0, SEEK_SET) != 0) {
        return WZP_ERR_IO;
    }
    if ((unsigned long)end > FILE_MAX) {
        return WZP_ERR_WAV;
    }
    *size = (size_t)end;
    return WZP_OK;
}

static wzp_err load_file(wzp_wav *out, const wzp_mem *mem, FILE *file)
{
    size_t size;
    WZP_TRY(file_size(file, &size));
    if (size == 0) {
        return WZP_ERR_WAV;
    }
    uint8_t *data = wzp_mem_array(mem, size, 1);
    if (data == NULL) {
        return WZP_ERR_NOMEM;
    }
    wzp_err e = WZP_ERR_IO;
    if (fread(data, 1, size, file) == size) {
        e = wzp_wav_parse(out, mem, data, size);
    }
    wzp_mem_free(mem, data, size);
    return e;
}

wzp_err wzp_wav_load(wzp_wav *out, const wzp_mem *mem, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return WZP_ERR_IO;
    }
    wzp_err e = load_file(out, mem, file);
    fclose(file);
    return e;
}

void wzp_wav_free(wzp_wav *wav, const wzp_mem *mem)
{
    wzp_mem_free(mem, wav->pcm, wav->samples * sizeof *wav->pcm);
    wav->pcm = NULL;
    wav->samples = 0;
}

/* --- writing -------------------------------------------------------------- */

static wzp_err write_header(const wzp_wav_writer *w, uint32_t data_len)
{
    uint8_t h[HEADER_LEN] = "RIFF....WAVEfmt ....................data";
    put32(h + 4, HEADER_LEN - 8 + data_len);
    put32(h + 16, 16);
    put16(h + 20, FORMAT_PCM);
    put16(h + 22, 1);
    put32(h + 24, w->rate_hz);
    put32(h + 28, 2 * w->rate_hz);
    put16(h + 32, 2);
    put16(h + 34, 16);
    put32(h + 40, data_len);
    if (fseek(w->file, 0, SEEK_SET) != 0 ||
        fwrite(h, 1, sizeof h, w->file) != sizeof h || fflush(w->file) != 0) {
        return WZP_ERR_IO;
    }
    return WZP_OK;
}

/* What people said is its owner's only; a file that exists keeps its mode. */
static FILE *create(const char *path)
{
    const int fd =
        open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");
    if (fd >= 0 && file == NULL) {
        close(fd);
    }
    return file;
}

wzp_err wzp_wav_writer_new(wzp_wav_writer **out, const wzp_mem *mem,
                           const char *path, uint32_t rate_hz)
{
    if (rate_hz < RATE_MIN || rate_hz > RATE_MAX) {
        return WZP_ERR_CONFIG;
    }
    wzp_wav_writer *w = wzp_mem_new(mem, sizeof *w);
    if (w == NULL) {
        return WZP_ERR_NOMEM;
    }
    *w = (wzp_wav_writer){.mem = *mem, .rate_hz = rate_hz};
    w->file = create(path);
    if (w->file == NULL) {
        wzp_mem_free(mem, w, sizeof *w);
        return WZP_ERR_IO;
    }
    wzp_err e = write_header(w, 0);
    if (e != WZP_OK) {
        wzp_ignore(wzp_wav_writer_close(w), "the write's error is the cause");
        return e;
    }
    *out = w;
    return WZP_OK;
}

static wzp_err write_samples(FILE *file, const int16_t *pcm, size_t samples)
{
    uint8_t bytes[2 * WRITE_SAMPLES];
    while (samples > 0) {
        size_t n = samples < WRITE_SAMPLES ? samples : WRITE_SAMPLES;
        for (size_t i = 0; i < n; i++) {
            put16(bytes + 2 * i, (uint16_t)pcm[i]);
        }
        if (fwrite(bytes, 2, n, file) != n) {
            return WZP_ERR_IO;
        }
        pcm += n;
        samples -= n;
    }
    return WZP_OK;
}

/* Samples first, header after them: at every moment the file says no more than
 * it holds. Seeking from the start each time also passes over what an earlier,
 * failed write left. */
wzp_err wzp_wav_writer_write(wzp_wav_writer *w, const int16_t *pcm,
                             size_t samples)
{
    if (samples > (DATA_MAX - w->data_len) / 2) {
        return WZP_ERR_IO;
    }
    const uint32_t data_len = w->data_len + 2 * (uint32_t)samples;
    if (fseek(w->file, (long)(HEADER_LEN + (size_t)w->data_len), SEEK_SET) !=
        0) {
        return WZP_ERR_IO;
    }
    WZP_TRY(write_samples(w->file, pcm, samples));
    WZP_TRY(write_header(w, data_len));
    w->data_len = data_len;
    return WZP_OK;
}

wzp_err wzp_wav_writer_close(wzp_wav_writer *w)
{
    if (w == NULL) {
        return WZP_OK;
    }
    const wzp_mem mem = w->mem;
    bool failed = fclose(w->file) != 0;
    wzp_mem_free(&mem, w, sizeof *w);
    return failed ? WZP_ERR_IO : WZP_OK;
}
