/* questions_private.h - what the files behind questions.h share. */
#pragma once

#include "relay/question_detect.h"
#include "relay/questions.h"

struct question_slot {
    struct question *question;
};

/* In no list, but known: those that were merged away, and those of earlier shows. By id. */
struct question_set {
    struct question **items;  // owned
    size_t count, capacity;
};

struct questions {
    struct questions_options options;
    struct question_group *group;  // those of the list and of merged, by what they ask
    struct question_slot *slots;  // by id, oldest first
    size_t count, capacity;
    struct question_set merged, past;
    uint64_t last_id, reserved_id;
    unsigned next_code[3];  // of two, three and four digits
    size_t asker_count;   // kept in the journal
    uint64_t last_asked;  // the newest message that asks
    uint64_t step;       // given last
    uint64_t *touched;   // of this step: what is written and told when it ends
    size_t touched_count;
    int64_t pressed_ms;  // of "next", monotonic
    int64_t shows_ms[QUESTIONS_SHOWS_MAX];  // when each began; the last is now
    size_t show_count;
    bool is_dirty;
};

/* questions.c */
struct question *questions_insert(struct questions *questions, struct question *question);
struct question *questions_make(struct questions *questions, char *text);  // a new one; takes over `text`
struct question *questions_take_at(struct questions *questions, size_t index);  // out of the list, and says so
void questions_remove_at(struct questions *questions, size_t index);        // the same, and forgets it
size_t questions_index_of(const struct questions *questions, uint64_t id);  // SIZE_MAX: not in the list
void question_destroy(struct question *question);  // accepts NULL
void questions_group(struct questions *questions, const struct question *question);  // new askers join it

/* Each NULL if there is none; then questions_get() says so in err. */
struct question *questions_get(const struct questions *questions, uint64_t id, struct error *err);
struct question *questions_get_on_air(const struct questions *questions);
bool questions_has_room(const struct questions *questions, struct error *err);  // for one more ready one
struct question *questions_get_asked(const struct questions *questions, uint64_t message);

/* Joins the message to the question that says the same, or makes a new one of it. */
struct question *questions_ask(struct questions *questions, const struct message *message, struct str text);

/* The oldest of a group goes when the group is too large: candidates, or what is done with. */
void questions_trim(struct questions *questions, bool is_done_group, size_t max);

/* Candidates and their counts wait for the flush: what a crowd causes, nobody needs within a tenth of a second. */
void questions_mark_dirty(struct questions *questions, struct question *question);

/* question_set.c: kept by id. */
void question_set_add(struct question_set *set, struct question *question);
struct question *question_set_find(const struct question_set *set, uint64_t id);
struct question *question_set_take(struct question_set *set, uint64_t id);  // NULL: not there
void question_set_fini(struct question_set *set);

/*
 * question_changes.c. A command begins a step, then each change of it - which remembers what undo brings back, before the
 * change is made - and ends the change; the end of the step writes all in one transaction and tells of it.
 */
void questions_begin_step(struct questions *questions);
struct question_change *question_begin_change(struct questions *questions, struct question *question,
                                              enum question_action action, const char *by);
void question_end_change(struct questions *questions, struct question *question, const char *by);
void questions_touch(struct questions *questions, uint64_t id);  // changed by no person, or gone from the list
void questions_end_step(struct questions *questions);
void question_change_fini(struct question_change *change);
void question_settle_change(struct question_change *change);  // it can no longer be taken back
enum question_action question_action_from_name(const char *name);
const char *question_action_name(enum question_action action);
struct question_change *question_last_undoable(const struct question *question);
void questions_void_changes(struct questions *questions, uint64_t other);  // no undo can name it any more

/* Changes state with all that belongs to it: rank, airings, claim. Remembers nothing. */
void question_set_state(struct questions *questions, struct question *question, enum question_state state);

/* question_order.c: a rank behind all others. */
int64_t questions_new_rank(const struct questions *questions);

/* question_claims.c. False: another works on it. */
bool question_check_claim(const struct question *question, const char *by, struct error *err);
bool question_is_claimed(const struct question *question);
void question_drop_claim(struct question *question);

/* question_merge.c: the halves of undo, and what keeps sleepers true when something goes for good. Within a step. */
bool question_can_unsplit(const struct questions *questions, uint64_t id, struct error *err);
void questions_unsplit(struct questions *questions, struct question *question, uint64_t id, size_t position);
void questions_wake(struct questions *questions, uint64_t id, const char *by);
void questions_wake_all(struct questions *questions, struct question *target);  // before it goes
void questions_drop_guest(struct questions *questions, size_t index);           // of merged, for good
void questions_forget_merged(struct questions *questions, uint64_t target);     // when it went, and with it those in it

/* question_shows.c */
void questions_load_shows(struct questions *questions);
void questions_notice_pause(struct questions *questions);  // at the start: begins a show if the last is long over
void questions_expire_past(struct questions *questions);  // older than retention_days, or too many

/* question_store.c, question_load.c: the journal's form, which holds more than the API's. */
void question_save(const struct questions *questions, const struct question *question);
void questions_save_all(const struct questions *questions, const uint64_t *ids, size_t count);  // the missing: forgotten
void question_forget(const struct questions *questions, uint64_t id);
enum question_state question_state_from_name(const char *name);
void questions_save_shows(const struct questions *questions);
uint64_t questions_new_id(struct questions *questions);
bool questions_load(struct questions *questions, struct error *err);

/* question_signs.c: what finding a question tells of it. The surest signs of all who asked are kept. */
void question_note_signs(const struct questions *questions, struct question *question, const struct question_hint *hint);
#define QUESTION_ASKER_KEY "asker:"
void questions_forget_askers(struct questions *questions, int64_t now_ms);  // older than messages are kept
void question_note_asker(struct questions *questions, struct question *question, const struct message *message);
void question_write_signs(const struct question *question, struct buffer *out);  // ,"score":…
void question_read_signs(struct question *question, const json_t *object);

/* question_asks.c */
void question_add_ask(struct question *question, const struct message *message, struct str text);
struct question_ask question_copy_ask(const struct question_ask *ask);
void question_ask_fini(struct question_ask *ask);
bool question_has_author(const struct question *question, struct str platform, struct str author_id);
void question_count_more(struct question *question, const char *platform, int64_t more, int64_t spill);
void question_recount(struct question *question);  // after asks came or left, or the above: count and platforms

/* "  a \n b " → "a b", control characters dropped, cut at QUESTION_TEXT_BYTES_MAX; the caller frees. */
char *question_clean_text(struct str text);
