/* SPDX-License-Identifier: MIT */
/* Defaults and limits, see config.h. Numbers without a source are chosen: a
 * relay on one core with some memory to spare.
 */
#include "config.h"

#include <wzp/proto/sized.h>

#include <string.h>

void wzp_relay_config_default_sized(wzp_relay_config *cfg, size_t size)
{
    const wzp_relay_config full = {
        .size = sizeof full,
        .mem = wzp_mem_default(),
        .log = wzp_log_none(),
        .max_conns = 4096,
        .max_rooms = 1024,
        .max_members = 1024,
        .join_timeout = 10 * WZP_S,
        .drain_timeout = 2 * WZP_S,
        .packets = 16384,
        .build = "unknown",
    };
    wzp_sized_give(cfg, size, &full, sizeof full);
}

wzp_relay_config wzp__config_complete(const wzp_relay_config *cfg)
{
    wzp_relay_config all;
    wzp_relay_config_default(&all);
    wzp_sized_take(&all, sizeof all, cfg);
    if (all.build == NULL) {
        all.build = "unknown";
    }
    return all;
}

const char *wzp__config_wrong(const wzp_relay_config *cfg)
{
    const struct {
        bool is_wrong;
        const char *text;
    } rules[] = {
        {cfg->mem.resize == NULL, "mem: missing"},
        {cfg->rng.fill == NULL, "rng: missing"},
        {cfg->identity.sign == NULL || cfg->identity.derive == NULL,
         "identity: missing"},
        {cfg->unix_now == NULL, "unix_now: missing"},
        {cfg->max_conns < 1 || cfg->max_conns > 65536, "max_conns: 1 to 65536"},
        {cfg->max_rooms < 1 || cfg->max_rooms > 1048576,
         "max_rooms: 1 to 1048576"},
        {cfg->max_members < 2 || cfg->max_members > WZP__MEMBERS_MAX,
         "max_members: 2 to 1600"},
        {cfg->join_timeout == 0, "join_timeout: missing"},
        {cfg->next_identity.derive != NULL && cfg->next_not_before == 0,
         "next_not_before: missing"},
        {cfg->next_identity.derive != NULL &&
             memcmp(cfg->next_identity.public_key, cfg->identity.public_key,
                    WZP_KEY_LEN) == 0,
         "next_identity: the same as identity"},
        {cfg->n_room_rules > 0 && cfg->room_rules == NULL,
         "room_rules: missing"},
        {cfg->packets < 64 || cfg->packets > 1048576, "packets: 64 to 1048576"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].is_wrong) {
            return rules[i].text;
        }
    }
    return NULL;
}
