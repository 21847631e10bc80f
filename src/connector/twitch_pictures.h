/*
 * twitch_pictures.h - the addresses of pictures that chat itself does not carry: avatars, badges, cheermotes.
 * Asked of Twitch's HTTP API in the name of who is logged in, a hundred people at a time, and remembered. A message never
 * waits: a person's first one may come without the avatar. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>

#include "chat/message.h"

struct twitch_cheers;
struct twitch_helix;
struct twitch_pictures;

struct twitch_pictures *twitch_pictures_create(struct twitch_helix *helix);  // borrowed; never NULL
void twitch_pictures_destroy(struct twitch_pictures *pictures);  // accepts NULL

/* There is a login: asks for the channel's badges and cheermotes, and again from time to time. */
void twitch_pictures_start(struct twitch_pictures *pictures, const char *broadcaster_id);
void twitch_pictures_stop(struct twitch_pictures *pictures);

/* Fills avatar and badge_images in, as far as they are known; images: room for author->badge_count. NULL: nothing. */
void twitch_pictures_fill(struct twitch_pictures *pictures, struct message_author *author, struct str *images);

/* Borrowed until the loop turns; NULL: none came so far. */
const struct twitch_cheers *twitch_pictures_cheers(const struct twitch_pictures *pictures);
