/* SPDX-License-Identifier: MIT */
/* The table that scripts/gen-wordlist writes: BIP39 English, sorted. */
#ifndef WZP_CRYPTO_SRC_WORDLIST_H
#define WZP_CRYPTO_SRC_WORDLIST_H

#define WZP__WORDS    2048
#define WZP__WORD_MAX 8 /* letters */

extern const char wzp_wordlist[WZP__WORDS][WZP__WORD_MAX + 1];

#endif
