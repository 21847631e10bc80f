/*
 * journal.h - the durable form of the queue, and of all that the relay must know again after kill -9.
 *
 * SQLite in WAL mode, in one folder. What is handed in here stands in one line; a writer thread commits whatever has
 * come as soon as its last commit ends, so that everything handed in before a call of journal_when_durable() is in
 * the same transaction as it or in an earlier one. Nothing here waits for the disk, except journal_open(),
 * journal_close() and journal_wait(). Answers (durable, read, search, erased) are given in the loop.
 *
 * When the disk is full, the folder read-only or a file damaged, one line says so and the show goes on: what comes is
 * kept in memory up to `pending_messages` and `pending_bytes`; beyond that messages are not journalled, and one gap
 * record per source tells from when to when as soon as the journal works again.
 *
 * Thread: the loop's for every function. Files, threads, power loss: docs/journal.md.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct error;
struct journal;
struct loop;
struct message;
struct message_filter;

struct journal_options {
    const char *folder;        // required; made if missing, with mode 0700
    struct loop *loop;         // answers come from it; NULL: from journal_dispatch() and journal_wait()
    int retention_days;        // files with nothing younger are removed; 0: 30; negative: never
    size_t file_messages;      // a new file after so many; 0: 1,000,000
    int64_t show_pause_ms;     // opened after a longer silence, a new show begins: a new file; 0: 6 hours
    int64_t file_age_ms;       // no file spans more, so that retention keeps its word; 0: 24 hours
    int64_t sync_ms;           // what a power loss may cost, at most, beside one sync of the disk; 0: 500
    size_t pending_messages;   // kept in memory while the disk refuses; 0: 100,000
    size_t pending_bytes;      // and not more than so many bytes of them; 0: 64 MiB
};

/*
 * Opens the newest file or begins one; reads state, gaps and keys back. NULL: another process has the folder, or the
 * folder's name cannot be right; err says which. A folder that cannot be written is no failure: see above.
 */
struct journal *journal_open(const struct journal_options *options, struct error *err);

/* Commits what is pending (gives up after 5 s, or at once on a disk that has refused), ends the threads. Outstanding answers are
 * not given. Accepts NULL. */
void journal_close(struct journal *journal);

/* Drawn at random when the folder's first file is made, the same ever after: 8 hexadecimal digits. Borrowed. */
const char *journal_epoch(const struct journal *journal);

/*
 * The next id, to be stamped on a message. Ids only grow and may skip. They are reserved on disk in blocks, so none
 * comes again, also after kill -9.
 */
uint64_t journal_next_id(struct journal *journal);

/* The highest id given out, in this run or before. */
uint64_t journal_last_id(const struct journal *journal);

/* Takes its own reference. The message must be stamped. */
void journal_append(struct journal *journal, struct message *message);

/* The same with only its ids, times, kind and origin: what was deleted before it came. */
void journal_append_erased(struct journal *journal, struct message *message);

/* Writes `message` over the row with its id: an edited text. In order with the messages. */
void journal_replace(struct journal *journal, struct message *message);

/*
 * The same where the message is not at hand: `edit` (of that kind, appended before) says by platform and target which it
 * was. Its row is looked for behind the commits, in all files, and takes text and emotes; answers have the new text at
 * once. If it was deleted, the edit's row is erased too. Survives kill -9.
 */
void journal_edit(struct journal *journal, struct message *edit);

/* Called with each message that was found so, as it reads now. One listener. */
void journal_on_late_edit(struct journal *journal, void (*fn)(void *data, struct message *message), void *data);

/* ---- State: small texts under names, the latest of each. In order with the messages. ---- */

/*
 * text NULL: forget. Keys begin with the owner's word and a colon: "question:12", "on_air:main". Both are copied.
 * Texts up to 1 MiB; JSON by custom.
 */
void journal_set_state(struct journal *journal, const char *key, const char *text);

/* The same for several that belong together: a kill leaves all of them or none. */
struct journal_entry {
    const char *key, *text;
};
void journal_set_states(struct journal *journal, const struct journal_entry *entries, size_t count);

/* What was set last, committed or not; NULL: nothing. Borrowed until the next journal_set_state(). */
const char *journal_state(const struct journal *journal, const char *key);

/* The keys that begin with prefix, sorted by bytes. fn must not set state. */
void journal_each_state(const struct journal *journal, const char *prefix,
                        void (*fn)(void *data, const char *key, const char *text), void *data);

/* The first key from `key` on that begins with the prefix, behind the last the first of all; borrowed. NULL: there is none. */
const char *journal_next_state(const struct journal *journal, const char *prefix, const char *key);

