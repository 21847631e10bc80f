#include "relay_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "net/loop.h"

char *fixture_folder(void)
{
    const char *base = getenv("TMPDIR");
    char *folder = xasprintf("%s/antiphon-test-XXXXXX", base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(folder));
    return folder;
}

void fixture_remove(char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *path = xasprintf("%s/%s", folder, entry->d_name);
        unlink(path);
        free(path);
    }
    if (dir)
        closedir(dir);
    rmdir(folder);
    free(folder);
}

/* ---- Loop ---- */

static struct loop *running;

struct loop *fixture_loop(void)
{
    struct error err = {0};
    struct loop *loop = loop_create(&err);
    if (!loop)
        fail_msg("%s", err.text);
    running = loop;
    return loop;
}

void fixture_done(void *data)
{
    *(int *)data = 1;
    loop_stop(running);
}

static void handle_limit(void *data)
{
    *(bool *)data = true;
    loop_stop(running);
}

void fixture_run(struct loop *loop, const int *flag)
{
    bool is_late = false;
    struct timer limit;
    running = loop;
    timer_init(&limit, loop, handle_limit, &is_late);
    timer_start(&limit, LIMIT_MS);
    while (!*flag && !is_late)
        assert_true(loop_run(loop, NULL));
    timer_stop(&limit);
    assert_false(is_late);
}

void fixture_erased(void *data, size_t rows, int64_t took_ms)
{
    struct fixture_erasure *erasure = data;
    erasure->rows = rows;
    erasure->took_ms = took_ms;
    fixture_done(&erasure->done);
}

/* ---- Journal ---- */

struct journal *fixture_open(const char *folder, struct loop *loop)
{
    struct error err = {0};
    struct journal *journal = journal_open(&(struct journal_options){.folder = folder, .loop = loop}, &err);
    if (!journal)
        fail_msg("%s", err.text);
    return journal;
}

void fixture_commit(struct journal *journal, struct loop *loop)
{
    int done = 0;
    journal_when_durable(journal, fixture_done, &done);
    fixture_run(loop, &done);
}

struct message *fixture_chat(const char *native_id, const char *text)
{
    return message_create(&(struct message_draft){
        .kind = MESSAGE_CHAT,
        .platform = STR("twitch"),
        .source = STR("twitch:anna"),
        .native_id = str_from(native_id),
        .event_key = str_from(native_id),
        .time_ms = clock_unix_ms(),
        .author = {.id = STR("u1"), .name = STR("Niloufar")},
        .text = str_from(text),
    });
}

struct message *fixture_control(enum message_kind kind, const char *native_id, const char *author_id)
{
    return message_create(&(struct message_draft){
        .kind = kind,
        .platform = STR("twitch"),
        .source = STR("twitch:anna"),
        .time_ms = clock_unix_ms(),
        .target = {.native_id = str_from(native_id), .author_id = str_from(author_id)},
    });
}

uint64_t fixture_append(struct journal *journal, struct message *message)
{
    uint64_t id = journal_next_id(journal);
    message_stamp(message, id, clock_unix_ms());
    journal_append(journal, message);
    message_unref(message);
    return id;
}

void fixture_take_messages(void *data, struct message *const *messages, size_t count, const struct error *err)
{
    struct fixture_answer *answer = data;
    answer->count = count;
    if (err)
        snprintf(answer->error, sizeof(answer->error), "%.255s", err->text);
    for (size_t i = 0; i < count; i++) {
        answer->ids[i] = messages[i]->id;
        answer->texts[i] = xstrndup(messages[i]->is.text.data, messages[i]->is.text.len);
    }
    fixture_done(&answer->done);
}

void fixture_answer_fini(struct fixture_answer *answer)
{
    for (size_t i = 0; i < answer->count; i++)
        free(answer->texts[i]);
    memset(answer, 0, sizeof(*answer));
}

void fixture_read(struct journal *journal, struct loop *loop, uint64_t before, size_t limit,
                  struct fixture_answer *answer)
{
    fixture_answer_fini(answer);
    journal_read(journal, before, limit, fixture_take_messages, answer);
    fixture_run(loop, &answer->done);
}

static void take_found(void *data, const struct journal_found *found)
{
    fixture_take_messages(data, found->messages, found->count, found->err);
}

void fixture_search(struct journal *journal, struct loop *loop, const char *text, struct fixture_answer *answer)
{
    fixture_answer_fini(answer);
    journal_query(journal, &(struct journal_query){.text = text, .limit = 1000}, take_found, answer);
    fixture_run(loop, &answer->done);
}

void fixture_wait_indexed(struct journal *journal, uint64_t id)
{
    struct journal_health health = {0};
    int64_t limit = clock_monotonic_ms() + LIMIT_MS;
    while (health.indexed_to < id) {
        journal_get_health(journal, &health);
        assert_true(clock_monotonic_ms() < limit);
        nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
    }
}

size_t fixture_files_with(const char *folder, const char *bytes)
{
    size_t found = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        struct buffer content = {0};
        char *path = xasprintf("%s/%s", folder, entry->d_name);
        if (file_read(path, (size_t)1 << 30, &content, NULL) && content.len > 0 &&
            memmem(content.data, content.len, bytes, strlen(bytes)))
            found++;
        free(path);
        buffer_fini(&content);
    }
    closedir(dir);
    return found;
}

/* ---- A journal for a test ---- */

int fixture_set_up_closed(void **state)
{
    struct journal_bench *bench = xcalloc(1, sizeof(*bench));
    bench->folder = fixture_folder();
    bench->loop = fixture_loop();
    *state = bench;
    return 0;
}

int fixture_set_up(void **state)
{
    fixture_set_up_closed(state);
    struct journal_bench *bench = *state;
    bench->journal = fixture_open(bench->folder, bench->loop);
    return 0;
}

int fixture_tear_down(void **state)
{
    struct journal_bench *bench = *state;
    fixture_answer_fini(&bench->answer);
    journal_close(bench->journal);
    loop_destroy(bench->loop);
    fixture_remove(bench->folder);
    free(bench);
    return 0;
}
