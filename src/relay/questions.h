/*
 * questions.h - what viewers ask and moderators bring on air: new, ready, on air, answered, besides dismissed.
 * Candidates come by themselves from what looks like a question; the same one asked again joins the first. Every
 * change has a time, an actor and an undo, and is written to the journal before the next event is handled.
 * What is deleted on its platform is forgotten here with every text, also those of its undo.
 * Thread: the relay's own.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buffer;
struct error;
struct journal;
struct message;
struct questions;
struct queue_removal;

enum {
    QUESTION_TEXT_BYTES_MAX = 2000,  // longer is cut (messages) or refused (the host's own words)
    QUESTIONS_CANDIDATES_MAX = 500,  // state new; the oldest goes first
    QUESTIONS_DONE_MAX = 200,        // answered and dismissed; the same
    QUESTIONS_READY_MAX = 500,       // more is refused
    QUESTION_ASKS_MAX = 32,          // who asked the same, remembered; the count goes on
    QUESTION_UNDO_MAX = 16,
};

enum question_state { QUESTION_NEW, QUESTION_READY, QUESTION_ON_AIR, QUESTION_ANSWERED, QUESTION_DISMISSED };

/* One message that asks it. All strings owned, none NULL. */
struct question_ask {
    uint64_t message;  // the queue's id
    int64_t asked_ms;
    char *platform, *source, *native_id;
    char *author_id, *author_name, *author_color;
    char *text;  // without emotes and "!ask"
};

/* What undo brings back. */
struct question_change {
    enum question_state state;
    char *text;     // before an edit; NULL: the text did not change
    bool is_marked;
    int64_t at_ms;  // when it was left
    char *by;       // who left it
};

/* Read only for all others. */
struct question {
    uint64_t id;
    enum question_state state;
    char *text;                 // as shown
    char *text_original;        // as asked; the same until somebody edits
    char *language;             // of the host's own words; "" when not said
    struct question_ask *asks;  // the first is whose question it is; none: the host's own words
    size_t ask_count;
    uint64_t count;             // how many authors asked, also those beyond QUESTION_ASKS_MAX
    bool is_marked;             // its room was cleared: a moderator decides
    bool is_candidate;          // found, not picked
    int64_t asked_ms, changed_ms, aired_ms;  // Unix
    char *changed_by;           // "" while no person touched it
    struct question_change *changes;
    size_t change_count;
    // private
    char *key;         // text_key.h; "": joins nothing
    int64_t ready_ms;  // since when it waits
    bool is_dirty;
};

struct questions_options {
    struct journal *journal;  // borrowed; NULL: nothing survives (tests)
    void *data;
    /* Required both. `question` is new or changed; borrowed for the call. */
    void (*changed)(void *data, const struct question *question);
    void (*removed)(void *data, uint64_t id);
    /* Required. Candidates wait for questions_flush(); called once when the first does. */
    void (*dirty)(void *data);
};

/* Reads what the journal holds. NULL: it could not. */
struct questions *questions_create(const struct questions_options *options, struct error *err);
void questions_destroy(struct questions *questions);

/* Makes a candidate of a message that asks, or joins it to the question that asked the same. */
void questions_handle_message(struct questions *questions, const struct message *message);

/* Writes and announces the candidates that are new or counted up since: a crowd costs a few events a second. */
void questions_flush(struct questions *questions);

/* Borrowed until the next call that changes; NULL: there is none. */
const struct question *questions_find(const struct questions *questions, uint64_t id);
const struct question *questions_on_air(const struct questions *questions);

/* Borrowed, oldest first, `index` below questions_count(). */
size_t questions_count(const struct questions *questions);
const struct question *questions_at(const struct questions *questions, size_t index);

/*
 * What moderators do. by: who, for the record. False or NULL: nothing changed, and err says why.
 * Pick takes any message; one that is a question already becomes ready.
 */
const struct question *questions_pick(struct questions *questions, const struct message *message, const char *by,
                                      struct error *err);
/* The host's own words, without an author. language: BCP 47 or "". */
const struct question *questions_add(struct questions *questions, struct str text, const char *language,
                                     const char *by, struct error *err);
bool questions_edit(struct questions *questions, uint64_t id, struct str text, const char *by, struct error *err);
bool questions_ready(struct questions *questions, uint64_t id, const char *by, struct error *err);

/* Brings it on air; one that is there becomes answered. The caller waits for the journal before it shows it. */
bool questions_air(struct questions *questions, uint64_t id, const char *by, struct error *err);
bool questions_answer(struct questions *questions, uint64_t id, const char *by, struct error *err);
bool questions_dismiss(struct questions *questions, uint64_t id, const char *by, struct error *err);

/* Keeps one that was marked when its room was cleared. */
bool questions_confirm(struct questions *questions, uint64_t id, const char *by, struct error *err);

/* Back to before the last change. If that was on air, the one there now becomes ready again. */
bool questions_undo(struct questions *questions, uint64_t id, const char *by, struct error *err);

/* Answers the one on air and airs the ready one that waits longest. NULL and no error text: none was ready. */
const struct question *questions_next(struct questions *questions, const char *by);

/* Takes the one on air off it, back to ready: for clear. */
void questions_unair(struct questions *questions, const char *by);

/*
 * Deleted means gone: the asks that are meant leave. A question that began with one is removed at once; who else asked
 * the same stands as a new candidate in his own words.
 */
void questions_handle_removal(struct questions *questions, const struct queue_removal *removal);

/* A room was cleared: its candidates up to that id go, its ready and on-air questions are marked. */
void questions_handle_clear(struct questions *questions, struct str source, uint64_t up_to);

/* The author rewrote it: a candidate follows. One that a person picked keeps the words that he saw. */
void questions_handle_edit(struct questions *questions, const struct message *message);

/* The API's form (docs/api.md), one object without line end. */
void question_write_json(const struct question *question, struct buffer *out);
const char *question_state_name(enum question_state state);
