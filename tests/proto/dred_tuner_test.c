/* SPDX-License-Identifier: MIT */
/* Deep redundancy by the earlier protocol's rule. */
#include "vectors.h"

#include <wzp/proto/dred_tuner.h>

static size_t tuner_rows(void)
{
    return rows_in(legacy_vectors("dred_tuner"));
}

static wzp_codec_id codec_of(const cJSON *v)
{
    const char *name = wzp_test_str(v, "codec");
    wzp_codec_id id;
    assert_int_equal(wzp_codec_by_name((wzp_str){name, strlen(name)}, &id),
                     WZP_OK);
    return id;
}

static void run_tuner(size_t row)
{
    const cJSON *v = row_in(legacy_vectors("dred_tuner"), row);
    const cJSON *inputs = wzp_test_item(v, "inputs");
    const cJSON *outputs = wzp_test_item(v, "outputs");
    wzp_dred_tuner t;
    wzp_dred_tuner_init(&t, codec_of(v));
    assert_true(rows_in(inputs) > 0);
    for (size_t i = 0; i < rows_in(inputs); i++) {
        const cJSON *in = row_in(inputs, i);
        const cJSON *out = row_in(outputs, i);
        wzp_dred_tuner_note(&t, (float)row_in(in, 0)->valuedouble,
                            (uint32_t)row_in(in, 1)->valuedouble,
                            (uint32_t)row_in(in, 2)->valuedouble);
        assert_int_equal(t.frames, row_in(out, 0)->valueint);
        assert_int_equal(t.loss_pct, row_in(out, 1)->valueint);
    }
}
WZP_ROWS(tuner_gives_what_the_vectors_say, tuner_rows, run_tuner);

WZP_TEST(tuner_says_only_what_is_new)
{
    wzp_dred_tuner t;
    wzp_dred_tuner_init(&t, WZP_CODEC_OPUS_24K);
    assert_true(wzp_dred_tuner_note(&t, 0, 50, 5)); /* no loss after all */
    assert_false(wzp_dred_tuner_note(&t, 0, 50, 5));
    assert_true(wzp_dred_tuner_note(&t, 10, 50, 5));
}

WZP_TEST(tuner_leaves_codecs_alone_that_have_no_deep_redundancy)
{
    wzp_dred_tuner t;
    wzp_dred_tuner_init(&t, WZP_CODEC_CODEC2_1200);
    assert_false(wzp_dred_tuner_note(&t, 40, 50, 5));
    assert_int_equal(t.frames, 0);
}
