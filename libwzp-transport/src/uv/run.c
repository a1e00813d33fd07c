/* SPDX-License-Identifier: MIT */
#include "uv/run.h"

#include <string.h>

static bool belongs(const wzp__run *r, const wzp_addr *local,
                    const wzp_addr *remote, size_t len)
{
    return r->count < WZP__RUN_PACKETS && len > 0 && len <= r->each &&
           r->len == r->count * r->each && /* no short one before */
           wzp_addr_equal(local, &r->local) &&
           wzp_addr_equal(remote, &r->remote);
}

bool wzp__run_add(wzp__run *r, const wzp_addr *local, const wzp_addr *remote,
                  const uint8_t *data, size_t len)
{
    if (len > sizeof r->data - r->len ||
        (r->count > 0 && !belongs(r, local, remote, len))) {
        return false;
    }
    if (r->count == 0) {
        r->local = *local;
        r->remote = *remote;
        r->each = len;
    }
    if (len > 0) {
        memcpy(r->data + r->len, data, len);
    }
    r->len += len;
    r->count++;
    return true;
}

void wzp__run_clear(wzp__run *r)
{
    r->count = r->each = r->len = 0;
}
