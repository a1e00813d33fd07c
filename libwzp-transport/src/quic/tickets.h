/* SPDX-License-Identifier: MIT */
/* Session tickets a dialler keeps: in memory only, a bounded number, each for
 * one use, and each tied to the address, the server name and the certificate
 * it came from. A ticket stands in for a certificate: who resumes is told the
 * certificate of the connection the ticket came from, and says beforehand
 * which one that must be.
 */
#ifndef WZP_TRANSPORT_QUIC_TICKETS_H
#define WZP_TRANSPORT_QUIC_TICKETS_H

#include <wzp/proto/addr.h>
#include <wzp/transport/endpoint.h>

struct WOLFSSL_SESSION;

/* Where a ticket is good, and what the connection it came from had shown. */
typedef struct wzp__ticket_origin {
    wzp_addr remote;
    char sni[WZP_SNI_MAX + 1];
    uint8_t cert[WZP_HASH_LEN];
    bool has_key;
    uint8_t key[WZP_KEY_LEN];
} wzp__ticket_origin;

typedef struct wzp__ticket {
    struct WOLFSSL_SESSION *session; /* NULL: free */
    wzp_tstamp until;
    wzp__ticket_origin from;
} wzp__ticket;

typedef struct wzp__tickets {
    wzp_mem mem;
    wzp__ticket *v;
    size_t n;
} wzp__tickets;

WZP_NODISCARD wzp_err wzp__tickets_init(wzp__tickets *t, const wzp_mem *mem,
                                        size_t n);
void wzp__tickets_deinit(wzp__tickets *t);

/* Takes the session. The one for the same origin goes, else, when full, the
 * one that ends first. */
void wzp__tickets_put(wzp__tickets *t, wzp_tstamp until,
                      const wzp__ticket_origin *from,
                      struct WOLFSSL_SESSION *session);

/* The ticket for this address, name and certificate, if it still holds: it is
 * taken out and the caller frees it. False: none. */
bool wzp__tickets_take(wzp__tickets *t, wzp_tstamp now,
                       const wzp__ticket_origin *want, wzp__ticket *out);

#endif
