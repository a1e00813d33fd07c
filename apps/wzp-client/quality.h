/* SPDX-License-Identifier: MIT */
/* --quality and --network: how well to send. Source: spec/client.md 2.1. */
#ifndef WZP_APP_CLIENT_QUALITY_H
#define WZP_APP_CLIENT_QUALITY_H

#include <wzp/client/client.h>

typedef struct quality {
    bool is_forced; /* this tier, else by loss and path */
    wzp_tier tier;
    bool is_fixed; /* this mode, which is no tier's */
    wzp_media_mode mode;
    wzp_network network;
} quality;

/* Texts may be NULL: auto, and wifi. False: `option` is the one that is none of
 * its words, `words` are these. */
bool quality_parse(quality *q, const char *text, const char *network,
                   const char **option, const char **words);

void quality_configure(const quality *q, wzp_engine_config *cfg);
/* Once the client runs. */
void quality_apply(const quality *q, wzp_client *c);

#endif
