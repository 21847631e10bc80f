/* questions_private.h - what the files behind questions.h share. */
#pragma once

#include "base/hash.h"
#include "relay/questions.h"

struct question_slot {
    uint64_t key_hash;  // beside the pointer: a crowd's question is looked up in one sweep over few cache lines
    struct question *question;
};

struct questions {
    struct questions_options options;
    struct hash_key hash_key;
    struct question_slot *slots;  // by id, oldest first
    size_t count, capacity;
    uint64_t last_id, reserved_id;
    int64_t ready_ms;  // given last
    bool is_dirty;
};

/* questions.c */
struct question *questions_insert(struct questions *questions, struct question *question);
struct question *questions_make(struct questions *questions, char *text);  // a new one; takes over `text`
void questions_remove_at(struct questions *questions, size_t index);        // forgets it and says so
void question_destroy(struct question *question);  // accepts NULL
void question_set_key(struct question *question);  // from text_original

/* Each NULL if there is none; then questions_get() says so in err. */
struct question *questions_get(const struct questions *questions, uint64_t id, struct error *err);
struct question *questions_get_on_air(const struct questions *questions);
struct question *questions_get_asked(const struct questions *questions, uint64_t message);

/* Joins the message to the question that says the same, or makes a new one of it. */
struct question *questions_ask(struct questions *questions, const struct message *message, struct str text);

/* The oldest of a group goes when the group is too large: candidates, or what is done with. */
void questions_trim(struct questions *questions, bool is_done_group, size_t max);

/* Remembers what undo brings back, before the change is made. */
struct question_change *question_begin_change(struct question *question, const char *by);
void questions_end_change(struct questions *questions, struct question *question, const char *by);

/* Candidates and their counts wait for the flush: what a crowd causes, nobody needs within a tenth of a second. */
void questions_mark_dirty(struct questions *questions, struct question *question);

/* question_store.c: the journal's form, which holds more than the API's. */
void question_save(const struct questions *questions, const struct question *question);
void question_forget(const struct questions *questions, uint64_t id);
uint64_t questions_new_id(struct questions *questions);
bool questions_load(struct questions *questions, struct error *err);

/* question_asks.c */
void question_add_ask(struct question *question, const struct message *message, struct str text);
void question_ask_fini(struct question_ask *ask);
bool question_has_author(const struct question *question, struct str platform, struct str author_id);

/* "  a \n b " → "a b", control characters dropped, cut at QUESTION_TEXT_BYTES_MAX; the caller frees. */
char *question_clean_text(struct str text);
