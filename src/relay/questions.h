/*
 * questions.h - what viewers ask and moderators bring on air: new, ready, on air, answered, besides dismissed.
 * Candidates come by themselves from what looks like a question; the same one asked again joins the first. Every
 * change has a time, an actor and an undo, and is written to the journal before the next event is handled.
 * What is deleted on its platform is forgotten here with every text, also those of its undo, notes and airings.
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
struct heard;
struct question_upvote;
struct question_words;
struct questions;
struct queue_removal;

enum {
    QUESTION_TEXT_BYTES_MAX = 2000,  // longer is cut (messages) or refused (the host's own words)
    QUESTION_NOTE_BYTES_MAX = 500,
    QUESTION_CODE_BYTES = 8,
    QUESTIONS_CANDIDATES_MAX = 500,  // state new; the oldest goes first
    QUESTIONS_DONE_MAX = 200,        // answered and dismissed; the same
    QUESTIONS_PAST_MAX = 1000,       // of earlier shows, in no list; the same
    QUESTIONS_READY_MAX = 500,       // more is refused
    QUESTIONS_SHOWS_MAX = 100,       // remembered, the newest
    QUESTION_ASKERS_MAX = 20000,     // known to have asked before; one of them is forgotten for a new one
    QUESTION_ASKS_MAX = 32,          // who asked the same, remembered; the count goes on
    QUESTION_AIRINGS_MAX = 16,
    QUESTION_HISTORY_MAX = 100,      // changes remembered
    QUESTION_UNDO_MAX = 16,          // of them with what undo needs
    QUESTION_CLAIM_MS = 60 * 1000,   // a claim that is not renewed ends
    QUESTION_PRESS_MS = 1000,        // two presses of "next" within this are one, unless they say what they saw
};

enum question_state { QUESTION_NEW, QUESTION_READY, QUESTION_ON_AIR, QUESTION_ANSWERED, QUESTION_DISMISSED };

/* What a change was. The names are the API's: question_changes.c. */
enum question_action {
    QUESTION_ACTION_NONE,
    QUESTION_ACTION_ADD,
    QUESTION_ACTION_AIR,
    QUESTION_ACTION_ANSWER,
    QUESTION_ACTION_CONFIRM,
    QUESTION_ACTION_DISMISS,
    QUESTION_ACTION_EDIT,
    QUESTION_ACTION_MARK,    // its room was cleared; not to be undone, see confirm
    QUESTION_ACTION_MERGE,   // `other` was merged into this
    QUESTION_ACTION_MERGED,  // this was merged into `other`
    QUESTION_ACTION_MOVE,
    QUESTION_ACTION_NOTE,
    QUESTION_ACTION_PIN,
    QUESTION_ACTION_READY,
    QUESTION_ACTION_SPLIT,   // `other` was taken out of this
    QUESTION_ACTION_UNAIR,   // off the air, back to ready: another needed the place, clear, or a new show
    QUESTION_ACTION_UNDO,
    QUESTION_ACTION_UNPIN,
};

/* One message that asks it. All strings owned, none NULL. */
struct question_ask {
    uint64_t message;  // the queue's id
    uint64_t from;     // the question that it came from by a merge; 0: its own
    int64_t asked_ms;
    char *platform, *source, *native_id;
    char *author_id, *author_name, *author_color, *author_avatar;
    uint32_t author_roles;  // message.h
    char *text;  // without emotes and "!ask"
    char *rich, *emotes;  // the same with its emotes, and where they stand in it: question_rich.h; "": it has none
};

/* How many of `count` asked there. */
struct question_platform {
    char *name;      // owned
    uint64_t count;
    uint64_t more;   // of them, those that are not among the asks
    uint64_t spill;  // while it sleeps: of its asks, those that are not among its target's
};

struct question_airing {
    int64_t in_ms;
    int64_t out_ms;  // 0: it is on air
};

/* One change: who, when, what, and what undo brings back - only what that action changed. */
struct question_change {
    uint64_t number;  // of this question's changes, growing
    uint64_t step;    // the same in all questions that one command changed: they are taken back together
    enum question_action action;
    int64_t at_ms;
    char *by;
    uint64_t other;   // merge, split: the other question; undo: the number of the change that was taken back
    bool is_undone;
    bool can_undo;
    enum question_state state;  // before; the rest likewise
    int64_t rank, aired_ms;
    bool is_marked, is_pinned;
    char *text;       // of edit and note; NULL: the others
    size_t position;  // split: where it stood among the asks
};

