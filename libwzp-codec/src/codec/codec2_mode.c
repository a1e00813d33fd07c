/* SPDX-License-Identifier: MIT */
#include "codec/codec2_mode.h"

/* spec/wire.md 1.2; a test asks the library for lengths. */
static const wzp__codec2_mode modes_table[WZP__CODEC2_MODES] = {
    {WZP_CODEC_CODEC2_3200, 0, CODEC2_MODE_3200, 160, 8},
    {WZP_CODEC_CODEC2_1200, 1, CODEC2_MODE_1200, 320, 6},
};

const wzp__codec2_mode *wzp__codec2_mode_get(wzp_codec_id codec)
{
    for (size_t i = 0; i < WZP__CODEC2_MODES; i++) {
        if (modes_table[i].codec == codec) {
            return &modes_table[i];
        }
    }
    return NULL;
}

wzp_err wzp__codec2_modes_new(struct CODEC2 *modes[WZP__CODEC2_MODES])
{
    for (size_t i = 0; i < WZP__CODEC2_MODES; i++) {
        modes[i] = codec2_create(modes_table[i].mode);
        if (modes[i] == NULL) {
            return WZP_ERR_NOMEM;
        }
    }
    return WZP_OK;
}

void wzp__codec2_modes_free(struct CODEC2 *modes[WZP__CODEC2_MODES])
{
    for (size_t i = 0; i < WZP__CODEC2_MODES; i++) {
        if (modes[i] != NULL) {
            codec2_destroy(modes[i]);
        }
    }
}
