/* SPDX-License-Identifier: MIT */
/* WAV files: what is read, what is forgiven, what is refused; and a file being
 * written is readable at every moment.
 */
#include "codec/speech.h"

#include <unistd.h>

/* --- a file in the making ------------------------------------------------- */

typedef struct bytes {
    uint8_t data[1024];
    size_t len;
} bytes;

static void add(bytes *b, const void *data, size_t len)
{
    assert_true(b->len + len <= sizeof b->data);
    memcpy(b->data + b->len, data, len);
    b->len += len;
}

static void add16(bytes *b, unsigned v)
{
    const uint8_t le[] = {(uint8_t)v, (uint8_t)(v >> 8)};
    add(b, le, 2);
}

static void add32(bytes *b, uint32_t v)
{
    add16(b, v & 0xffff);
    add16(b, v >> 16);
}

/* What a file says about itself; each test changes what it needs. */
typedef struct recipe {
    unsigned tag;
    unsigned channels;
    uint32_t rate;
    unsigned bits;
    unsigned align;
    uint32_t fmt_len;  /* as written */
    uint32_t data_len; /* as written */
    size_t samples;    /* really there, all channels */
    bool is_extensible;
    bool has_odd_chunk; /* an odd, padded chunk between the two */
} recipe;

static recipe plain(void)
{
    return (recipe){.tag = 1,
                    .channels = 1,
                    .rate = 16000,
                    .bits = 16,
                    .align = 2,
                    .fmt_len = 16,
                    .data_len = 20,
                    .samples = 10};
}

/* Sample i has the value 100·i − 300. */
static bytes bake(const recipe *r)
{
    bytes b = {0};
    add(&b, "RIFF", 4);
    add32(&b, 0xffffffff); /* as a streaming program leaves it */
    add(&b, "WAVEfmt ", 8);
    add32(&b, r->fmt_len);
    add16(&b, r->is_extensible ? 0xfffe : r->tag);
    add16(&b, r->channels);
    add32(&b, r->rate);
    add32(&b, r->rate * r->align);
    add16(&b, r->align);
    add16(&b, r->bits);
    if (r->is_extensible) {
        static const uint8_t guid_rest[] = {0, 0, 0,    0,    0x10, 0,    0x80,
                                            0, 0, 0xaa, 0x00, 0x38, 0x9b, 0x71};
        add16(&b, 22);
        add16(&b, 16);
        add32(&b, 3);
        add16(&b, r->tag);
        add(&b, guid_rest, sizeof guid_rest);
    }
    if (r->has_odd_chunk) {
        add(&b, "LIST", 4);
        add32(&b, 5);
        add(&b, "helloX", 6);
    }
    add(&b, "data", 4);
    add32(&b, r->data_len);
    for (size_t i = 0; i < r->samples; i++) {
        add16(&b, (uint16_t)(100 * (int)i - 300));
    }
    return b;
}

/* From a buffer of exactly this length, so that a sanitizer sees over-reads. */
static wzp_err parse(wzp_wav *wav, const uint8_t *data, size_t len)
{
    const wzp_mem mem = wzp_mem_default();
    uint8_t *exact = malloc(len + (len == 0));
    assert_non_null(exact);
    memcpy(exact, data, len);
    wzp_err e = wzp_wav_parse(wav, &mem, exact, len);
    free(exact);
    return e;
}

static void release(wzp_wav *wav)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_wav_free(wav, &mem);
    assert_null(wav->pcm);
}

/* --- reading -------------------------------------------------------------- */

