/*
 * gate.h - before air: the one way by which texts of the chat come into the on-air state.
 *
 * A line of chat, a gift, a membership or a raid is looked at when it comes: ignored authors (bots) and prefixes ("!") are
 * left out, words of the lists and addresses are caught. What is clean waits out its source's hold time; what its platform
 * deletes in it was never shown. What was caught stands in a list with the reason until a moderator allows or drops it. An
 * alert whose text was caught comes without the text. An author's name that a list holds is replaced by the platform's.
 *
 * Only ids are kept in the journal. After a restart lines that had passed stand where they stood, and all else that was on
 * its way waits its whole time anew. With no view that wants such cards nothing is held and nothing is kept.
 * Thread: the relay's own. Times are monotonic milliseconds, handed in, except where a name says otherwise.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "relay/words.h"

struct buffer;
struct error;
struct gate;
struct journal;
struct message;
struct queue;
struct queue_gift;
struct queue_removal;

enum {
    GATE_HOLD_MS = 4000,
    GATE_HOLD_MS_MAX = 600 * 1000,
    GATE_LINES = 20,          // of chat, of each platform
    GATE_EVENTS = 40,         // gifts, memberships, raids
    GATE_ALERT_MS = 120000,   // an alert stands so long in the on-air state: overlays show one after the other
    GATE_CAUGHT_MAX = 200,    // the oldest goes
    GATE_HELD_MAX = 65536,    // the oldest go, unshown
    GATE_REASONS_MAX = 4,
    GATE_WORD_BYTES = 80,
    GATE_PASS_MS = 250,       // lines come in batches, so often at most
};

/* Why something was caught, and where in it. */
struct gate_reason {
    char list[24];      // "en", "own", "links", "name"
    char category[24];  // "" where there is none
    char word[GATE_WORD_BYTES];  // the entry, or the address
    uint32_t from, to;  // bytes of the text (of the name, for "name")
};

struct gate_caught {
    struct message *message;  // owned
    struct gate_reason reasons[GATE_REASONS_MAX];
    size_t reason_count;
};

/* A line of chat that may be shown. */
struct gate_line {
    struct message *message;  // owned
    uint64_t order;           // in which lines passed
    bool is_name_withheld;
    bool is_allowed;          // by a moderator: new words of the lists do not take it off
};

/* A gift, a membership, a raid. */
struct gate_event {
    struct message *message;  // owned; in a streak the last one
    uint64_t first;           // id of the message that it came on air with; stays while a streak counts up
    uint64_t order;
    int64_t passed_ms;        // Unix
    bool is_name_withheld, is_text_withheld;
};

struct gate_options {
    struct journal *journal;    // borrowed; NULL: nothing survives (tests)
    const char *words_folder;   // en.txt, …, bots.txt; copied; NULL: no lists
    const char *own_words;      // a file, need not exist; copied; NULL: none
    bool is_wanted;             // a view shows chat, ticker or alerts
    void *data;
    /* Optional: the hold time of this source; negative: it says none. */
    int64_t (*hold_ms)(void *data, struct str source);
    /* Optional. What is shown changed: the on-air state is to be made again. */
    void (*changed)(void *data);
    /* Optional. New in the list, in batches with gate_update(); or gone from it. */
    void (*caught)(void *data, const struct gate_caught *caught);
    void (*caught_removed)(void *data, uint64_t message);
    /* Optional. A line of a list that cannot be read, "en.txt:12: …". */
    void (*bad_line)(void *data, const char *text);
};

struct gate *gate_create(const struct gate_options *options);
void gate_destroy(struct gate *gate);  // accepts NULL

/* The section "gate" of the configuration. False: err names the key. NULL is an empty section. */
bool gate_check_settings(const json_t *settings, struct error *err);

/* Checked before. languages: of the show, whose lists are used where the settings name none. Reads the lists. */
void gate_set(struct gate *gate, const json_t *settings, const char *const *languages, size_t language_count);
const json_t *gate_settings(const struct gate *gate);  // as set, borrowed

/* The lists from their files again; bad lines are told. Returns the number of entries. */
size_t gate_read_words(struct gate *gate);

/*
 * Takes up what an earlier run had shown and caught; once, with the queue filled. Then, when hold_ms() can tell: what was on
 * its way waits anew.
 */
void gate_resume(struct gate *gate, const struct queue *queue);
void gate_resume_held(struct gate *gate, const struct queue *queue, int64_t now_ms);

void gate_handle_message(struct gate *gate, struct message *message, const struct queue_gift *gift, int64_t now_ms);
void gate_handle_edit(struct gate *gate, struct message *message, int64_t now_ms);  // off, and held anew
void gate_handle_removal(struct gate *gate, const struct queue_removal *removal);
void gate_handle_clear(struct gate *gate, struct str source, uint64_t up_to);
void gate_clear(struct gate *gate);  // all lines and events off air

/* Passes what is due and tells what was caught. Returns when to call again; 0: when something comes. */
int64_t gate_update(struct gate *gate, int64_t now_ms);

/* False: there is no such message in the list, and err says so. */
bool gate_allow(struct gate *gate, uint64_t message, int64_t now_ms, struct error *err);
bool gate_drop(struct gate *gate, uint64_t message, struct error *err);

/* Oldest first, borrowed until the gate is used again. */
size_t gate_caught_count(const struct gate *gate);
const struct gate_caught *gate_caught_at(const struct gate *gate, size_t index);

/*
 * The newest lines that `shows` says yes to, oldest first. Returns how many of `max`. Borrowed likewise.
 */
size_t gate_lines(const struct gate *gate, bool (*shows)(const void *data, struct str platform), const void *data,
                  const struct gate_line **lines, size_t max);
size_t gate_events(const struct gate *gate, const struct gate_event **events, size_t max);  // the newest, oldest first

/* For a question, a poll's option, a name: what the lists say of it. False: nothing. Works in every gate. */
bool gate_find_word(const struct gate *gate, struct str text, struct gate_reason *reason);

struct gate_counts {
    uint64_t passed, caught, ignored;  // ignored: by author or prefix
    uint64_t gone;                     // deleted before they were shown
    size_t held, words;
};
void gate_get_counts(const struct gate *gate, struct gate_counts *counts);

/* gate_json.c: {"id":…,"reasons":[…],"message":{…}} and {"settings":{…},"words":…,…}, one object each. */
void gate_caught_write_json(const struct gate_caught *caught, struct buffer *out);
void gate_write_json(const struct gate *gate, struct buffer *out);
