/* SPDX-License-Identifier: MIT */
/* Room check words: a second of Argon2id, so on a thread of libuv's pool. */
#include "uv/client_parts.h"

#include <wzp/crypto/room.h>

#define WORDS_KEYS_MAX 4096

typedef struct words_job {
    uv_work_t req;
    wzp_client *client;
    uint8_t room_id[WZP_HASH_LEN];
    uint8_t (*keys)[WZP_KEY_LEN];
    size_t n;
    uint16_t index[WZP_ROOM_WORDS];
    wzp_err err;
} words_job;

static void words_work(uv_work_t *req)
{
    words_job *job = req->data;
    job->err = job->n == 0
                   ? WZP_ERR_STATE
                   : wzp_room_words(job->room_id,
                                    (const uint8_t(*)[WZP_KEY_LEN])job->keys,
                                    job->n, job->index);
}

static void free_words(wzp_client *c, words_job *job)
{
    wzp_mem_free(&c->mem, job->keys, WORDS_KEYS_MAX * sizeof *job->keys);
    wzp_mem_free(&c->mem, job, sizeof *job);
}

static void words_done(uv_work_t *req, int status)
{
    words_job *job = req->data;
    wzp_client *c = job->client;
    wzp_client_event ev = {.kind = WZP_EVENT_WORDS, .at = wzp_uv_now()};
    ev.u.words.err = status == 0 ? job->err : WZP_ERR_CLOSED;
    for (size_t i = 0; i < WZP_ROOM_WORDS && ev.u.words.err == WZP_OK; i++) {
        ev.u.words.word[i] = wzp_word(job->index[i]);
    }
    wzp__client_publish(c, &ev);
    c->jobs--;
    free_words(c, job);
    wzp__client_maybe_close(c);
}

static void publish_failure(wzp_client *c)
{
    wzp_client_event ev = {.kind = WZP_EVENT_WORDS, .at = wzp_uv_now()};
    ev.u.words.err = WZP_ERR_NOMEM;
    wzp__client_publish(c, &ev);
}

void wzp__client_work_words(wzp_client *c)
{
    words_job *job = wzp_mem_new(&c->mem, sizeof *job);
    if (job == NULL) {
        publish_failure(c);
        return;
    }
    job->client = c;
    job->req.data = job;
    job->keys = wzp_mem_array(&c->mem, WORDS_KEYS_MAX, sizeof *job->keys);
    if (job->keys != NULL) {
        job->n = wzp_engine_words_input(c->engine, job->room_id, job->keys,
                                        WORDS_KEYS_MAX);
    }
    if (job->keys == NULL ||
        uv_queue_work(c->loop, &job->req, words_work, words_done) != 0) {
        free_words(c, job);
        publish_failure(c);
        return;
    }
    c->jobs++;
}
