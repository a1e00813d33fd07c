/* SPDX-License-Identifier: MIT */
/* The relay's configuration: limits by field, and older structs. */
#include "config.h"

#include "rig.h"

#include <string.h>

static void no_rng(wzp_relay_config *c)
{
    c->rng.fill = NULL;
}
static void no_identity(wzp_relay_config *c)
{
    c->identity.sign = NULL;
}
static void no_clock(wzp_relay_config *c)
{
    c->unix_now = NULL;
}
static void no_mem(wzp_relay_config *c)
{
    c->mem.resize = NULL;
}
static void no_conns(wzp_relay_config *c)
{
    c->max_conns = 0;
}
static void many_conns(wzp_relay_config *c)
{
    c->max_conns = 65537;
}
static void no_rooms(wzp_relay_config *c)
{
    c->max_rooms = 0;
}
static void one_member(wzp_relay_config *c)
{
    c->max_members = 1;
}
static void many_members(wzp_relay_config *c)
{
    c->max_members = WZP__MEMBERS_MAX + 1;
}
static void no_timeout(wzp_relay_config *c)
{
    c->join_timeout = 0;
}
static void few_packets(wzp_relay_config *c)
{
    c->packets = 63;
}

static void next_without_time(wzp_relay_config *c)
{
    c->next_identity = c->identity;
}

static void next_is_the_present_one(wzp_relay_config *c)
{
    c->next_identity = c->identity;
    c->next_not_before = 1;
}

static void no_rules(wzp_relay_config *c)
{
    c->n_room_rules = 1;
}

static void rule_for_a_role(wzp_relay_config *c)
{
    static const wzp_room_rule rule = {.name = "_signal"};
    c->room_rules = &rule;
    c->n_room_rules = 1;
}

static const struct {
    void (*spoil)(wzp_relay_config *c);
    const char *field;
} ROWS[] = {
    {no_rng, "rng"},
    {no_identity, "identity"},
    {no_clock, "unix_now"},
    {no_mem, "mem"},
    {no_conns, "max_conns"},
    {many_conns, "max_conns"},
    {no_rooms, "max_rooms"},
    {one_member, "max_members"},
    {many_members, "max_members"},
    {no_timeout, "join_timeout"},
    {few_packets, "packets"},
    {next_without_time, "next_not_before"},
    {next_is_the_present_one, "next_identity"},
    {no_rules, "room_rules"},
    {rule_for_a_role, "room_rules"},
};

static size_t count_rows(void)
{
    return sizeof ROWS / sizeof ROWS[0];
}

static void run_row(size_t row)
{
    rig r;
    char why[64] = "";
    wzp_relay *relay = NULL;
    wzp_relay_config cfg = rig_config(&r);
    assert_null(wzp__config_wrong(&cfg));
    ROWS[row].spoil(&cfg);
    assert_int_equal(wzp_relay_new(&relay, &cfg, 1, why, sizeof why),
                     WZP_ERR_CONFIG);
    assert_null(relay);
    assert_memory_equal(why, ROWS[row].field, strlen(ROWS[row].field));
    wzp_seed_identity_free(r.identity);
    wzp_crypto_global_deinit();
}

WZP_ROWS(a_wrong_value_names_its_field, count_rows, run_row);

WZP_TEST(a_shorter_struct_gets_defaults_for_the_rest)
{
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    cfg.max_conns = 7;
    cfg.max_rooms = 8; /* beyond the size: not read */
    cfg.size = offsetof(wzp_relay_config, max_rooms);
    wzp_relay_config all = wzp__config_complete(&cfg);
    assert_int_equal(all.max_conns, 7);
    assert_int_equal(all.max_rooms, 1024);
    assert_int_equal(all.size, sizeof all);
    assert_string_equal(all.build, "unknown");
}
