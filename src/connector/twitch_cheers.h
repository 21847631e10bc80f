/*
 * twitch_cheers.h - the words by which bits are given in a text ("Cheer100"), and their pictures.
 * Twitch's own words are known without asking; a channel's come by Helix (bits/cheermotes) and then take the place
 * of all. A set is made once and never changed: replace it as a whole. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct twitch_cheers;

enum { TWITCH_CHEER_URL_BYTES = 256 };

struct twitch_cheer {
    struct str prefix;  // as it is spelt by Twitch; borrowed from the set
    int64_t tier;       // the least number of bits for this picture
    size_t url_len;
    char url[TWITCH_CHEER_URL_BYTES];
};

/* From the answer's `data`. NULL: it is no such answer. */
struct twitch_cheers *twitch_cheers_create(const json_t *data);
void twitch_cheers_destroy(struct twitch_cheers *cheers);  // accepts NULL

/* word: letters and digits, without blanks. False: it gives no bits. cheers NULL: Twitch's own. */
bool twitch_cheers_find(const struct twitch_cheers *cheers, struct str word, struct twitch_cheer *cheer);

/* The same where prefix and bits are told apart already (EventSub). */
bool twitch_cheers_picture(const struct twitch_cheers *cheers, struct str prefix, int64_t bits, struct twitch_cheer *cheer);