static const struct {
    const char *what;
    recipe r;
    wzp_err expected;
    size_t samples;
} parse_rows[] = {
    /* clang-format off */
    {"plain",               {1, 1, 16000, 16, 2, 16, 20, 10, 0, 0}, WZP_OK, 10},
    {"lowest rate",         {1, 1,  8000, 16, 2, 16, 20, 10, 0, 0}, WZP_OK, 10},
    {"highest rate",        {1, 1, 192000, 16, 2, 16, 20, 10, 0, 0}, WZP_OK, 10},
    {"stereo",              {1, 2, 48000, 16, 4, 16, 20, 10, 0, 0}, WZP_OK, 5},
    {"five channels",       {1, 5, 48000, 16, 10, 16, 20, 10, 0, 0}, WZP_OK, 2},
    {"extensible",          {1, 2, 48000, 16, 4, 40, 20, 10, 1, 0}, WZP_OK, 5},
    {"odd chunk",           {1, 1, 16000, 16, 2, 16, 20, 10, 0, 1}, WZP_OK, 10},
    {"no samples",          {1, 1, 16000, 16, 2, 16,  0,  0, 0, 0}, WZP_OK, 0},
    {"data shorter",        {1, 1, 16000, 16, 2, 16,  8, 10, 0, 0}, WZP_OK, 4},
    {"data cut",            {1, 1, 16000, 16, 2, 16, 2000, 10, 0, 0}, WZP_OK, 10},
    {"data endless",        {1, 1, 16000, 16, 2, 16, 0xffffffff, 10, 0, 0}, WZP_OK, 10},
    {"half a sample",       {1, 1, 16000, 16, 2, 16, 19, 10, 0, 0}, WZP_OK, 9},
    {"half a stereo frame", {1, 2, 16000, 16, 4, 16, 18, 10, 0, 0}, WZP_OK, 4},
    {"rate too low",        {1, 1,  7999, 16, 2, 16, 20, 10, 0, 0}, WZP_ERR_WAV, 0},
    {"rate too high",       {1, 1, 192001, 16, 2, 16, 20, 10, 0, 0}, WZP_ERR_WAV, 0},
    {"float",               {3, 1, 16000, 16, 2, 16, 20, 10, 0, 0}, WZP_ERR_WAV, 0},
    {"mu-law extensible",   {7, 1, 16000, 16, 2, 40, 20, 10, 1, 0}, WZP_ERR_WAV, 0},
    {"8 bits",              {1, 1, 16000,  8, 1, 16, 20, 10, 0, 0}, WZP_ERR_WAV, 0},
    {"24 bits",             {1, 1, 16000, 24, 3, 16, 20, 10, 0, 0}, WZP_ERR_WAV, 0},
    {"no channel",          {1, 0, 16000, 16, 0, 16, 20, 10, 0, 0}, WZP_ERR_WAV, 0},
    {"too many channels",   {1, 33, 16000, 16, 66, 16, 20, 10, 0, 0}, WZP_ERR_WAV, 0},
    {"alignment lies",      {1, 2, 16000, 16, 2, 16, 20, 10, 0, 0}, WZP_ERR_WAV, 0},
    {"format too short",    {1, 1, 16000, 16, 2, 14, 20, 10, 0, 0}, WZP_ERR_WAV, 0},
    {"format endless",      {1, 1, 16000, 16, 2, 0xffffffff, 20, 10, 0, 0}, WZP_ERR_WAV, 0},
    {"format past the end", {1, 1, 16000, 16, 2, 45, 20, 10, 0, 0}, WZP_ERR_WAV, 0},
    {"format eats data",    {1, 1, 16000, 16, 2, 30, 20, 10, 0, 0}, WZP_ERR_WAV, 0},
    {"extensible cut",      {1, 1, 16000, 16, 2, 18, 20, 10, 1, 0}, WZP_ERR_WAV, 0},
    /* clang-format on */
};

static size_t count_parse_rows(void)
{
    return sizeof parse_rows / sizeof parse_rows[0];
}

static void run_parse_row(size_t row)
{
    print_message("%s\n", parse_rows[row].what);
    const bytes b = bake(&parse_rows[row].r);
    wzp_wav wav = {0};
    assert_int_equal(parse(&wav, b.data, b.len), parse_rows[row].expected);
    assert_int_equal(wav.samples, parse_rows[row].samples);
    if (parse_rows[row].expected == WZP_OK) {
        assert_int_equal(wav.rate_hz, parse_rows[row].r.rate);
        release(&wav);
    }
}

WZP_ROWS(wav_file_is_read_or_refused, count_parse_rows, run_parse_row);

WZP_TEST(wav_samples_are_what_was_written)
{
    const recipe r = plain();
    const bytes b = bake(&r);
    wzp_wav wav;
    assert_int_equal(parse(&wav, b.data, b.len), WZP_OK);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(wav.pcm[i], 100 * i - 300);
    }
    release(&wav);
}

WZP_TEST(wav_channels_are_averaged)
{
    static const struct {
        int16_t left;
        int16_t right;
        int16_t mean;
    } rows[] = {
        {100, 200, 150},       {1, 2, 2},
        {-1, -2, -2},          {1, -1, 0},
        {32767, 32767, 32767}, {-32768, -32768, -32768},
        {32767, -32768, -1},   {0, 1, 1},
        {0, -1, -1},
    };
    enum { N = sizeof rows / sizeof rows[0] };
    recipe r = plain();
    r.channels = 2;
    r.align = 4;
    r.samples = 0;
    r.data_len = 4 * N;
    bytes b = bake(&r);
    for (size_t i = 0; i < N; i++) {
        add16(&b, (uint16_t)rows[i].left);
        add16(&b, (uint16_t)rows[i].right);
    }
    wzp_wav wav;
    assert_int_equal(parse(&wav, b.data, b.len), WZP_OK);
    assert_int_equal(wav.samples, N);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(wav.pcm[i], rows[i].mean);
    }
    release(&wav);
}

