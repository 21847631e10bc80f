/*
 * message_filter.h - which messages somebody wants to read: by source, platform, language, role, kind, money, question
 * and words. Written by clients as JSON members, shared by live feed, history and search.
 * Shared by reference count and never changed; thread: any.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "relay/message_language.h"

struct error;
struct message;
struct message_filter;

/*
 * Members, each optional; all others are left alone. A message must satisfy every member that is there, and of a list
 * any one item:
 *   sources, platforms, languages ("fa", "zh-Hant"; "zh" means both), roles, kinds: lists of texts, at most 32 each
 *   money, questions: true asks for these; both ask for either
 *   text: its words, as they are compared in search, anywhere in the text or the author's name; 200 bytes
 * NULL with *is_all set: nothing is asked for, so all pass. NULL without it: err names the member.
 */
struct message_filter *message_filter_create(const json_t *members, bool *is_all, struct error *err);
struct message_filter *message_filter_ref(struct message_filter *filter);  // accepts NULL
void message_filter_unref(struct message_filter *filter);                  // accepts NULL

/* The same for filters that let the same pass, however they were written. Borrowed. */
const char *message_filter_key(const struct message_filter *filter);

/* What was found out about a message, for many filters; {0}: nothing yet. */
struct message_look {
    char language[MESSAGE_LANGUAGE_BYTES];
    bool has_asked, asks;
};

/* Control messages never pass. A filter of NULL lets all pass. look: of this message; NULL: none is at hand. */
bool message_filter_passes(const struct message_filter *filter, const struct message *message, struct message_look *look);

/* A person reads it as a question: the platform's own, a command, a mark, a question word. Thread: the relay's own. */
bool message_asks(const struct message *message);

/* Somebody paid. */
bool message_has_money(const struct message *message);
