/*
 * journal_inside.h - what the files of the journal share; nobody else includes it.
 *
 * Three threads: the loop hands in (journal.c), the writer commits to the newest file (journal_writer.c), the reader
 * answers questions (journal_reader.c), the keeper does what may take its time: search index, erasing in closed files,
 * retention (journal_keeper.c). Each has its own connections; what they share is under journal.lock or journal.files'.
 */
#pragma once

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/list.h"
#include "chat/message.h"
#include "relay/journal.h"
#include "relay/journal_files.h"
#include "relay/journal_state.h"

enum {
    JOURNAL_ID_BLOCK = 1 << 20,
    JOURNAL_GAPS_MAX = 200,
    JOURNAL_REQUESTS_MAX = 64,
    JOURNAL_READ_MAX = 1000,
    JOURNAL_EPOCH_BYTES = 9,
};

/* ---- What is handed to the writer ---- */

enum op_kind {
    OP_MESSAGE,
    OP_ERASED,   // a message without its text
    OP_REPLACE,  // over the row with its id
    OP_STATE,
    OP_GAP,
    OP_AUDIT,
    OP_VOTE,
    OP_ERASE,    // rows by id, in the newest file; what else must go is found by the keeper
    OP_FIND,     // after the commit: for the keeper
    OP_DURABLE,  // after the commit: for the loop
};

struct op {
    enum op_kind kind;
    union {
        struct message *message;      // a reference of its own
        struct op_texts *texts;       // owned
        struct journal_vote *vote;    // owned, the source's name behind it
        struct erasure *erasure;      // owned; OP_ERASE and OP_FIND share one by count
        struct answer *answer;        // owned until it is given
    };
};

struct op_texts {  // one allocation
    const char *first, *second, *third;  // state: key, text; gap: source, reason; audit: actor, action, text
    int64_t from_ms, to_ms;              // gap; audit: from_ms
};

/* One call of journal_erase() or journal_edit(). Shared: the writer's line and the keeper each hold a reference. */
struct erasure {
    struct list link;     // in keeper.erasures
    _Atomic int references;
    uint64_t number;      // of the state "erase:NUMBER" that makes it survive
    char *platform, *source, *native_id, *author_id;  // owned; NULL where journal_erasure has NULL
    uint64_t up_to;
    bool with_name;
    int64_t asked_ms;     // monotonic
    journal_erased_fn fn;
    void *data;
    size_t id_count;
    uint64_t *ids;        // owned
    uint64_t edit_id;     // the row with the new text: nothing is erased, native_id is edited; 0: an erasure
    struct message *edit; // a reference; NULL: of an earlier life, and to be read from its row
    // The keeper's, until it answers.
    struct message *loaded;  // that row, once it was found
    struct message *changed; // the row as it reads since the edit; NULL: there was none
    bool met_erased;         // what was edited is gone: the edit goes too
    // The loop's.
    bool is_done;
    uint64_t last_request;  // the last that was asked before it was done
};

struct erasure *erasure_create(const struct journal_erasure *what, const uint64_t *ids, size_t id_count);
struct erasure *erasure_ref(struct erasure *erasure);
void erasure_unref(struct erasure *erasure);  // accepts NULL

/* Whether a message that is not erased yet is meant. Not for edits. Thread: any. */
bool erasure_means(const struct erasure *erasure, const struct message *message);
bool erasure_edits(const struct erasure *erasure, const struct message *message);

/*
 * What the reader found in its rows may have been deleted meanwhile, or its overwriting may stand in line yet. Each
 * erasure is remembered until it is done and every request of before is answered. The loop's thread, all three.
 */
void journal_remember_erasure(struct journal *journal, struct erasure *erasure);
void journal_forget_erasures(struct journal *journal);

/* Whether it was deleted, though its row may say so only later. */
bool journal_is_erasing(const struct journal *journal, const struct message *message);

/* A new reference to the message, or to one without the quote of what was deleted or with its new text; NULL: it was
 * deleted itself. */
struct message *journal_recall(const struct journal *journal, struct message *message);

/* As the text of its state, and back; NULL: not readable. The caller frees the text. */
char *erasure_write(const struct erasure *erasure);
struct erasure *erasure_read(const char *text);

struct op_list {
    struct op *items;  // owned
    size_t count, capacity;
};