/* How far a source has read. Set it after appending the messages that it covers. Kept as the state "cursor:SOURCE". */
void journal_set_cursor(struct journal *journal, const char *source, const char *text);
const char *journal_cursor(const struct journal *journal, const char *source);

/* ---- Gaps and audit ---- */

struct journal_gap {
    const char *source;      // "twitch:anna"; borrowed
    int64_t from_ms, to_ms;  // Unix: known alive until, joined again at
    const char *reason;      // "connection lost"; borrowed
};

void journal_add_gap(struct journal *journal, const struct journal_gap *gap);

/* The last 200 gaps of all files, oldest first, also those of this run. */
void journal_each_gap(const struct journal *journal, void (*fn)(void *data, const struct journal_gap *gap), void *data);

/* Called for each gap from now on, also for those that the journal itself records. One listener. */
void journal_on_gap(struct journal *journal, void (*fn)(void *data, const struct journal_gap *gap), void *data);

/* Who did what: "anna", "question.air", {"id":12} as text. Kept beside the messages, read back with journal_read_audit(). */
void journal_add_audit(struct journal *journal, const char *actor, const char *action, const char *text);

/* ---- Votes: a row each, in order with the messages. Nothing of who voted but hashes. ---- */

struct journal_vote {
    uint64_t poll, message;
    uint64_t author, native;  // journal_hash() with JOURNAL_KEY_AUTHOR, JOURNAL_KEY_NATIVE; native 0: it has no id
    int option;               // negative: taken back
    struct str source;        // "twitch:anna"; borrowed
};

/* Takes the place of what the same message voted in the same poll. While the disk refuses it goes the way of its message. */
void journal_add_vote(struct journal *journal, const struct journal_vote *vote);

/*
 * For a start: the votes in a poll that began behind the message `after`, in the order of their messages, taken back ones
 * among them; what comes later of a message counts. Read at once: call it before the loop runs.
 */
void journal_each_vote(struct journal *journal, uint64_t poll, uint64_t after,
                       void (*fn)(void *data, const struct journal_vote *vote), void *data);

/* ---- Durable ---- */

/* fn runs in the loop once all that was handed in so far is committed; not before that, however long the disk refuses. */
void journal_when_durable(struct journal *journal, void (*fn)(void *data), void *data);

/* For tools and tests: waits until all is committed and gives the answers that are due (if options.loop was NULL).
 * False after limit_ms. */
bool journal_wait(struct journal *journal, int64_t limit_ms);

/* Gives the answers that are due. Only where options.loop was NULL. */
void journal_dispatch(struct journal *journal);

enum journal_key {
    JOURNAL_KEY_EVENT = 'e',    // the event key of a message
    JOURNAL_KEY_DELETED = 'd',  // the native id that a delete was about
    JOURNAL_KEY_AUTHOR = 'a',   // of a vote, as of a message's row
    JOURNAL_KEY_NATIVE = 'n',   // likewise
};

/* ---- Reading back: one short query at a time, on the reader's thread ---- */

/* messages: borrowed for the call, message_ref() to keep. err NULL: all is well. */
typedef void (*journal_messages_fn)(void *data, struct message *const *messages, size_t count,
                                    const struct error *err);

/*
 * The `limit` (at most 1000) messages before id `before` (0: the newest), oldest first. Erased ones are left out.
 * Returns a number for journal_cancel(). At most 64 wait; more are answered at once with ERROR_AGAIN.
 */
uint64_t journal_read(struct journal *journal, uint64_t before, size_t limit, journal_messages_fn fn, void *data);

/* The one with this id, also when it is erased: its ids and origin, without its text. Nothing: there is none. */
uint64_t journal_read_one(struct journal *journal, uint64_t id, journal_messages_fn fn, void *data);

/*
 * Several conditions at once, a page at a time. What is 0, NULL or empty asks for nothing. text: messages in whose text or
 * author's name all words of it begin a word. Chinese, Japanese, Korean and Thai match anywhere; Arabic and Persian letters
 * match each other's forms; case and Latin accents do not matter. The index follows the commits, usually within a second.
 */
struct journal_query {
    uint64_t before;        // lower ids only, newest first: the next page is before the last one's `next`; or
    uint64_t after;         // higher ids only, oldest first; not with text or author
    size_t limit;           // at most 1000
    const char *text;       // copied
    struct str platform, author_id;  // both: what this author wrote
    int64_t from_ms, to_ms; // Unix, received from .. to before
    struct message_filter *filter;   // a reference is taken
};

struct journal_show {       // a file: a show, or a part of a long one
    uint64_t first_id;
    int64_t from_ms, to_ms; // its first and last message
};

