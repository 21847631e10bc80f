/*
 * emote_service.h - what differs between 7TV, BetterTTV and FrankerFaceZ: addresses, and the JSON that they answer with.
 * Thread: any.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum emote_service { EMOTES_7TV, EMOTES_BTTV, EMOTES_FFZ, EMOTE_SERVICES };

const char *emote_service_name(enum emote_service service);   // "7tv", as in the configuration
const char *emote_service_title(enum emote_service service);  // "7TV"

/*
 * Where a set is: of a channel, or the global one (channel NULL). base: instead of the services' own hosts (tests,
 * proxies), "http://127.0.0.1:1/…" with the service's name behind it; NULL: their own. The caller frees. NULL: this service
 * has none for that platform.
 */
char *emote_service_url(enum emote_service service, const char *base, const char *platform, const char *channel);

/*
 * Calls fn for each emote of an answer. Addresses are made here of the id, whatever the answer says: pictures come from
 * the service's own host only. False: it is not what the service sends.
 */
bool emote_service_read(enum emote_service service, const json_t *answer,
                        void (*fn)(void *data, struct str word, struct str id), void *data);

/* The address of a picture, about 56 px high. False: this is no id of theirs. */
bool emote_service_picture(enum emote_service service, struct str id, char url[160]);
