/* SPDX-License-Identifier: MIT */
/* Bytes of signal streams in any order and size: the inbox holds no more than
 * it may and gives out messages in order, each as long as it claimed.
 *
 * Input: records of op, stream, length, bytes.
 */
#include "libwzp-transport/src/quic/stream.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    MAX_LEN = 300,
    MAX_HELD = 4096,
};

static void require(bool claim)
{
    if (!claim) {
        abort();
    }
}

static void take_all(wzp__inbox *in, wzp_tstamp now)
{
    const char *text = NULL;
    size_t len = 0;
    uint64_t before = in->next;
    while (wzp__inbox_next(in, now, &text, &len)) {
        require(len <= MAX_LEN);
        char copy[MAX_LEN];
        memcpy(copy, text, len); /* readable to its end */
        require(in->next > before);
        before = in->next;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__inbox in;
    wzp__inbox_init(&in, &mem, MAX_LEN, MAX_HELD);
    wzp_tstamp now = 0;
    wzp_err e = WZP_OK;
    while (size >= 3 && e == WZP_OK) {
        const uint8_t op = data[0];
        const uint64_t index = in.next + data[1] % 70;
        size_t len = data[2];
        data += 3;
        size -= 3;
        len = len < size ? len : size;
        now += op;
        if ((op & 3) == 3) {
            e = wzp__inbox_close(&in, now, index);
        } else {
            e = wzp__inbox_recv(&in, now, index, data, len, (op & 1) != 0);
            data += len;
            size -= len;
        }
        require(in.held <= MAX_HELD);
        require(wzp__inbox_deadline(&in) > 0);
        if ((op & 4) != 0) {
            take_all(&in, now);
        }
    }
    take_all(&in, now);
    wzp__inbox_deinit(&in);
    return 0;
}
