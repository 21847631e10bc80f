/*
 * transcript.h - a show on paper: messages in their public JSON form, one a line, each with "at_ms" beside it.
 *     {"at_ms":1200,"kind":"chat","platform":"twitch","native_id":"t1","author":{…},"text":"…"}
 * `native_id`, `target.native_id` and `reply_to.native_id` may be any words: on the wire they become ids of the
 * platform's form. Lines that are empty or begin with # are skipped. Thread: its owner's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct message;
struct transcript;

struct transcript_line {
    int64_t at_ms;
    struct message *message;  // owned by the transcript
    size_t place;             // in the file, from 0
};

/* as: every line's platform, whatever it says; NULL: as it says. NULL: err names file, line and what is expected. */
struct transcript *transcript_load(const char *path, const char *as, struct error *err);
void transcript_destroy(struct transcript *transcript);  // accepts NULL

/* In the order of at_ms; NULL behind the last. */
const struct transcript_line *transcript_at(const struct transcript *transcript, size_t index);

/* The channel or video that the messages of `platform` name in "source" ("twitch:anna" → "anna"); NULL: none does. */
const char *transcript_room(const struct transcript *transcript, const char *platform);
bool transcript_has(const struct transcript *transcript, const char *platform);

/*
 * For load: message number `number` (from 1) of a platform, made from its chat lines in turn. Its text begins with
 * "#number ", and the number makes its id, which says so: see rehearsal_load_id(). NULL: no chat line of that
 * platform. The caller unrefs.
 */
struct message *transcript_make(const struct transcript *transcript, const char *platform, uint64_t number);

enum { TRANSCRIPT_ID_BYTES = 96 };

/* A word as an id of a platform's form: a UUID, or "LCC.…". `pass` counts the repetitions of a show, see below. */
typedef void (*transcript_id_fn)(const char *word, size_t len, uint64_t pass, char id[TRANSCRIPT_ID_BYTES]);

/* How a platform names things. {0}: words stay as they are. */
struct transcript_form {
    transcript_id_fn make_id;   // NULL: transcript_plain_id
    const char *detail_id;      // member of `detail` that names a message, too: "batch"; NULL: none
};

/*
 * The same line as it is sent now: time, and ids of the platform's form. `pass` counts the repetitions of a show, so
 * that each has ids of its own; in pass 0 what has the platform's form already stays. The caller unrefs.
 */
struct message *transcript_stamp(const struct message *line, const struct transcript_form *form, uint64_t pass, int64_t now_ms);

/* The word itself; in later passes 32 hexadecimal digits. */
void transcript_plain_id(const char *word, size_t len, uint64_t pass, char id[TRANSCRIPT_ID_BYTES]);

/* A UUID of version 4, as Twitch and Kick call messages. */
void transcript_make_uuid(const char *word, size_t len, uint64_t pass, char id[TRANSCRIPT_ID_BYTES]);

/* For makers of ids: 128 bits of a word and pass; and the word itself, if it has the form and nothing is repeated. */
void transcript_hash_word(const char *word, size_t len, uint64_t pass, uint64_t *a, uint64_t *b);
bool transcript_keep_id(bool has_form, const char *word, size_t len, uint64_t pass, char id[TRANSCRIPT_ID_BYTES]);