struct journal_found {
    struct message *const *messages;  // in the order of looking; borrowed for the call
    size_t count;
    uint64_t next;          // it was looked up to here and there may be more: `before` or `after` of the next page; 0: that is all
    const struct journal_show *shows; // those the messages are of
    size_t show_count;
    const struct journal_query *query;// as it was asked; borrowed for the call
    const struct error *err;          // NULL: all is well
};

/* As journal_read(). After a second it answers with what it has, and `next`. */
typedef void (*journal_found_fn)(void *data, const struct journal_found *found);
uint64_t journal_query(struct journal *journal, const struct journal_query *query, journal_found_fn fn, void *data);

/*
 * A key of the message with this id, for confirming a hit of the dedupe: its event key (its native id where it had no
 * other), or the native id that a delete was about. key.data NULL: there is none, or it is not committed yet.
 */
typedef void (*journal_key_fn)(void *data, struct str key);
uint64_t journal_read_key(struct journal *journal, enum journal_key kind, uint64_t id, journal_key_fn fn, void *data);

/* Of the audit: a file's first id and the line's number within it make its name; lines of a later file are newer. */
struct journal_audit_entry {
    uint64_t file, number;
    int64_t time_ms;
    const char *actor, *action, *text;
};

struct journal_audit_filter {
    uint64_t before_file, before_number;  // older than this line; 0: the newest
    int64_t from_ms, to_ms;               // Unix, both included; 0: no bound
    const char *actor;                    // exactly; NULL or "": anybody
    const char *action;                   // how it begins: "question" for all of questions; NULL or ""
    const char *text;                     // within text, actor or action, without regard to ASCII case; NULL or ""
};

/* At most 1000, newest first, of all files. Borrowed for the call of fn. */
typedef void (*journal_audit_fn)(void *data, const struct journal_audit_entry *entries, size_t count,
                                 const struct error *err);
uint64_t journal_read_audit(struct journal *journal, const struct journal_audit_filter *filter, size_t limit,
                            journal_audit_fn fn, void *data);

/* The answer to this request will not be given. Also for 0 and for requests that were answered. */
void journal_cancel(struct journal *journal, uint64_t request);

/*
 * For a start: all messages with an id above `after`, oldest first, read at once. Erased and control ones are left out.
 */
void journal_each_since(struct journal *journal, uint64_t after, void (*fn)(void *data, struct message *message), void *data);

/*
 * For a start: the newest `limit` messages of the files, oldest first, read at once. Erased and control ones are left
 * out. Waits for the disk; call it before the loop runs.
 */
void journal_each_tail(struct journal *journal, size_t limit, void (*fn)(void *data, struct message *message),
                       void *data);

/* ---- Deleted means gone ---- */

struct journal_erasure {
    const char *platform;   // required
    const char *source;     // NULL: of all sources of the platform
    const char *native_id;  // one message, its edits, and the quotes of it in replies; or
    const char *author_id;  // everything of one author, with the quotes of it
    uint64_t up_to;         // only messages with this id or a lower one; 0: all that were handed in so far
    bool with_name;         // also the rows' hash of the author: the erase command
};

/*
 * Overwrites text, author and all else but ids, times, kind and origin: in the row, in the search index, and in what
 * the files still hold of older pages. The row goes first and at once where `ids` (may be NULL) name it; the rest is
 * found behind. Survives kill -9: begun again at the next start. fn (may be NULL) runs in the loop when the bytes have
 * left the files, with the number of rows and the time since this call.
 */
typedef void (*journal_erased_fn)(void *data, size_t rows, int64_t took_ms);
void journal_erase(struct journal *journal, const struct journal_erasure *what, const uint64_t *ids, size_t id_count,
                   journal_erased_fn fn, void *data);

/* ---- Dedupe ---- */

/* The keyed hash under which the journal keeps a key of a platform. Thread: any. */
uint64_t journal_hash(const struct journal *journal, enum journal_key kind, struct str platform, struct str key);

/* The keys of the last `limit` messages of each platform, oldest first; at start. platform: borrowed for the call. */
void journal_each_seen(struct journal *journal, size_t limit,
                       void (*fn)(void *data, struct str platform, uint64_t hash, uint64_t id), void *data);

/* ---- Health ---- */

struct journal_health {
    bool is_down;             // the disk refuses
    char text[256];           // why; empty when all is well
    size_t pending;           // handed in and not committed
    uint64_t committed;       // messages, in this run
    uint64_t not_journalled;  // messages, in this run: beyond the bound while the disk refused
    uint64_t commits;
    int64_t erase_ms;         // the last erasure: from the call until the bytes had left the files; 0: none yet
    uint64_t indexed_to;      // search knows the messages up to this id
};

void journal_get_health(struct journal *journal, struct journal_health *health);