void op_list_add(struct op_list *list, struct op op);
void op_list_clear(struct op_list *list);  // also releases what the ops own
void op_list_fini(struct op_list *list);

/* A message's share of the memory that pending_bytes bounds; an estimate from above. */
size_t message_cost(const struct message *message);

/* ---- Answers: made anywhere, given in the loop ---- */

struct answer {
    struct list link;                     // in mailbox.answers, or where its maker keeps it
    void (*give)(struct answer *answer);  // in the loop; not when the journal was closed
    void (*destroy)(struct answer *answer);
};

/* Outlives the journal if the loop still holds a wake-up for it. */
struct mailbox {
    pthread_mutex_t lock;
    struct list answers;  // of struct answer
    bool is_posted;       // mailbox_run() waits in the loop
    bool is_closed;
    struct loop *loop;    // NULL: journal_dispatch() empties it
};

struct mailbox *mailbox_create(struct loop *loop);
void mailbox_close(struct mailbox *mailbox);  // the loop's thread; nothing is given after it
void mailbox_put(struct mailbox *mailbox, struct answer *answer);
void mailbox_dispatch(struct mailbox *mailbox);  // the loop's thread: gives what is there

/* ---- The parts ---- */

struct journal_writer;
struct journal_reader;
struct journal_keeper;

struct loss {  // messages of one source that found no room
    char *source;
    int64_t from_ms, to_ms;
    uint64_t count;
};

struct journal {
    struct journal_options options;  // zeros replaced; folder is files.folder
    struct journal_files files;
    struct mailbox *mailbox;
    struct hash_key hash_key;        // set before the threads start
    char epoch[JOURNAL_EPOCH_BYTES];

    struct journal_writer *writer;
    struct journal_reader *reader;
    struct journal_keeper *keeper;

    // The loop's alone.
    struct list requests;            // reader's, not answered yet; oldest first
    uint64_t last_request;
    struct erasure **fresh;          // references; see journal_remember_erasure()
    size_t fresh_count, fresh_capacity;
    struct loss *losses;
    size_t loss_count;
    struct journal_gap *gaps;        // the last JOURNAL_GAPS_MAX, strings owned, oldest first
    size_t gap_count;
    void (*gap_fn)(void *data, const struct journal_gap *gap);
    void *gap_data;
    void (*late_edit_fn)(void *data, struct message *message);
    void *late_edit_data;
    uint64_t erasure_count;          // numbers for "erase:" states

    pthread_mutex_t lock;
    pthread_cond_t wake_writer, committed;
    // Under the lock.
    uint64_t next_id;
    struct op_list pending;
    struct journal_state state;      // as of the end of `pending`
    size_t held_messages, held_bytes;  // pending and in the writer's hands
    bool is_stopping;
    bool is_writer_idle;   // waits for wake_writer
    size_t in_hand;        // ops that the writer has taken and not committed
    uint64_t reserved;     // ids below are reserved on disk
    bool is_beyond;        // ids were given above that, because the disk refused for so long
    struct journal_health health;
};

/* Under the lock or before the threads start. */
void journal_add_op(struct journal *journal, struct op op);

/* Into journal.gaps; the loop's thread, or before the others start. */
void journal_keep_gap(struct journal *journal, const struct journal_gap *gap);

/* Any thread: the disk works again. */
void journal_post_resumed(struct journal *journal);

/* ---- Writer ---- */

void journal_writer_open(struct journal *journal);  // reads state, gaps, ids; may end "down"
bool journal_writer_start(struct journal *journal, struct error *err);
void journal_writer_stop(struct journal *journal);  // commits what it can, joins

/* ---- Reader ---- */

uint64_t journal_oldest_request(const struct journal *journal);  // UINT64_MAX: none waits

bool journal_reader_start(struct journal *journal, struct error *err);
void journal_reader_stop(struct journal *journal);

/* ---- Keeper ---- */

bool journal_keeper_start(struct journal *journal, struct error *err);
void journal_keeper_stop(struct journal *journal);     // joins; what is handed in later waits for the next start
void journal_keeper_destroy(struct journal *journal);
void journal_keeper_wake(struct journal *journal);  // any thread: there is something new

/* Takes the reference. Any thread. */
void journal_keeper_erase(struct journal *journal, struct erasure *erasure);