/* Read only for all others. */
struct question {
    uint64_t id;
    enum question_state state;
    char *text;                 // as shown
    char *text_original;        // as asked; the same until somebody edits
    char *language;             // BCP 47: as said with the host's own words, guessed of others; "" when unsure
    char *note;                 // for the host, never on air; ""
    struct question_ask *asks;  // the first is whose question it is; none: the host's own words
    size_t ask_count;
    uint64_t count;             // how many authors asked, also those beyond QUESTION_ASKS_MAX
    struct question_platform *platforms;
    size_t platform_count;
    bool is_marked;             // its room was cleared: a moderator decides
    bool is_candidate;          // found, not picked
    bool is_carried;            // asked in an earlier show
    bool is_pinned;             // stands before those that are not
    int64_t rank;               // the smaller the sooner; see questions_is_before()
    int64_t asked_ms, changed_ms, aired_ms;  // Unix
    int64_t show_ms;            // when the show began in which it was asked
    char *changed_by;           // "" while no person touched it
    char *claimed_by;           // who works on it; "": nobody
    int64_t claimed_until_ms;
    struct question_airing *airings;  // oldest first
    size_t airing_count;
    struct question_change *changes;  // oldest first
    size_t change_count;
    uint64_t merged_into;       // it sleeps there, in no list, until that merge is taken back; 0: it does not
    char code[QUESTION_CODE_BYTES];  // "+1 CODE"; "": none
    struct question_upvote *upvotes;  // upvotes.h
    size_t upvote_count, upvote_capacity;
    uint32_t *upvote_index;  // of upvotes.c; NULL: none
    size_t upvote_index_size;
    uint64_t votes;             // of them, those by who did not ask, with those of what was merged into it
    bool is_first_time;         // its author had asked nothing before in this journal
    int score;                  // 1..100: how surely it is a question; 0: nobody looked, a person says so
    unsigned reasons;           // why, question_detect.h
    int fairness;               // 0..100, the higher the less heard so far are those like its author; heard.h
    // private
    uint64_t change_number;  // given last
    bool is_dirty;
};

