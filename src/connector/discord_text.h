/*
 * discord_text.h - what people read where Discord writes ids: <@1001>, <#3000>, <:barg:9000>, <t:1795371645:R>.
 * Facts: discord.com/developers/docs, reference, "Message Formatting", 2026-08. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/str.h"
#include "chat/message.h"
#include "connector/discord_guild.h"

enum { DISCORD_EMOTES_MAX = 96 };

/* A text without ids; everything is borrowed from `bytes`, which moves until discord_text_end(). */
struct discord_text {
    struct buffer bytes;  // owned: the text, and behind it ids, names and addresses of its emotes
    size_t text_len;
    struct emote emotes[DISCORD_EMOTES_MAX];
    size_t emote_count;
};

void discord_text_fini(struct discord_text *text);

/*
 * Resolves `content` of a message: mentions are the objects that came with it, guild may be NULL. What stands before
 * is forgotten.
 */
void discord_text_resolve(struct discord_text *text, struct str content, const json_t *mentions,
                          const struct discord_guilds *guilds, const struct discord_guild *guild);

/* A picture with a name instead of words: a sticker. */
void discord_text_picture(struct discord_text *text, struct str id, struct str name, const char *url);

/* Plain words behind what stands there, with a blank between. */
void discord_text_add(struct discord_text *text, const char *before, struct str words, const char *behind);

/* Fills text and emotes of a draft; valid until the next discord_text_resolve(). */
void discord_text_use(struct discord_text *text, struct message_draft *draft);

/* The name to show of a user object, with a member object if there is one (may be NULL). */
struct str discord_name(const json_t *user, const json_t *member);
