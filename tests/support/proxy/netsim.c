/* SPDX-License-Identifier: MIT */
/* One listening socket, and for each client address one socket connected to
 * the server, so that the server sees as many peers as there are clients.
 *
 *   client --> listen fd --> link[UP]   --> queue --> client's fd --> server
 *   client <-- listen fd <-- queue <-- link[DOWN] <-- client's fd <-- server
 *
 * Single thread, ppoll(2) (Linux, BSD): sub-millisecond timeouts, and signals
 * arrive nowhere else. ECN marks are not carried over.
 */
#include "support/proxy/netsim.h"

#include "support/proxy/queue.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    UP,
    DOWN,
    DIRECTIONS,
};

enum {
    CLIENTS_MAX = 1000, /* chosen: below the usual limit of 1024 files */
    DATAGRAM_MAX = 65536,
    DRAIN_MAX = 64,          /* datagrams per socket and wake, for fairness */
    SOCKET_BUFFER = 4 << 20, /* bytes; the kernel may grant less */
    HOST_LEN = 256,
    PORT_LEN = 32,
};

static const uint64_t NS_PER_S = 1000000000;

typedef struct address {
    struct sockaddr_storage addr;
    socklen_t len;
} address;

typedef struct client {
    address address;
    int fd;
    wzp_link link[DIRECTIONS];
} client;

typedef struct count {
    uint64_t packets, bytes;
} count;

typedef struct counters {
    count received, forwarded, dropped, duplicated;
} counters;

typedef struct netsim {
    const wzp_netsim_cfg *cfg;
    address server;
    int listen_fd;
    client *clients;
    struct pollfd *polls; /* [0] listens, [1 + i] is client i */
    size_t n_clients;
    bool is_full_said;
    wzp_netsim_queue queue;
    counters counters[DIRECTIONS];
    uint8_t datagram[DATAGRAM_MAX];
} netsim;

static volatile sig_atomic_t is_stopping;

static void stop(int signal_number)
{
    (void)signal_number;
    is_stopping = 1;
}

static uint64_t now_get(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void count_add(count *c, size_t len)
{
    c->packets++;
    c->bytes += len;
}

/* ---- addresses --------------------------------------------------------- */

/* HOST:PORT, or [HOST]:PORT where the host has colons itself. */
static bool address_split(const char *text, char host[HOST_LEN],
                          char port[PORT_LEN])
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text || colon[1] == '\0') {
        return false;
    }
    const char *from = text;
    size_t len = (size_t)(colon - text);
    if (len >= 2 && text[0] == '[' && colon[-1] == ']') {
        from++;
        len -= 2;
    }
    if (len >= HOST_LEN || strlen(colon + 1) >= PORT_LEN) {
        return false;
    }
    snprintf(host, HOST_LEN, "%.*s", (int)len, from);
    snprintf(port, PORT_LEN, "%s", colon + 1);
    return true;
}

