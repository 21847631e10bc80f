/*
 * emote_sets.h - the emotes of 7TV, BetterTTV and FrankerFaceZ: words that viewers write and that their add-ons show as
 * pictures. Each service has a global set and one a channel, known by the platform's id of the channel. They are asked
 * for over HTTP, again every hour, and kept in a folder, so that a start has them at once. A service that fails costs a
 * line in the log and nothing else. Addresses as of November 2026; none of the three is the platform's own.
 * Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct connector;
struct emote_sets;
struct error;
struct message_draft;

/*
 * The key "emote_sets" of a source: false, or a list of "7tv", "bttv", "ffz". Absent or true: all of them. False: err says
 * what is expected.
 */
bool emote_sets_check(const json_t *config, struct error *err);

/* base: borrowed, outlives it. Loads what the folder has. NULL: not wanted, or no loop. */
struct emote_sets *emote_sets_create(struct connector *base, const json_t *config);
void emote_sets_destroy(struct emote_sets *sets);  // accepts NULL

/*
 * Whose chat it is: platform "twitch", "youtube" or "kick", and the platform's id of the channel. Nothing happens if it is
 * the same again; other platforms have no sets.
 */
void emote_sets_set_channel(struct emote_sets *sets, const char *platform, const char *channel_id);

/* Adds the emotes of the draft's text. What it adds is borrowed until the next call. */
void emote_sets_apply(struct emote_sets *sets, struct message_draft *draft);
