/* SPDX-License-Identifier: MIT */
/* See access.h. */
#include "call/access.h"

#include <wzp/crypto/guarded.h>

#include <string.h>

static wzp_err copy_list(wzp__access *a, const wzp_mem *mem,
                         const wzp_join *join)
{
    if (join->n_allowed == 0) {
        return WZP_OK;
    }
    a->allowed = wzp_mem_array(mem, join->n_allowed, WZP_FP_LEN);
    if (a->allowed == NULL) {
        return WZP_ERR_NOMEM;
    }
    memcpy(a->allowed, join->allowed, join->n_allowed * WZP_FP_LEN);
    a->n_allowed = join->n_allowed;
    return WZP_OK;
}

static wzp_err copy_secret(wzp__access *a, const wzp_join *join)
{
    if (!join->has_secret) {
        return WZP_OK;
    }
    a->secret = wzp_guarded_new(sizeof *a->secret);
    if (a->secret == NULL) {
        return WZP_ERR_NOMEM;
    }
    memcpy(a->secret->access, join->access, WZP_KEY_LEN);
    memcpy(a->secret->psk, join->psk, WZP_KEY_LEN);
    return WZP_OK;
}

wzp_err wzp__access_take(wzp__access *a, const wzp_mem *mem,
                         const wzp_join *join)
{
    wzp__access taken = {.policy = join->policy};
    if (join->policy > WZP_POLICY_LIST ||
        (join->n_allowed > 0 && join->allowed == NULL)) {
        return WZP_ERR_ARG;
    }
    wzp_err e = copy_list(&taken, mem, join);
    if (e == WZP_OK) {
        e = copy_secret(&taken, join);
    }
    if (e != WZP_OK) {
        wzp__access_clear(&taken, mem);
        return e;
    }
    wzp__access_clear(a, mem);
    *a = taken;
    return WZP_OK;
}

void wzp__access_clear(wzp__access *a, const wzp_mem *mem)
{
    wzp_mem_free(mem, a->allowed, a->n_allowed * WZP_FP_LEN);
    wzp_guarded_free(a->secret);
    *a = (wzp__access){0};
}

/* NULL: it is not on the list. */
static uint8_t *find(const wzp__access *a, const uint8_t fp[WZP_FP_LEN])
{
    for (size_t i = 0; i < a->n_allowed; i++) {
        if (memcmp(a->allowed[i], fp, WZP_FP_LEN) == 0) {
            return a->allowed[i];
        }
    }
    return NULL;
}

/* Nobody has it: the place of one that was taken off. */
static const uint8_t NOBODY[WZP_FP_LEN];

wzp_err wzp__access_allow(wzp__access *a, const wzp_mem *mem,
                          const uint8_t fingerprint[WZP_FP_LEN])
{
    uint8_t *at = find(a, fingerprint);
    at = at == NULL ? find(a, NOBODY) : at;
    if (at == NULL) {
        void *grown = wzp_mem_resize(mem, a->allowed, a->n_allowed * WZP_FP_LEN,
                                     (a->n_allowed + 1) * WZP_FP_LEN);
        if (grown == NULL) {
            return WZP_ERR_NOMEM;
        }
        a->allowed = grown;
        at = a->allowed[a->n_allowed++];
    }
    memcpy(at, fingerprint, WZP_FP_LEN);
    return WZP_OK;
}

void wzp__access_disallow(wzp__access *a, const uint8_t fingerprint[WZP_FP_LEN])
{
    uint8_t *at = find(a, fingerprint);
    if (at != NULL) {
        memcpy(at, NOBODY, WZP_FP_LEN);
    }
}

void wzp__access_tell(const wzp__access *a, wzp_group_config *cfg)
{
    cfg->policy = a->policy;
    cfg->allowed = (const uint8_t(*)[WZP_FP_LEN])a->allowed;
    cfg->n_allowed = a->n_allowed;
    cfg->has_psk = a->secret != NULL;
    if (cfg->has_psk) {
        memcpy(cfg->psk, a->secret->psk, WZP_KEY_LEN);
    }
}
