/*
 * twitch_account.h - what a login adds to a Twitch source: events, pictures, and writing.
 * Without a login it is there and does nothing. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "connector/connector_impl.h"

struct twitch_account;
struct twitch_events;
struct twitch_line;
struct twitch_reader;

struct twitch_account_options {
    struct connector *base;         // borrowed, as all of these
    struct twitch_reader *reader;   // gets cheermotes and pictures
    struct twitch_events *events;
    const char *channel, *api_url, *eventsub_url;
    int64_t events_ms;              // Unix: until when an earlier life had all events; 0: never
    void (*on_change)(void *data);  // words, remedy or time are others
    void *data;
};

struct twitch_account *twitch_account_create(const struct twitch_account_options *options);  // never NULL
void twitch_account_destroy(struct twitch_account *account);  // accepts NULL

/* For the source's state: "24 kinds of events"; "" if there is nothing to say. All accept NULL. */
const char *twitch_account_words(const struct twitch_account *account);
const char *twitch_account_remedy(const struct twitch_account *account);
int64_t twitch_account_events_ms(const struct twitch_account *account);

/* A line of the room: what we say ourselves tells which roles we have there. */
void twitch_account_note_line(struct twitch_account *account, const struct twitch_line *line);

/* connector_impl.can() and .act(). account NULL: nobody is logged in. */
const char *twitch_account_can(struct twitch_account *account, enum connector_act_kind kind);
void twitch_account_act(struct twitch_account *account, const struct connector_task *task);
