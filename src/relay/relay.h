/*
 * relay.h - the relay as one object: it owns queue, journal, intake, sources, questions, polls, captions and the
 * on-air state, and tells listeners (api/) what changed. What moderators do goes straight to the part concerned, as
 * in questions_air(relay->questions, …); what touches several parts is moderation.h.
 * Thread: the loop's; create and destroy while the loop does not run.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/str.h"
#include "net/loop.h"
#include "relay/on_air.h"
#include "relay/queue.h"

struct caption_track;
struct captions;
struct chat_commands;
struct crosspost;
struct error;
struct gate;
struct gate_caught;
struct heard;
struct host_card;
struct host_cards;
struct host_pictures;
struct intake;
struct journal;
struct journal_gap;
struct login;
struct login_listener;
struct logins;
struct message;
struct poll;
struct poll_recounts;
struct polls;
struct question;
struct question_words;
struct question_words_options;
struct questions;
struct relay;
struct removals;
struct rates;
struct replies;
struct sent;
struct source;
struct sources;

/* All borrowed for the call of relay_create() unless it says otherwise. */
struct relay_options {
    struct loop *loop;                // borrowed, outlives the relay; required
    const char *data_folder;          // the journal lives here; made if it is missing; required
    const struct on_air_view *views;  // 0: one "main" with the usual cards
    size_t view_count;
    const char *runtime_folder;       // for the note of what is worked on (poison); NULL: the data folder
    const char *cache_folder;         // what may be asked for again: sets of emotes; NULL: nothing is kept
    const json_t *sources;            // array: `sources` of the configuration as written; NULL: none
    const json_t *crosspost;          // array: `crosspost` of the configuration; NULL: none
    const json_t *chat_commands;      // object: `chat_commands` of the configuration; NULL: the usual words
    const struct question_words_options *question_words;  // by what questions are found; NULL: marks and usual commands
    int retention_days;               // 0: 30; negative: for ever
    size_t queue_messages;            // 0: the queue's usual
    int64_t silence_ms;               // no source counts as silent before; 0: 60,000
    /*
     * Optional: writes the sources back into the configuration when they changed at run time. `sources` is an
     * array as above, borrowed. False: the change stands until the next restart, and err says why.
     */
    bool (*save_sources)(void *data, const json_t *sources, struct error *err);
    /*
     * Optional: checks one entry of sources and puts real secrets in place of "secret:NAME". Returns a new reference,
     * or NULL and err. NULL: entries are taken as they are.
     */
    json_t *(*check_source)(void *data, const json_t *config, struct error *err);
    const json_t *logins;             // section `logins` of the configuration, secrets resolved; NULL: none
    /* Both or none: where logins are kept; see login.h. The callbacks get `data`. */
    char *(*load_login)(void *data, const char *platform);
    bool (*save_login)(void *data, const char *platform, const char *json, struct error *err);
    const json_t *gate;               // section `gate` of the configuration; NULL: the usual
    const json_t *languages;          // array: of the show, whose word lists are used; NULL: none
    const char *words_folder;         // the shipped word lists; NULL: none
    const char *own_words;            // the user's own, a file that need not exist; NULL: none
    /* Optional: writes section `gate` back as save_sources() does. */
    bool (*save_gate)(void *data, const json_t *gate, struct error *err);
    void *data;
};

/* All optional. What is handed over is borrowed for the call. A listener may leave from within. */
struct relay_listener_impl {
    void (*on_air)(void *data);  // see on_air.h for revision and JSON
    void (*question)(void *data, const struct question *question);
    void (*question_removed)(void *data, uint64_t id);
    void (*heard)(void *data);  // who has been heard, and every question's fairness
    void (*poll)(void *data, const struct poll *poll);
    void (*saved_polls)(void *data);   // see polls_write_saved()
    void (*native_polls)(void *data);  // see polls_write_natives()
    void (*captions)(void *data, const struct caption_track *track);
    void (*caption_lines)(void *data);  // see caption_feed.h
    void (*login)(void *data, const struct login *login);
    void (*source)(void *data, const struct source *source);
    void (*source_removed)(void *data, const char *id);
    void (*gap)(void *data, const struct journal_gap *gap);
    void (*sent)(void *data, const struct sent *sent);  // new, or a result came
    void (*messages)(void *data, struct message *const *messages, size_t count);  // once a turn; ids growing
    void (*edited)(void *data, struct message *message);
    void (*removed)(void *data, const struct queue_removal *removal);  // texts must leave before it returns
    void (*cleared)(void *data, struct str source);
    void (*rates)(void *data);  // a second is over: see rates.h
    void (*host_card)(void *data, const struct host_card *card);
    void (*host_card_removed)(void *data, uint64_t id);
    void (*caught)(void *data, const struct gate_caught *caught);  // see gate.h
    void (*caught_removed)(void *data, uint64_t message);
    void (*gate)(void *data);  // its settings or lists are others
    void (*notice)(void *data, const char *level, const char *where, const char *text);
};

struct relay_listener {
    struct list link;  // in relay.listeners
    const struct relay_listener_impl *impl;
    void *data;
};

