/* SPDX-License-Identifier: MIT */
/* A shared object that contains the libraries; plugin_host.c loads it. */
#include <wzp/client/client.h>

#include <stddef.h>

const char *plugin_run(void);

/* NULL when all went well. */
const char *plugin_run(void)
{
    const uint8_t seed[WZP_SEED_LEN] = {3};
    wzp_seed_identity *id;
    wzp_client *client;
    wzp_client_config cfg;
    wzp_client_event ev;
    if (wzp_global_init() != WZP_OK ||
        wzp_seed_identity_new(&id, seed) != WZP_OK) {
        return "start";
    }
    wzp_client_config_default(&cfg);
    cfg.engine.identity = wzp_seed_identity_table(id);
    if (wzp_client_new(&client, &cfg) != WZP_OK ||
        wzp_client_run_thread(client) != WZP_OK ||
        wzp_client_join(client, "kitchen", "127.0.0.1:9", NULL) != WZP_OK ||
        wzp_client_wait_event(client, 10000, &ev) != WZP_OK) {
        return "client";
    }
    wzp_client_free(client, NULL, NULL);
    wzp_seed_identity_free(id);
    wzp_global_deinit();
    return NULL;
}
