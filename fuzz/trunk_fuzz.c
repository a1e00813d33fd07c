/* SPDX-License-Identifier: MIT */
/* The earlier protocol's trunk frames: a batcher of the size the first two
 * bytes choose is given entries (two bytes of id, a blob). What comes out holds
 * the entries in order, none twice, none lost, no frame above its bounds.
 */
#include "fuzz/fuzz.h"

#include <wzp/proto/trunk.h>

enum { ENTRIES = 256, PER_FRAME = 300 };

typedef struct sent {
    wzp_trunk_entry v[ENTRIES];
    size_t n, seen;
    size_t max_entries;
} sent;

static void check_frame(sent *s, wzp_bytes frame)
{
    wzp_trunk_entry got[PER_FRAME];
    size_t n;
    if (frame.ptr == NULL) {
        return;
    }
    require(wzp_trunk_decode(frame.ptr, frame.len, got, PER_FRAME, &n) ==
            WZP_OK);
    require(n > 0 && n <= s->max_entries && s->seen + n <= s->n);
    for (size_t i = 0; i < n; i++) {
        const wzp_trunk_entry *want = &s->v[s->seen++];
        require(memcmp(got[i].session_id, want->session_id, WZP_TRUNK_ID_LEN) ==
                0);
        require(got[i].payload.len == want->payload.len);
        require(want->payload.len == 0 ||
                memcmp(got[i].payload.ptr, want->payload.ptr,
                       want->payload.len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static sent s;
    fuzz_in in = {data, size};
    const wzp_mem mem = wzp_mem_default();
    wzp_trunk_batcher *b;
    wzp_bytes frame;
    memset(&s, 0, sizeof s);
    s.max_entries = fuzz_u8(&in);
    const wzp_err made =
        wzp_trunk_batcher_new(&b, &mem, s.max_entries, fuzz_u16(&in));
    if (made != WZP_OK) {
        require(made == WZP_ERR_ARG);
        return 0;
    }
    while (in.left > 0 && s.n < ENTRIES) {
        wzp_trunk_entry *e = &s.v[s.n];
        e->session_id[0] = fuzz_u8(&in);
        e->session_id[1] = fuzz_u8(&in);
        e->payload = fuzz_blob(&in);
        s.n++; /* it may come out at once */
        const wzp_err taken = wzp_trunk_batcher_insert(b, e, &frame);
        if (taken != WZP_OK) {
            require(taken == WZP_ERR_OVERSIZE &&
                    e->payload.len > WZP_TRUNK_PAYLOAD_MAX);
            s.n--;
            continue;
        }
        check_frame(&s, frame);
    }
    check_frame(&s, wzp_trunk_batcher_flush(b));
    require(s.seen == s.n);
    require(wzp_trunk_batcher_flush(b).ptr == NULL);
    wzp_trunk_batcher_free(b);
    return 0;
}