/* The parts are for others to use and not to replace. */
struct relay {
    struct loop *loop;
    struct journal *journal;
    struct queue *queue;
    struct intake *intake;
    struct logins *logins;
    struct sources *sources;
    struct rates *rates;
    struct replies *replies;
    struct crosspost *crosspost;
    struct heard *heard;
    struct question_words *question_words;
    struct questions *questions;
    struct polls *polls;
    struct poll_recounts *recounts;
    struct captions *captions;
    struct chat_commands *chat_commands;
    struct gate *gate;
    struct host_cards *host_cards;
    struct host_pictures *host_pictures;
    struct on_air *on_air;
    struct removals *removals;
    // private
    struct login_listener *login_listeners;  // owned, one a login
    int *login_states;      // owned; of enum login_state, likewise
    struct queue_listener queue_listener;
    struct list listeners;  // struct relay_listener
    struct timer flush;     // counts of candidates and votes, at most five times a second
    bool was_blank;         // as the listeners of caption lines know it
    struct timer clock;     // the next caption line or the next end of a poll
    struct timer patience;  // a card that waits for the journal is looked at again
    struct timer gate_timer;  // the next line that has waited its time
    int64_t gate_ran_ms, gate_due_ms;  // monotonic; 0: not yet
    bool gate_is_wanted;    // by a view
    json_t *languages;      // array
    json_t *bad_words;      // array of the call that reads the lists, borrowed; NULL: nobody asks
    struct relay_options options;  // of the callbacks only
    json_t *written;        // source id → its entry as given, secrets and all: for writing back, never for showing
    json_t *refused;        // array: entries that did not start, written back all the same for their owner to mend
    int64_t flushed_ms;     // monotonic
    int64_t asked_ms;       // when the figures of who asks were told, monotonic
    int64_t on_air_ns;      // monotonic: the on-air state changed last
    uint64_t handled_id;    // the newest message that questions and polls have seen
    uint64_t noted_id;      // the same as the journal was told last
};

/* Opens the journal, takes up the state of before and starts the sources. NULL: err says what is wrong. */
struct relay *relay_create(const struct relay_options *options, struct error *err);

/* Ends the sources and writes what is queued. Accepts NULL. */
void relay_destroy(struct relay *relay);

/* The listener is embedded in its owner, who removes it before he goes. */
void relay_add_listener(struct relay *relay, struct relay_listener *listener);
void relay_remove_listener(struct relay_listener *listener);

/*
 * Connects to what an entry of `sources` describes, and writes the configuration back. Returns the source, borrowed
 * until it is removed, or NULL and err. That the file could not be written is a notice: the source is there.
 */
const struct source *relay_add_source(struct relay *relay, const json_t *config, struct error *err);
bool relay_remove_source(struct relay *relay, const char *id, struct error *err);

/*
 * `config` in place of what the source `id` has; "***" stands for the secret that it has there. It goes on at its cursor,
 * or begins as another source where the configuration names another one. Returns it as relay_add_source() does.
 */
const struct source *relay_change_source(struct relay *relay, const char *id, const json_t *config, struct error *err);

/*
 * A shout-out, on air at once or in line. What is known of the person (picture, colour) is taken from his newest message;
 * a typed name that nobody in the queue has stands as it is. Refused: what a word list holds. NULL: err.
 */
struct relay_shoutout {
    uint64_t message;      // its author, if the queue has it; deleted, it takes the shout-out along; 0: none
    struct str name;       // his name or login; may be empty with a message
    struct str platform, author_id;  // may be empty
    struct str text;       // the crew's words; may be empty
    int64_t seconds;       // 0: by its length
};
const struct host_card *relay_shout_out(struct relay *relay, const struct relay_shoutout *whom, const char *by, struct error *err);

/* The rules of crosspost.h. False: err names the key, and nothing changed. */
bool relay_set_crosspost(struct relay *relay, const json_t *rules, struct error *err);

/* The words of chat_commands.h. False: err names the key, and nothing changed. */
bool relay_set_chat_commands(struct relay *relay, const json_t *words, struct error *err);

/*
 * What a re-read configuration says, all at once: `resolved` with real secrets, `written` as in the file, both arrays in
 * one order. Nothing is written back. False: err names the entry, and nothing changed.
 */
bool relay_set_sources(struct relay *relay, const json_t *resolved, const json_t *written, struct error *err);

/* Section `gate` of a re-read configuration, and the word lists from their files. False: err names the key; nothing changed. */
bool relay_set_gate(struct relay *relay, const json_t *settings, struct error *err);

/* The same from the panel, written back. */
bool relay_change_gate(struct relay *relay, const json_t *settings, struct error *err);

/* The lists again. Returns how many entries; what is wrong with a line is added to the array `bad_lines` (may be NULL). */
size_t relay_read_words(struct relay *relay, json_t *bad_lines);

/* What a re-read configuration says of logins, secrets resolved. False: err, and nothing changed. */
bool relay_set_logins(struct relay *relay, const json_t *logins, struct error *err);

/* Reads the words again by which questions are found; a line that is wrong is a notice and is left out. */
void relay_set_question_words(struct relay *relay, const struct question_words_options *options);

/* Something a person should know: to log and listeners. level: "info", "warn" or "error". */
void relay_notice(struct relay *relay, const char *level, const char *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
