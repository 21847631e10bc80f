/* What the tests of this room share: a folder that goes again, a loop that runs until something happened, messages. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <cmocka.h>

#include "base/str.h"
#include "chat/message.h"
#include "relay/journal.h"

struct loop;

enum { LIMIT_MS = 20000 };

char *fixture_folder(void);              // new and empty, below $TMPDIR or /tmp
void fixture_remove(char *folder);       // with all that is in it; frees the name

struct loop *fixture_loop(void);

/* Runs the loop until *flag is not 0; fails the test after LIMIT_MS. */
void fixture_run(struct loop *loop, const int *flag);

/* What ends fixture_run(): sets the int at data and stops the loop that ran last. */
void fixture_done(void *data);
void fixture_erased(void *data, size_t rows, int64_t took_ms);  // data: struct fixture_erasure

struct fixture_erasure {
    int done;
    size_t rows;
    int64_t took_ms;
};

struct journal *fixture_open(const char *folder, struct loop *loop);

/* Until all that was handed in is committed. */
void fixture_commit(struct journal *journal, struct loop *loop);

/* A chat message of twitch:anna by author "u1", native id and event key as given. Not stamped. */
struct message *fixture_chat(const char *native_id, const char *text);
struct message *fixture_control(enum message_kind kind, const char *native_id, const char *author_id);

/* Stamps with the journal's next id, appends, and gives the reference away. Returns the id. */
uint64_t fixture_append(struct journal *journal, struct message *message);

struct fixture_answer {
    int done;
    size_t count;
    uint64_t ids[1000];
    char *texts[1000];  // owned; fixture_answer_fini()
    char error[256];
};
void fixture_take_messages(void *data, struct message *const *messages, size_t count, const struct error *err);
void fixture_answer_fini(struct fixture_answer *answer);

/* For cmocka: a journal in a folder of its own, as *state. Closed: only the folder and the loop are there. */
struct journal_bench {
    char *folder;
    struct loop *loop;
    struct journal *journal;
    struct fixture_answer answer;
};
int fixture_set_up(void **state);
int fixture_set_up_closed(void **state);
int fixture_tear_down(void **state);

/* Asks and waits. */
void fixture_read(struct journal *journal, struct loop *loop, uint64_t before, size_t limit,
                  struct fixture_answer *answer);
void fixture_search(struct journal *journal, struct loop *loop, const char *text, struct fixture_answer *answer);

/* Until the search index knows all up to this id. */
void fixture_wait_indexed(struct journal *journal, uint64_t id);

/* How many files of the folder hold these bytes. */
size_t fixture_files_with(const char *folder, const char *bytes);