static bool address_resolve(const char *option, const char *text, address *out)
{
    char host[HOST_LEN], port[PORT_LEN];
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    struct addrinfo *found = NULL;

    if (!address_split(text, host, port)) {
        fprintf(stderr, "wzp-netsim: %s %s: not HOST:PORT\n", option, text);
        return false;
    }
    const int e = getaddrinfo(host, port, &hints, &found);
    if (e != 0) {
        fprintf(stderr, "wzp-netsim: %s %s: %s\n", option, text,
                gai_strerror(e));
        return false;
    }
    memcpy(&out->addr, found->ai_addr, found->ai_addrlen);
    out->len = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

static bool address_equal(const address *a, const address *b)
{
    return a->len == b->len && memcmp(&a->addr, &b->addr, a->len) == 0;
}

static void ready_print(int fd)
{
    address a = {.len = sizeof(a.addr)};
    char host[HOST_LEN] = "?", port[PORT_LEN] = "?";

    getsockname(fd, (struct sockaddr *)&a.addr, &a.len);
    getnameinfo((struct sockaddr *)&a.addr, a.len, host, sizeof(host), port,
                sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
    const bool is_v6 = a.addr.ss_family == AF_INET6;
    printf("ready %s%s%s:%s\n", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
    fflush(stdout);
}

/* ---- sockets ----------------------------------------------------------- */

/* A UDP socket of the family of `a`, or -1. */
static int socket_open(const address *a)
{
    const int size = SOCKET_BUFFER;
    const int fd =
        socket(a->addr.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    }
    return fd;
}

static bool listen_open(netsim *n)
{
    address a;
    if (!address_resolve("--listen", n->cfg->listen, &a)) {
        return false;
    }
    n->listen_fd = socket_open(&a);
    if (n->listen_fd < 0 ||
        bind(n->listen_fd, (struct sockaddr *)&a.addr, a.len) != 0) {
        fprintf(stderr, "wzp-netsim: --listen %s: %s\n", n->cfg->listen,
                strerror(errno));
        return false;
    }
    n->polls[0] = (struct pollfd){.fd = n->listen_fd, .events = POLLIN};
    return true;
}

/* ---- clients ----------------------------------------------------------- */

/* Adds the client; CLIENTS_MAX: there is no room or no socket for it. */
static size_t client_insert(netsim *n, const address *from)
{
    const size_t i = n->n_clients;
    const int fd = i < CLIENTS_MAX ? socket_open(&n->server) : -1;

    if (fd < 0 || connect(fd, (const struct sockaddr *)&n->server.addr,
                          n->server.len) != 0) {
        if (!n->is_full_said) {
            fprintf(stderr, "wzp-netsim: no further client after %zu: %s\n", i,
                    i < CLIENTS_MAX ? strerror(errno) : "limit");
            n->is_full_said = true;
        }
        if (fd >= 0) {
            close(fd);
        }
        return CLIENTS_MAX;
    }
    client *c = &n->clients[i];
    *c = (client){.address = *from, .fd = fd};
    for (unsigned d = 0; d < DIRECTIONS; d++) {
        wzp_link_cfg cfg = n->cfg->link;
        cfg.seed += DIRECTIONS * i + d;
        wzp_link_init(&c->link[d], &cfg);
    }
    n->polls[1 + i] = (struct pollfd){.fd = fd, .events = POLLIN};
    n->n_clients++;
    return i;
}

static size_t client_find(netsim *n, const address *from)
{
    for (size_t i = 0; i < n->n_clients; i++) {
        if (address_equal(&n->clients[i].address, from)) {
            return i;
        }
    }
    return client_insert(n, from);
}

/* ---- in ---------------------------------------------------------------- */

static void packet_accept(netsim *n, size_t client_index, int direction,
                          size_t len)
{
    counters *c = &n->counters[direction];
    uint64_t due_ns[WZP_LINK_COPIES_MAX];

    count_add(&c->received, len);
    if (client_index == CLIENTS_MAX) {
        count_add(&c->dropped, len);
        return;
    }
    wzp_link *link = &n->clients[client_index].link[direction];
    const int copies = wzp_link_send(link, now_get(), len, due_ns);
    if (copies == 0) {
        count_add(&c->dropped, len);
    }
    wzp_link_spoil(link, n->datagram);
    for (int i = 0; i < copies; i++) {
        const wzp_netsim_packet packet = {.due_ns = due_ns[i],
                                          .client = client_index,
                                          .direction = direction,
                                          .len = len};
        if (i > 0) {
            count_add(&c->duplicated, len);
        }
        if (!wzp_netsim_queue_insert(&n->queue, &packet, n->datagram)) {
            count_add(&c->dropped, len);
        }
    }
}

static void listen_drain(netsim *n)
{
    for (int i = 0; i < DRAIN_MAX; i++) {
        /* zero: unused bytes of an address must compare equal */
        address from = {.len = sizeof(from.addr)};
        const ssize_t len =
            recvfrom(n->listen_fd, n->datagram, sizeof(n->datagram), 0,
                     (struct sockaddr *)&from.addr, &from.len);
        if (len < 0) {
            return;
        }
        packet_accept(n, client_find(n, &from), UP, (size_t)len);
    }
}

/* An error here is an ICMP message from the server's side; reading it clears
 * it, and the client finds out by silence, as on a real network. */
static void client_drain(netsim *n, size_t client_index)
{
    const int fd = n->clients[client_index].fd;
    for (int i = 0; i < DRAIN_MAX; i++) {
        const ssize_t len = recv(fd, n->datagram, sizeof(n->datagram), 0);
        if (len < 0) {
            return;
        }
        packet_accept(n, client_index, DOWN, (size_t)len);
    }
}

/* ---- out --------------------------------------------------------------- */

static bool packet_send(netsim *n, const wzp_netsim_packet *p)
{
    const client *c = &n->clients[p->client];
    if (p->direction == DOWN) {
        return sendto(n->listen_fd, p->data, p->len, 0,
                      (const struct sockaddr *)&c->address.addr,
                      c->address.len) >= 0;
    }
    /* the first attempt may only report an earlier ICMP message */
    return send(c->fd, p->data, p->len, 0) >= 0 ||
           (errno == ECONNREFUSED && send(c->fd, p->data, p->len, 0) >= 0);
}

static void queue_expire(netsim *n, uint64_t now_ns)
{
    while (wzp_netsim_queue_due(&n->queue) <= now_ns) {
        wzp_netsim_packet *p = wzp_netsim_queue_remove(&n->queue);
        counters *c = &n->counters[p->direction];
        count_add(packet_send(n, p) ? &c->forwarded : &c->dropped, p->len);
        free(p);
    }
}

/* ---- statistics -------------------------------------------------------- */

static void count_print(FILE *out, const char *name, const count *c)
{
    fprintf(out, "\"%s\":%" PRIu64 ",\"%s_bytes\":%" PRIu64, name, c->packets,
            name, c->bytes);
}

/* received + duplicated = forwarded + dropped + what is still queued */
static void stats_print(FILE *out, const netsim *n)
{
    static const char *const NAMES[DIRECTIONS] = {"up", "down"};

    fprintf(out, "{\"clients\":%zu,\"queued\":%zu", n->n_clients, n->queue.n);
    for (int d = 0; d < DIRECTIONS; d++) {
        const counters *c = &n->counters[d];
        fprintf(out, ",\"%s\":{", NAMES[d]);
        count_print(out, "received", &c->received);
        fputc(',', out);
        count_print(out, "forwarded", &c->forwarded);
        fputc(',', out);
        count_print(out, "dropped", &c->dropped);
        fputc(',', out);
        count_print(out, "duplicated", &c->duplicated);
        fputc('}', out);
    }
    fputs("}\n", out);
    fflush(out);
}

/* ---- the loop ---------------------------------------------------------- */

/* SIGTERM and SIGINT are blocked except within ppoll. */
static void signals_init(sigset_t *while_waiting)
{
    const struct sigaction action = {.sa_handler = stop};
    sigset_t blocked;

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, while_waiting);
    sigdelset(while_waiting, SIGTERM);
    sigdelset(while_waiting, SIGINT);
}

static int wait_until(netsim *n, uint64_t due_ns, const sigset_t *mask)
{
    const uint64_t now_ns = now_get();
    const uint64_t left_ns = due_ns > now_ns ? due_ns - now_ns : 0;
    const struct timespec timeout = {.tv_sec = (time_t)(left_ns / NS_PER_S),
                                     .tv_nsec = (long)(left_ns % NS_PER_S)};
    return ppoll(n->polls, (nfds_t)(1 + n->n_clients),
                 due_ns == UINT64_MAX ? NULL : &timeout, mask);
}

static bool serve(netsim *n, const sigset_t *mask)
{
    uint64_t report_ns = n->cfg->is_verbose ? now_get() : UINT64_MAX;

    while (!is_stopping) {
        const uint64_t due_ns = wzp_netsim_queue_due(&n->queue);
        const int ready =
            wait_until(n, due_ns < report_ns ? due_ns : report_ns, mask);
        if (ready < 0 && errno != EINTR) {
            fprintf(stderr, "wzp-netsim: ppoll: %s\n", strerror(errno));
            return false;
        }
        queue_expire(n, now_get());
        const size_t polled = ready > 0 ? n->n_clients : 0;
        if (ready > 0 && n->polls[0].revents != 0) {
            listen_drain(n);
        }
        for (size_t i = 0; i < polled; i++) {
            if (n->polls[1 + i].revents != 0) {
                client_drain(n, i);
            }
        }
        if (now_get() >= report_ns) {
            stats_print(stderr, n);
            report_ns += NS_PER_S;
        }
    }
    return true;
}

static void netsim_free(netsim *n)
{
    for (size_t i = 0; i < n->n_clients; i++) {
        close(n->clients[i].fd);
    }
    if (n->listen_fd >= 0) {
        close(n->listen_fd);
    }
    wzp_netsim_queue_deinit(&n->queue);
    free(n->clients);
    free(n->polls);
    free(n);
}

static netsim *netsim_new(const wzp_netsim_cfg *cfg)
{
    netsim *n = calloc(1, sizeof(*n));
    if (n == NULL) {
        return NULL;
    }
    n->cfg = cfg;
    n->listen_fd = -1;
    n->clients = calloc(CLIENTS_MAX, sizeof(*n->clients));
    n->polls = calloc(1 + CLIENTS_MAX, sizeof(*n->polls));
    if (n->clients == NULL || n->polls == NULL) {
        netsim_free(n);
        return NULL;
    }
    return n;
}

int wzp_netsim_run(const wzp_netsim_cfg *cfg)
{
    sigset_t mask;
    netsim *n = netsim_new(cfg);
    if (n == NULL) {
        fputs("wzp-netsim: out of memory\n", stderr);
        return 1;
    }
    signals_init(&mask);
    bool is_ok = address_resolve("--to", cfg->to, &n->server) && listen_open(n);
    if (is_ok) {
        ready_print(n->listen_fd);
        is_ok = serve(n, &mask);
        stats_print(stdout, n);
    }
    netsim_free(n);
    return is_ok ? 0 : 1;
}
