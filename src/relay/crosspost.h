/*
 * crosspost.h - what is written in one chat, passed on to another, by rule: "[twitch] Niloufar: hello". Off without rules.
 *
 *     "crosspost": [{"from": ["twitch:anna"], "to": ["irc:anna"], "kinds": ["chat"], "roles": ["moderator"], "per_minute": 20}]
 *
 * Never passed on, so that nothing runs in circles: our own words, bots, what begins with such a mark, the words that we
 * put there ourselves a while ago under whatever name, the same words twice in half a minute, history, shared chats. A rule
 * has a budget: what is above it is left out, counted, and said once a minute. A copy goes when its original is deleted.
 * Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "connector/connector.h"

struct buffer;
struct crosspost;
struct error;
struct loop;
struct message;
struct queue_removal;
struct sources;

enum { CROSSPOST_RULES_MAX = 32, CROSSPOST_PER_MINUTE = 20 };

struct crosspost_options {
    struct sources *sources;  // borrowed, outlives it; required
    struct loop *loop;        // borrowed; required
    int64_t tell_ms;          // what was left out is said that often; 0: 60,000
    /* Optional: something a person should know. level: "warn". */
    void (*on_notice)(void *data, const char *level, const char *where, const char *text);
    void *data;
};

/* False: err names the key, as in "crosspost[0].to[1]". rules: an array; NULL: none. */
bool crosspost_check(const json_t *rules, struct error *err);

struct crosspost *crosspost_create(const struct crosspost_options *options);  // without rules
void crosspost_destroy(struct crosspost *crosspost);                          // accepts NULL

/* rules: checked before. Counts begin anew. */
void crosspost_set_rules(struct crosspost *crosspost, const json_t *rules);

void crosspost_handle_message(struct crosspost *crosspost, const struct message *message);
void crosspost_handle_removal(struct crosspost *crosspost, const struct queue_removal *removal);
void crosspost_handle_result(struct crosspost *crosspost, const char *source, const struct connector_result *result);

/* The copy's words. Line ends become blanks, and no @name of another platform's reaches somebody here. */
void crosspost_write_text(const struct message *message, struct buffer *out);

/* True if the text begins as a copy does: "[" a platform's name "] ". */
bool crosspost_is_marked(struct str text);

struct crosspost_counts {
    uint64_t passed;   // given to a target
    uint64_t held;     // above a budget, or the same again
    uint64_t refused;  // not taken by the target
};
void crosspost_get_counts(const struct crosspost *crosspost, struct crosspost_counts *counts);
