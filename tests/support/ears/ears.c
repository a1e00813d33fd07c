/* SPDX-License-Identifier: MIT */
/* An ear at every key group of the process: what is sealed and opened is told
 * to the world, and the world says which key messages are lost. Made with the
 * linker's --wrap; the product has no switch for it. Programs that do not link
 * this object have a world that does not hear.
 */
#include "support/world/world.h"

wzp_err __real_wzp_group_seal(wzp_group *g, wzp_tstamp now,
                              const wzp_media_hdr *hdr, wzp_plain_form form,
                              const uint8_t *plain, size_t len, uint8_t *out,
                              size_t cap, size_t *out_len);
wzp_err __wrap_wzp_group_seal(wzp_group *g, wzp_tstamp now,
                              const wzp_media_hdr *hdr, wzp_plain_form form,
                              const uint8_t *plain, size_t len, uint8_t *out,
                              size_t cap, size_t *out_len);
wzp_err __real_wzp_group_open(wzp_group *g, wzp_tstamp now, const uint8_t *data,
                              size_t len, uint8_t *plain, size_t cap,
                              wzp_opened *out);
wzp_err __wrap_wzp_group_open(wzp_group *g, wzp_tstamp now, const uint8_t *data,
                              size_t len, uint8_t *plain, size_t cap,
                              wzp_opened *out);

wzp_err __real_wzp_group_recv(wzp_group *g, wzp_tstamp now, wzp_unix_s now_unix,
                              const wzp_signal *sig);
wzp_err __wrap_wzp_group_recv(wzp_group *g, wzp_tstamp now, wzp_unix_s now_unix,
                              const wzp_signal *sig);

wzp_err __wrap_wzp_group_seal(wzp_group *g, wzp_tstamp now,
                              const wzp_media_hdr *hdr, wzp_plain_form form,
                              const uint8_t *plain, size_t len, uint8_t *out,
                              size_t cap, size_t *out_len)
{
    const wzp_err e =
        __real_wzp_group_seal(g, now, hdr, form, plain, len, out, cap, out_len);
    if (e == WZP_OK) {
        wzp_world_hear_seal(g, out, *out_len);
    }
    return e;
}

wzp_err __wrap_wzp_group_open(wzp_group *g, wzp_tstamp now, const uint8_t *data,
                              size_t len, uint8_t *plain, size_t cap,
                              wzp_opened *out)
{
    const wzp_err e = __real_wzp_group_open(g, now, data, len, plain, cap, out);
    if (e == WZP_OK) {
        wzp_world_hear_open(out, data, len);
    }
    return e;
}

wzp_err __wrap_wzp_group_recv(wzp_group *g, wzp_tstamp now, wzp_unix_s now_unix,
                              const wzp_signal *sig)
{
    wzp_err e = WZP_OK;
    for (int n = wzp_world_key_copies(sig); n > 0; n--) {
        e = __real_wzp_group_recv(g, now, now_unix, sig);
    }
    return e;
}
