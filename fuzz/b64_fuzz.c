/* SPDX-License-Identifier: MIT */
/* base64url. A text that decodes is the only text of its bytes. */
#include <wzp/proto/b64.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t cap = wzp_b64_decoded_len(size);
    uint8_t *bytes = malloc(cap + 1);
    char *text = malloc(size + 1);
    size_t len;
    if (bytes == NULL || text == NULL) {
        abort();
    }
    if (wzp_b64_decode((const char *)data, size, bytes, cap, &len) == WZP_OK &&
        (wzp_b64_encode(bytes, len, text, size) != size ||
         memcmp(text, data, size) != 0)) {
        abort();
    }
    free(bytes);
    free(text);
    return 0;
}
