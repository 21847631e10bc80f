/*
 * socialstream_reader.h - objects of Social Stream Ninja (extension 3.50) as messages. It reads other sites' pages and
 * sends each line as one JSON object; `type` names the site and becomes the platform.
 * Source: github.com/steveseguin/social_stream, api.md and docs/event-reference.html (August 2026).
 * Thread: its connector's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "connector/connector_impl.h"
#include "connector/html_text.h"

enum {
    SOCIALSTREAM_BYTES_MAX = 256 * 1024,
    SOCIALSTREAM_PEOPLE = 512,   // remembered by name, for deletes that name nobody else
    SOCIALSTREAM_RECENT = 64,    // lines without an id, within TWICE_MS
};

/* Who wrote under a name lately. A cache with one place a hash. */
struct socialstream_person {
    uint64_t hash;      // of type and name; 0: free
    char *id, *last;    // owned: author id; native id of the last message, or NULL
};

struct socialstream_reader {
    struct connector *base;
    bool wants_all;                // also joins, likes and shares
    struct html_text html, initial;
    struct hash_key key;
    struct socialstream_person people[SOCIALSTREAM_PEOPLE];
    struct { uint64_t hash; int64_t at_ms; } recent[SOCIALSTREAM_RECENT];
    size_t recent_count;
    char platform[33];             // the one that came first
    bool is_mixed;                 // others came as well
    json_t *detail;                // of the object at hand
};

void socialstream_reader_init(struct socialstream_reader *reader, struct connector *base);
void socialstream_reader_fini(struct socialstream_reader *reader);

/* One object. Delivers what it means; control traffic and counters mean nothing. False: err says what is wrong. */
bool socialstream_reader_read(struct socialstream_reader *reader, const json_t *object, struct error *err);

/* The same from a frame's text. */
bool socialstream_reader_parse(struct socialstream_reader *reader, const char *text, size_t len, struct error *err);

/* socialstream_event.c: the platform's `event` beside a line. False: there is nothing to deliver. */
bool socialstream_read_event(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft);

/* socialstream.c: these are words that we had typed into the page. */
bool socialstream_is_own(struct socialstream_reader *reader, const struct message_draft *draft);

/* By what id the person of this name wrote last; empty: not known. */
struct str socialstream_known_id(struct socialstream_reader *reader, struct str platform, struct str name);

/* For both files: an extra of the kind. Empty texts are left out. */
void socialstream_set_text(struct socialstream_reader *reader, const char *key, struct str text);
void socialstream_set_int(struct socialstream_reader *reader, const char *key, int64_t value);
