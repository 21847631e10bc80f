/*
 * wants.h - the cards that an on-air state asks for, of every kind, before any of them is drawn.
 * Thread: its owner's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct node_impl;

enum { WANTS_MAX = 32, WANT_ID_BYTES = 96, CAPTION_TRACKS = 4 };

struct want {
    const struct node_impl *impl;
    const json_t *card;      // borrowed from the state
    char id[WANT_ID_BYTES];  // "question:12"; what keeps its id stays where it is
    int slot;                // which of several cards of one kind, from the anchored edge
};

struct wants {
    struct want items[WANTS_MAX];
    size_t count;
    bool is_held[CAPTION_TRACKS];  // by its slot: a silent track of captions
};

/* One card, known as "KIND:key". Beyond WANTS_MAX, or with a key that is too long, it is left out. */
void wants_add(struct wants *wants, const struct node_impl *impl, const char *key, const json_t *card, int slot);

/* The object that stands in the state under the kind's name, known by its "id". */
void wants_add_numbered(struct wants *wants, const struct node_impl *impl, const json_t *state);

/* Nothing of this track of captions is to be seen, but its place is kept: the others do not move. */
void wants_hold(struct wants *wants, int slot);

/* NULL: no card of this id is asked for. */
const struct want *wants_find(const struct wants *wants, const char *id);