WZP_TEST(wav_cut_at_every_length_is_refused_or_gives_what_is_there)
{
    recipe r = plain();
    r.is_extensible = true;
    r.fmt_len = 40;
    r.channels = 2;
    r.align = 4;
    r.has_odd_chunk = true;
    const bytes b = bake(&r);
    const size_t head = b.len - r.data_len;
    for (size_t n = 0; n <= b.len; n++) {
        wzp_wav wav = {0};
        const wzp_err e = parse(&wav, b.data, n);
        assert_int_equal(e, n < head ? WZP_ERR_WAV : WZP_OK);
        assert_int_equal(wav.samples, n < head ? 0 : (n - head) / 4);
        if (e == WZP_OK) {
            release(&wav);
        }
    }
}

WZP_TEST(wav_chunks_in_another_order_are_refused)
{
    bytes b = {0};
    add(&b, "RIFF\0\0\0\0WAVEdata\4\0\0\0abcd", 24);
    wzp_wav wav;
    assert_int_equal(parse(&wav, b.data, b.len), WZP_ERR_WAV);

    /* two formats */
    const recipe r = plain();
    bytes first = bake(&r);
    bytes twice = {0};
    add(&twice, first.data, 36);
    add(&twice, first.data + 12, first.len - 12);
    assert_int_equal(parse(&wav, twice.data, twice.len), WZP_ERR_WAV);

    /* and other containers */
    memcpy(first.data, "RIFX", 4);
    assert_int_equal(parse(&wav, first.data, first.len), WZP_ERR_WAV);
    memcpy(first.data, "RIFF", 4);
    memcpy(first.data + 8, "AVI ", 4);
    assert_int_equal(parse(&wav, first.data, first.len), WZP_ERR_WAV);
}

WZP_TEST(wav_reading_survives_failing_memory)
{
    const recipe r = plain();
    const bytes b = bake(&r);
    counted_mem c = {.fail_at = 1};
    const wzp_mem mem = counted_mem_table(&c);
    wzp_wav wav = {0};
    assert_int_equal(wzp_wav_parse(&wav, &mem, b.data, b.len), WZP_ERR_NOMEM);
    c = (counted_mem){0};
    assert_int_equal(wzp_wav_parse(&wav, &mem, b.data, b.len), WZP_OK);
    wzp_wav_free(&wav, &mem);
    assert_int_equal(c.held, 0);
}

/* --- files ---------------------------------------------------------------- */

typedef struct temp_path {
    char path[64];
} temp_path;

static temp_path make_temp(void)
{
    temp_path t = {.path = "/tmp/wzp_wav_test_XXXXXX"};
    const int fd = mkstemp(t.path);
    assert_true(fd >= 0);
    close(fd);
    return t;
}

WZP_TEST(wav_written_file_is_readable_after_every_write)
{
    const wzp_mem mem = wzp_mem_default();
    const temp_path t = make_temp();
    static int16_t pcm[5000];
    speech_make(pcm, 5000);
    wzp_wav_writer *w;
    assert_int_equal(wzp_wav_writer_new(&w, &mem, t.path, 48000), WZP_OK);
    static const size_t pieces[] = {0, 1, 960, 0, 961, 7, 2000};
    size_t done = 0;
    for (size_t i = 0; i <= sizeof pieces / sizeof pieces[0]; i++) {
        /* then: while the writer is open, another reads all there is */
        wzp_wav wav;
        assert_int_equal(wzp_wav_load(&wav, &mem, t.path), WZP_OK);
        assert_int_equal(wav.rate_hz, 48000);
        assert_int_equal(wav.samples, done);
        if (done > 0) {
            assert_memory_equal(wav.pcm, pcm, done * sizeof *pcm);
        }
        release(&wav);
        if (i < sizeof pieces / sizeof pieces[0]) {
            assert_int_equal(wzp_wav_writer_write(w, pcm + done, pieces[i]),
                             WZP_OK);
            done += pieces[i];
        }
    }
    assert_int_equal(wzp_wav_writer_close(w), WZP_OK);
    unlink(t.path);
}

WZP_TEST(wav_header_has_every_field_right)
{
    const wzp_mem mem = wzp_mem_default();
    const temp_path t = make_temp();
    wzp_wav_writer *w;
    const int16_t pcm[3] = {1, -2, INT16_MIN};
    assert_int_equal(wzp_wav_writer_new(&w, &mem, t.path, 16000), WZP_OK);
    assert_int_equal(wzp_wav_writer_write(w, pcm, 3), WZP_OK);
    assert_int_equal(wzp_wav_writer_close(w), WZP_OK);
    FILE *f = fopen(t.path, "rb");
    assert_non_null(f);
    uint8_t file[64];
    const size_t n = fread(file, 1, sizeof file, f);
    fclose(f);
    unlink(t.path);
    WZP_ASSERT_HEX(file, n,
                   "524946462a00000057415645"
                   "666d74201000000001000100803e0000007d000002001000"
                   "64617461060000000100feff0080");
}

