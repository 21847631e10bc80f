/*
 * chat_commands.h - what moderators order by writing it in a chat: "!next", "!poll 30 Tea or coffee? …", "!so anna".
 *
 *     "chat_commands": {"next": "!next", "poll": "!poll", "so": "!so"}     an empty word: that command is off
 *
 * Only the broadcaster and moderators of the chat itself are heard, by the roles that the platform gives their message; no
 * bot, no history, no guest of a shared chat, not our own words come back. Each message counts once, also over kill -9, and
 * one person's next command is heard CHAT_COMMAND_REST_MS later. A part that has a command registers its function.
 * Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct chat_commands;
struct error;
struct journal;
struct message;

enum {
    CHAT_COMMAND_WORD_BYTES = 32,  // of a configured word, with the NUL
    CHAT_COMMAND_REST_MS = 3000,   // between two commands of one person
    CHAT_COMMAND_LATE_MS = 30000,  // who ordered it longer ago means it no more: after a restart
    CHAT_COMMAND_BY_BYTES = 80,
};

/* One order. All borrowed for the call. */
struct chat_command {
    const char *name;              // "next"
    const char *by;                // for the record: "niloufar@twitch"
    struct str rest;               // what stands behind the word, without blanks around it
    const struct message *message;
};

/* False: nothing was done, and err says why; the moderators read it as a notice. */
typedef bool (*chat_command_fn)(void *data, const struct chat_command *command, struct error *err);

struct chat_commands_options {
    struct journal *journal;  // borrowed; NULL: a command may come twice over a restart (tests)
    /* Required: something the moderators should know. level: "info" or "warn". */
    void (*notice)(void *data, const char *level, const char *where, const char *text);
    void *data;
};

struct chat_commands *chat_commands_create(const struct chat_commands_options *options);  // with the usual words
void chat_commands_destroy(struct chat_commands *commands);                               // accepts NULL

/* name: one of those in the configuration. data: borrowed. Without a function a command is not heard. */
void chat_commands_register(struct chat_commands *commands, const char *name, chat_command_fn fn, void *data);

/* False: err names the key, as in "chat_commands.next". words: an object, name → word; NULL: the usual ones. */
bool chat_commands_check(const json_t *words, struct error *err);

/* words: checked before. */
void chat_commands_set_words(struct chat_commands *commands, const json_t *words);

/* True: it was an order that was heard, and is neither question nor vote. */
bool chat_commands_handle_message(struct chat_commands *commands, const struct message *message);
