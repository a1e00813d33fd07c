/* SPDX-License-Identifier: MIT */
/* The command line of wzp-relay: words divided by NUL bytes. It is understood
 * and within its bounds, or refused with one sentence.
 */
#include "common/options.c"

#include "fuzz/fuzz.h"
#include "wzp-relay/settings.c"

enum { WORDS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    char *argv[WORDS] = {(char[]){"wzp-relay"}};
    char why[100];
    settings s;
    int argc = 1;
    require(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    for (size_t at = 0; at < size && argc < WORDS - 1;
         at += strlen(text + at) + 1) {
        argv[argc++] = text + at;
    }
    memset(why, 0, sizeof why);
    if (settings_parse(&s, argc, argv, why, sizeof why)) {
        require(s.max_members >= 2 && s.max_members <= 1600);
        require(s.wants_help || s.wants_version ||
                s.listen.family != WZP_FAMILY_NONE);
    } else {
        require(why[0] != '\0' && memchr(why, '\0', sizeof why) != NULL);
    }
    free(text);
    return 0;
}