WZP_TEST(wav_writing_over_a_longer_file_leaves_nothing_of_it)
{
    const wzp_mem mem = wzp_mem_default();
    const temp_path t = make_temp();
    static const int16_t pcm[2000] = {5};
    for (size_t n = 2000; n > 0; n /= 10) {
        wzp_wav_writer *w;
        assert_int_equal(wzp_wav_writer_new(&w, &mem, t.path, 8000), WZP_OK);
        assert_int_equal(wzp_wav_writer_write(w, pcm, n), WZP_OK);
        assert_int_equal(wzp_wav_writer_close(w), WZP_OK);
        wzp_wav wav;
        assert_int_equal(wzp_wav_load(&wav, &mem, t.path), WZP_OK);
        assert_int_equal(wav.samples, n);
        release(&wav);
    }
    unlink(t.path);
}

WZP_TEST(wav_failures_of_the_file_system_are_told)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_wav wav;
    wzp_wav_writer *w = NULL;
    assert_int_equal(wzp_wav_load(&wav, &mem, "/nonexistent/x.wav"),
                     WZP_ERR_IO);
    assert_int_not_equal(wzp_wav_load(&wav, &mem, "/tmp"), WZP_OK);
    assert_int_equal(wzp_wav_load(&wav, &mem, "/dev/null"), WZP_ERR_WAV);
    assert_int_equal(wzp_wav_writer_new(&w, &mem, "/nonexistent/x.wav", 48000),
                     WZP_ERR_IO);
    assert_int_equal(wzp_wav_writer_new(&w, &mem, "/tmp/x.wav", 7999),
                     WZP_ERR_CONFIG);
    if (access("/dev/full", W_OK) == 0) {
        counted_mem c = {0};
        const wzp_mem counted = counted_mem_table(&c);
        assert_int_equal(wzp_wav_writer_new(&w, &counted, "/dev/full", 48000),
                         WZP_ERR_IO);
        assert_int_equal(c.held, 0);
    }
    assert_null(w);
    assert_int_equal(wzp_wav_writer_close(NULL), WZP_OK);
}

WZP_TEST(wav_files_survive_failing_memory)
{
    const temp_path t = make_temp();
    const wzp_mem good = wzp_mem_default();
    wzp_wav_writer *w = NULL;
    const int16_t pcm[4] = {1, 2, 3, 4};
    assert_int_equal(wzp_wav_writer_new(&w, &good, t.path, 8000), WZP_OK);
    assert_int_equal(wzp_wav_writer_write(w, pcm, 4), WZP_OK);
    assert_int_equal(wzp_wav_writer_close(w), WZP_OK);
    for (size_t fail_at = 1; fail_at <= 3; fail_at++) {
        counted_mem c = {.fail_at = fail_at};
        const wzp_mem mem = counted_mem_table(&c);
        wzp_wav wav = {0};
        assert_int_equal(wzp_wav_load(&wav, &mem, t.path),
                         fail_at <= 2 ? WZP_ERR_NOMEM : WZP_OK);
        wzp_wav_free(&wav, &mem);
        assert_int_equal(c.held, 0);
    }
    counted_mem c = {.fail_at = 1};
    const wzp_mem mem = counted_mem_table(&c);
    w = NULL;
    assert_int_equal(wzp_wav_writer_new(&w, &mem, t.path, 8000), WZP_ERR_NOMEM);
    assert_null(w);
    unlink(t.path);
}

WZP_TEST(wav_recorded_speech_files_are_read)
{
    const wzp_mem mem = wzp_mem_default();
    const char *dir = getenv("WZP_SPEECH_DIR");
    char path[512];
    snprintf(path, sizeof path, "%s/speech_orig_16k.wav",
             dir != NULL ? dir : ".deps/speech");
    if (access(path, R_OK) != 0) {
        WZP_SKIP("no recorded speech: run `make deps`, or set WZP_SPEECH_DIR");
    }
    wzp_wav wav;
    assert_int_equal(wzp_wav_load(&wav, &mem, path), WZP_OK);
    assert_int_equal(wav.rate_hz, 16000);
    assert_true(wav.samples > 10 * 16000);
    assert_true(speech_rms(wav.pcm, wav.samples) > 100);
    release(&wav);
}