struct questions_options {
    struct journal *journal;  // borrowed; NULL: nothing survives (tests)
    int retention_days;       // of earlier shows' questions; 0: 30; negative: for ever
    const struct question_words *words;  // borrowed, until questions_set_words(); NULL: marks and the usual commands ask
    const struct heard *heard;  // borrowed; NULL: all questions are as fair
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

/* From now on questions are found by these; borrowed. Those that were found stay. */
void questions_set_words(struct questions *questions, const struct question_words *words);

/* Who has been heard changed: every question's fairness is made anew. Told with the event `heard`, not each by each. */
void questions_update_fairness(struct questions *questions);
void questions_write_fairness(const struct questions *questions, struct buffer *out);  // {"12":80,…}, new and ready ones

/* Makes a candidate of a message that asks, or joins it to the question that asked the same. */
void questions_handle_message(struct questions *questions, const struct message *message);

/* Writes and announces the candidates that are new or counted up since: a crowd costs a few events a second. */
void questions_flush(struct questions *questions);

/* Ends the claims that nobody renewed. Returns when the next one ends (Unix, ms); 0: there is none. */
int64_t questions_handle_time(struct questions *questions, int64_t now_ms);

/* BCP 47, by the show's words; "" when unsure. */
const char *questions_guess_language(const struct questions *questions, struct str text);

/* The one that left the air last, if it was answered; NULL: there is none, or it was not. */
const struct question *questions_answered_last(const struct questions *questions);

/* Borrowed until the next call that changes; NULL: there is none. */
const struct question *questions_find(const struct questions *questions, uint64_t id);
const struct question *questions_on_air(const struct questions *questions);

/* Borrowed, oldest first, `index` below questions_count(). */
size_t questions_count(const struct questions *questions);
const struct question *questions_at(const struct questions *questions, size_t index);

/* The order of the ready ones: pinned first, then as people moved them. */
bool question_is_before(const struct question *a, const struct question *b);

/*
 * What moderators do. by: who, for the record. False or NULL: nothing changed, and err says why.
 * A question that another one has claimed is refused (ERROR_AGAIN, with who and until when).
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

/* For the host's eyes; empty takes it away. */
bool questions_note(struct questions *questions, uint64_t id, struct str text, const char *by, struct error *err);
bool questions_pin(struct questions *questions, uint64_t id, bool is_pinned, const char *by, struct error *err);

/* Ready, and right before or behind `other`, which is ready; it is pinned as that one is. */
bool questions_move(struct questions *questions, uint64_t id, uint64_t other, bool is_before, const char *by,
                    struct error *err);

/*
 * All who asked `id` ask `into` now, and `id` leaves the list; ready if one of them was. Refused while `id` is on air.
 * Split takes one of those who asked, not the first, out again: as a new candidate in his own words.
 */
bool questions_merge(struct questions *questions, uint64_t id, uint64_t into, const char *by, struct error *err);
const struct question *questions_split(struct questions *questions, uint64_t id, uint64_t message, const char *by,
                                       struct error *err);

/*
 * Back to before the last change, in all questions that it changed; who was put on air by it makes room. If `change` is
 * not 0 and another change came since, nothing is taken back. What else is on air then becomes ready again.
 */
bool questions_undo(struct questions *questions, uint64_t id, uint64_t change, const char *by, struct error *err);

/* Whether that would bring one on air that is not there now, this one or one that the same command changed. */
bool questions_undo_airs(struct questions *questions, uint64_t id);

/* The number that takes back what was done last; 0: nothing can be. */
uint64_t question_undo_number(const struct question *question);

/*
 * By whom it is being worked on, until QUESTION_CLAIM_MS from now; again: longer. Another's claim is refused, unless
 * may_take_over. Ends with release, answer and dismiss, with time, or when its holder has left.
 */
bool questions_claim(struct questions *questions, uint64_t id, const char *by, bool may_take_over, struct error *err);
bool questions_release(struct questions *questions, uint64_t id, const char *by, struct error *err);
void questions_release_all(struct questions *questions, const char *by);

/*
 * Answers the one on air and airs the first ready one that nobody else works on. NULL and no error text: none was ready.
 */
const struct question *questions_next(struct questions *questions, const char *by);

/*
 * The same for a press of a button. seen: which was on air when it was pressed (0: none); NULL: not known. If another is
 * there by now, or, not knowing, within QUESTION_PRESS_MS of the last, two have pressed for one: nothing changes, *is_late
 * is true, and what is on air is returned.
 */
const struct question *questions_press_next(struct questions *questions, const uint64_t *seen, const char *by,
                                            bool *is_late);

/* Takes the one on air off it, back to ready: for clear. */
void questions_unair(struct questions *questions, const char *by);

/*
 * A new show: what is answered or dismissed leaves the list, what is not is carried along; on air becomes ready.
 * By itself when the questions slept longer than the journal's pause between shows.
 */
void questions_begin_show(struct questions *questions, const char *by);
int64_t questions_show_ms(const struct questions *questions);  // when it began; Unix

/*
 * Deleted means gone: the asks that are meant leave. A question that began with one is removed at once; who else asked
 * the same stands as a new candidate in his own words.
 */
void questions_handle_removal(struct questions *questions, const struct queue_removal *removal);

/* A room was cleared: its candidates up to that id go, its ready and on-air questions are marked. */
void questions_handle_clear(struct questions *questions, struct str source, uint64_t up_to);

/* The author rewrote it: a candidate follows. One that a person picked keeps the words that he saw. */
void questions_handle_edit(struct questions *questions, const struct message *message);

/* The API's forms (docs/api.md), without line end: a question; arrays of its changes, of who asked, of the shows. */
void question_write_json(const struct question *question, struct buffer *out);
void question_write_asks(const struct question *question, struct buffer *out);
void question_write_history(const struct question *question, struct buffer *out);
void questions_write_shows(const struct questions *questions, struct buffer *out);
const char *question_state_name(enum question_state state);
