/* SPDX-License-Identifier: MIT */
/* What the relay's benches share: a relay in a process of its own, and a load
 * of clients in this one, each with its own socket, on one loop. Clients make
 * real handshakes but carry no calls: what they send only looks sealed.
 */
#ifndef WZP_BENCH_FANOUT_LOAD_H
#define WZP_BENCH_FANOUT_LOAD_H

#include "bench/support/results.h"

#include <wzp/crypto/binding.h>
#include <wzp/crypto/legacy.h>
#include <wzp/crypto/package.h>
#include <wzp/crypto/room.h>
#include <wzp/crypto/sframe.h>
#include <wzp/proto/signal.h>
#include <wzp/relay/relay_uv.h>
#include <wzp/transport/endpoint.h>
#include <wzp/transport/global.h>
#include <wzp/transport/uv_udp.h>

#include <uv.h>

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOAD_RESULTS "build/bench/results.json"

static inline void load_die(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static inline void load_must(wzp_err e, const char *what)
{
    if (e != WZP_OK) {
        fprintf(stderr, "bench: %s: %s\n", what, wzp_strerror(e));
        exit(1);
    }
}

static inline wzp_unix_s load_unix_now(void *user)
{
    (void)user;
    return (wzp_unix_s)time(NULL);
}

/* --- the relay's process --- */

typedef struct load_relay {
    pid_t pid;
    clockid_t cpu;
    wzp_addr addr;
} load_relay;

static inline void load_serve(int tell)
{
    uv_loop_t loop;
    wzp_seed_identity *identity = NULL;
    wzp_relay_uv *relay = NULL;
    wzp_relay_config cfg;
    char why[200] = "";
    const uint8_t seed[WZP_SEED_LEN] = {1};
    const uint8_t ip[4] = {127, 0, 0, 1};
    const wzp_addr any = wzp_addr_v4(ip, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    load_must(wzp_crypto_global_init(), "crypto");
    load_must(wzp_seed_identity_new(&identity, seed), "identity");
    wzp_relay_config_default(&cfg);
    cfg.rng = wzp_rng_system();
    cfg.identity = wzp_seed_identity_table(identity);
    cfg.unix_now = load_unix_now;
    /* Its clients are one address: no limits for that. */
    cfg.max_source_conns = cfg.max_source_waiting = cfg.max_conns;
    cfg.source_points = 100000000;
    if (uv_loop_init(&loop) != 0 ||
        wzp_relay_uv_new(&relay, &loop, &cfg, &any, why, sizeof why) !=
            WZP_OK) {
        load_die(why);
    }
    const wzp_addr at = wzp_relay_uv_local(relay);
    if (write(tell, &at, sizeof at) != sizeof at) {
        exit(1);
    }
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    exit(0);
}

/* Call before any loop is made in this process. */
static inline load_relay load_relay_start(void)
{
    load_relay r;
    int tell[2];
    if (pipe(tell) != 0) {
        load_die("pipe");
    }
    r.pid = fork();
    if (r.pid == 0) {
        (void)close(tell[0]);
        load_serve(tell[1]);
    }
    (void)close(tell[1]);
    if (r.pid < 0 || read(tell[0], &r.addr, sizeof r.addr) != sizeof r.addr ||
        clock_getcpuclockid(r.pid, &r.cpu) != 0) {
        load_die("the relay did not start");
    }
    (void)close(tell[0]);
    return r;
}

static inline void load_relay_stop(const load_relay *r)
{
    (void)kill(r->pid, SIGKILL);
    (void)waitpid(r->pid, NULL, 0);
}

/* CPU seconds so far. */
static inline double load_relay_cpu(const load_relay *r)
{
    struct timespec t;
    (void)clock_gettime(r->cpu, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Resident KiB of any process. */
static inline double load_rss(pid_t pid)
{
    char path[64];
    long total = 0, resident = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/statm", (long)pid);
    FILE *f = fopen(path, "r");
    if (f == NULL || fscanf(f, "%ld %ld", &total, &resident) != 2) {
        load_die("statm");
    }
    (void)fclose(f);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1024;
}

/* --- clients -------------------------------------------------------------- */

typedef enum load_state {
    LOAD_DIALLING,
    LOAD_CONNECTED,
    LOAD_JOINED,
    LOAD_CLOSED,
} load_state;

typedef struct load_client {
    struct load *load;
    wzp_endpoint *ep;
    wzp_pkt_pool *pool;
    wzp_uv_udp *udp;
    wzp_conn_id conn;
    char room[32];
    load_state state;
    uint16_t sid;
    uint64_t ctr;
    uint64_t received;
} load_client;

typedef struct load {
    uv_loop_t loop;
    wzp_addr relay;
    load_client *c;
    size_t n;
    wzp_seed_identity *seed;
    wzp_identity identity;
    wzp_arena *arena;
    wzp_rng rng;
    uint8_t kem[WZP_KEM_PK_LEN];
    size_t joined, closed;
    uint64_t received;
    bool resumes; /* with the ticket of the dial before, if there is one */
    uint8_t relay_cert[WZP_HASH_LEN]; /* as seen last */
    /* joined or closed; may dial again */
    void (*on_done)(load_client *c, wzp_tstamp now);
} load;

static inline void load_offer(load_client *c, wzp_tstamp now,
                              const wzp_ep_action *up)
{
    load *l = c->load;
    wzp_kp kp = {.exp = load_unix_now(NULL) + 3600, .suites = 1};
    uint8_t room_id[WZP_HASH_LEN], mid[WZP_MID_LEN], data[WZP_KP_LEN],
        signature[WZP_SIG_LEN], bound[WZP_SIG_LEN];
    wzp_room_id((wzp_str){c->room, strlen(c->room)}, room_id);
    wzp_room_ctx(room_id, kp.ctx);
    wzp_rng_fill(&l->rng, kp.tls, sizeof kp.tls); /* makes it another one */
    load_must(wzp_kp_encode(&l->identity, &kp, data), "package");
    wzp_kp_mid(kp.kph, mid);
    c->sid = wzp_mid_sid(mid);
    wzp_binding_input in = {.kind = WZP_BINDING_CALL_OFFER,
                            .kp = {data, sizeof data}};
    memcpy(in.exporter, up->u.up.exporter, sizeof in.exporter);
    memcpy(in.server_cert_hash, up->u.up.cert_hash, WZP_HASH_LEN);
    wzp_signal sig = {.kind = WZP_SIG_CALL_OFFER};
    wzp_sig_call_offer *o = &sig.u.call_offer;
    memcpy(o->identity_pub, l->identity.public_key, WZP_KEY_LEN);
    load_must(wzp_legacy_sign(&l->identity, true, o->ephemeral_pub, signature),
              "sign");
    load_must(wzp_binding_sign(&l->identity, &in, bound), "bind");
    o->signature = (wzp_bytes){signature, sizeof signature};
    o->binding = (wzp_bytes){bound, sizeof bound};
    o->kp = in.kp;
    o->caps = WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1 | WZP_CAP_DGRAM1;
    wzp_str text;
    wzp_arena_reset(l->arena);
    load_must(wzp_signal_encode(l->arena, &sig, &text), "encode");
    wzp_ignore(
        wzp_endpoint_send_signal(c->ep, now, c->conn, text.ptr, text.len),
        "seen when nobody joins");
}

static inline void load_handle(load_client *c, wzp_tstamp now,
                               const wzp_ep_action *a)
{
    load *l = c->load;
    switch (a->kind) {
    case WZP_EP_CONNECTED:
        c->state = LOAD_CONNECTED;
        memcpy(l->relay_cert, a->u.up.cert_hash, sizeof l->relay_cert);
        if (strcmp(c->room, "ping") != 0) {
            load_offer(c, now, a);
            load_must(wzp_endpoint_typed(c->ep, c->conn,
                                         WZP_TYPED_RECEIVE | WZP_TYPED_SEND),
                      "typed"); /* nothing is sent before the answer */
        }
        break;
    case WZP_EP_SIGNAL:
        if (c->state == LOAD_CONNECTED) { /* the answer comes first */
            c->state = LOAD_JOINED;
            l->joined++;
            if (l->on_done != NULL) {
                l->on_done(c, now);
            }
        }
        break;
    case WZP_EP_DGRAM:
        c->received++;
        l->received++;
        break;
    case WZP_EP_CLOSED:
        c->state = LOAD_CLOSED;
        l->closed++;
        if (l->on_done != NULL) {
            l->on_done(c, now);
        }
        break;
    default: break;
    }
}

static inline void load_recv(void *machine, wzp_tstamp now,
                             const wzp_addr *local, const wzp_addr *remote,
                             const uint8_t *data, size_t len)
{
    wzp_endpoint_recv(((load_client *)machine)->ep, now, local, remote, data,
                      len);
}

static inline void load_expire(void *machine, wzp_tstamp now)
{
    wzp_endpoint_expire(((load_client *)machine)->ep, now);
}

static inline wzp_tstamp load_deadline(void *machine)
{
    return wzp_endpoint_deadline(((load_client *)machine)->ep);
}

static inline bool load_poll_send(void *machine, wzp_tstamp now,
                                  wzp_addr *local, wzp_addr *remote,
                                  const uint8_t **data, size_t *len)
{
    load_client *c = machine;
    wzp_ep_action a;
    while (wzp_endpoint_poll(c->ep, now, &a)) {
        if (a.kind == WZP_EP_SEND) {
            *local = a.u.send.local;
            *remote = a.u.send.remote;
            *data = a.u.send.data;
            *len = a.u.send.len;
            return true;
        }
        load_handle(c, now, &a);
    }
    return false;
}

static inline void load_dial(load_client *c, wzp_tstamp now, const char *room)
{
    (void)snprintf(c->room, sizeof c->room, "%s", room);
    c->state = LOAD_DIALLING;
    wzp_dial dial = {.local = wzp_uv_udp_local(c->udp),
                     .remote = c->load->relay,
                     .sni = c->room,
                     .resumes = c->load->resumes};
    memcpy(dial.resume_cert, c->load->relay_cert, sizeof dial.resume_cert);
    load_must(wzp_endpoint_dial(c->ep, now, &dial, &c->conn), "dial");
}

static inline void load_open(load *l, size_t n, const load_relay *relay)
{
    const wzp_mem mem = wzp_mem_default();
    const uint8_t seed[WZP_SEED_LEN] = {2};
    const uint8_t ip[4] = {127, 0, 0, 1};
    const wzp_addr any = wzp_addr_v4(ip, 0);
    struct rlimit files;
    memset(l, 0, sizeof *l);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    load_must(wzp_crypto_global_init(), "crypto");
    load_must(wzp_transport_global_init(), "transport");
    load_must(wzp_seed_identity_new(&l->seed, seed), "identity");
    load_must(wzp_arena_new(&l->arena, &mem, 1 << 20), "arena");
    l->identity = wzp_seed_identity_table(l->seed);
    l->rng = wzp_rng_system();
    l->relay = relay->addr;
    l->n = n;
    l->c = calloc(n, sizeof *l->c);
    if (uv_loop_init(&l->loop) != 0 || l->c == NULL) {
        load_die("no loop");
    }
    for (size_t i = 0; i < n; i++) {
        load_client *c = &l->c[i];
        wzp_endpoint_config cfg;
        wzp_endpoint_config_default(&cfg);
        c->load = l;
        load_must(wzp_pkt_pool_new(&c->pool, &mem, 64), "pool");
        cfg.rng = l->rng;
        cfg.pool = c->pool;
        cfg.max_conns = 8;
        cfg.max_tickets = 2;
        load_must(wzp_endpoint_new(&c->ep, &cfg, wzp_uv_now()), "endpoint");
        const wzp_uv_machine machine = {.recv = load_recv,
                                        .expire = load_expire,
                                        .deadline = load_deadline,
                                        .poll_send = load_poll_send,
                                        .machine = c};
        load_must(
            wzp_uv_udp_new(&c->udp, &l->loop, &mem, &any, &machine, NULL, 0),
            "socket");
    }
}

/* Let the loop run. */
static inline void load_stop_timer(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

static inline void load_run(load *l, double seconds)
{
    uv_timer_t timer;
    (void)uv_timer_init(&l->loop, &timer);
    (void)uv_timer_start(&timer, load_stop_timer, (uint64_t)(seconds * 1000),
                         0);
    (void)uv_run(&l->loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&timer, NULL);
    (void)uv_run(&l->loop, UV_RUN_NOWAIT);
}

/* Dial everybody, a few at a time, and wait until all have joined. */
static inline void load_join_all(load *l, size_t per_room)
{
    for (size_t i = 0; i < l->n; i++) {
        char room[32];
        (void)snprintf(room, sizeof room, "bench%zu", i / per_room);
        load_dial(&l->c[i], wzp_uv_now(), room);
        wzp_uv_udp_kick(l->c[i].udp);
        if (i % 20 == 19) {
            load_run(l, 0.02);
        }
    }
    for (int i = 0; i < 100 && l->joined < l->n; i++) {
        load_run(l, 0.1);
    }
    if (l->joined < l->n) {
        load_die("not everybody joined");
    }
}

/* Something of the size of a sealed 100-byte frame: header 12, SFrame header
 * 9, padded frame 104, tag 16. */
static inline void load_speak(load_client *c)
{
    const wzp_tstamp now = wzp_uv_now();
    wzp_pkt *pkt = wzp_pkt_get(c->pool);
    if (pkt == NULL) {
        return;
    }
    const wzp_media_hdr hdr = {.flags = WZP_MEDIA_SEALED,
                               .seq = (uint16_t)c->ctr,
                               .timestamp = (uint32_t)(20 * c->ctr),
                               .source_hint = (uint8_t)c->sid};
    wzp_media_hdr_encode(&hdr, pkt->data);
    pkt->len = WZP_MEDIA_HDR_LEN;
    pkt->len += wzp_sframe_hdr_encode(wzp_sframe_kid(c->sid, 0, 0), c->ctr,
                                      pkt->data + pkt->len);
    memset(pkt->data + pkt->len, 0x5A, 104 + 16);
    pkt->len += 104 + 16;
    c->ctr++;
    wzp_ignore(wzp_endpoint_send_dgram(c->ep, now, c->conn, pkt),
               "shows in the deliveries");
    wzp_pkt_unref(pkt);
    wzp_uv_udp_kick(c->udp);
}

static inline double load_average_1min(void)
{
    double v[1] = {0};
    return getloadavg(v, 1) == 1 ? v[0] : NAN;
}

static inline void load_put(const wzp_result *rows, size_t n)
{
    char error[WZP_RESULTS_ERROR_LEN];
    for (size_t i = 0; i < n; i++) {
        printf("%-14s %-52s %12.1f %s", rows[i].id, rows[i].what, rows[i].value,
               rows[i].unit);
        if (!isnan(rows[i].baseline)) {
            printf("  ratio %.3f", wzp_result_ratio(&rows[i]));
        }
        int ok = wzp_result_ok(&rows[i]);
        printf("%s\n", ok < 0 ? "" : ok > 0 ? "  reached" : "  MISSED");
    }
    if (!wzp_results_put(LOAD_RESULTS, rows, n, error)) {
        load_die(error);
    }
}

#endif
