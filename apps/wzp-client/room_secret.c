/* SPDX-License-Identifier: MIT */
/* The subcommand room-secret: propose a secret for a room, and say what the
 * relay's file of rooms needs to know of it. The relay's line does not open
 * anything; the words do, and are for the members alone.
 */
#include "commands.h"
#include "terms.h"

#include <wzp/crypto/guarded.h>
#include <wzp/crypto/room.h>
#include <wzp/crypto/wipe.h>
#include <wzp/proto/hex.h>
#include <wzp/proto/room_name.h>

#include <string.h>

/* 66 bits: with 256 MiB for each guess out of reach (secure-media.md 5). */
#define WORDS 6

static bool is_room(const char *name)
{
    const size_t len = strlen(name);
    const wzp_room_kind kind = wzp_room_name_kind(name, len);
    return len > 0 && len <= WZP_ROOM_NAME_MAX &&
           (kind == WZP_ROOM_NAMED || kind == WZP_ROOM_HASHED);
}

/* Every word is as likely as any other: 2048 divides what is drawn. */
static char *propose(size_t *len)
{
    const wzp_rng rng = wzp_rng_system();
    char *secret = wzp_guarded_new(WZP_ROOM_SECRET_MAX);
    size_t n = 0;
    for (int i = 0; secret != NULL && i < WORDS; i++) {
        n += (size_t)snprintf(secret + n, WZP_ROOM_SECRET_MAX - n, "%s%s",
                              i == 0 ? "" : " ",
                              wzp_word((uint16_t)wzp_rng_below(&rng, 2048)));
    }
    *len = n;
    return secret;
}

/* What stands first in the relay's line: the name, or its hash where white
 * space or a # would divide it. */
static void print_name(const char *room)
{
    char lower[WZP_ROOM_NAME_MAX + 1] = "";
    char hash[WZP_ROOM_HEX_LEN + 1];
    if (strpbrk(room, " \t\r\n#") == NULL) {
        fputs(room, stdout);
        return;
    }
    wzp_room_name_lower(room, strlen(room), lower);
    wzp_room_hash((wzp_str){lower, strlen(lower)}, hash);
    fputs(hash, stdout);
}

static int print_line(const char *room, const char *secret, size_t len)
{
    uint8_t room_id[WZP_HASH_LEN], access[WZP_KEY_LEN], psk[WZP_KEY_LEN];
    char hex[2 * WZP_KEY_LEN + 1] = "";
    wzp_room_id((wzp_str){room, strlen(room)}, room_id);
    const wzp_err e = wzp_room_secret_derive(secret, len, room_id, access, psk);
    wzp_wipe(psk, sizeof psk);
    if (e != WZP_OK) {
        fprintf(stderr,
                "wzp-client: a room's secret takes 256 MiB of memory\n");
        return 1;
    }
    wzp_hex_encode(access, sizeof access, hex);
    print_name(room);
    printf(" access=%s\n", hex);
    wzp_wipe(access, sizeof access);
    wzp_wipe(hex, sizeof hex);
    return 0;
}

int room_secret_run(settings *s)
{
    size_t len = 0;
    if (s->arguments.n != 1 || !is_room(s->arguments.v[0])) {
        return settings_refuse("room-secret needs the name of a room");
    }
    const bool is_given = s->room_secret != NULL;
    char *secret =
        is_given ? terms_read_secret(s->room_secret, &len) : propose(&len);
    if (secret == NULL) {
        return 1;
    }
    if (!is_given) {
        fputs("for the members, and nobody else:\n", stderr);
        printf("%s\n", secret);
        fputs("for the relay's file of --rooms:\n", stderr);
    }
    const int status = print_line(s->arguments.v[0], secret, len);
    wzp_guarded_free(secret);
    return status;
}
