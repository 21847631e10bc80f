/* A disk that is full, a folder that cannot be written, files that are damaged or vanish: the show goes on. */
#include "relay_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/loop.h"

/* No file may grow beyond: what a full disk looks like to SQLite. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static int tear_down(void **state)
{
    limit_files(RLIM_INFINITY);
    return fixture_tear_down(state);
}

static void open_with(struct journal_bench *bench, size_t pending_messages)
{
    struct error err = {0};
    bench->journal = journal_open(&(struct journal_options){.folder = bench->folder, .loop = bench->loop,
                                                            .sync_ms = 20, .pending_messages = pending_messages}, &err);
    if (!bench->journal)
        fail_msg("%s", err.text);
}

static void wait_until_down(struct journal *journal, bool is_down)
{
    struct journal_health health;
    int64_t limit = clock_monotonic_ms() + LIMIT_MS;
    do {
        journal_get_health(journal, &health);
        assert_true(clock_monotonic_ms() < limit);
        nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
    } while (health.is_down != is_down);
    assert_true(is_down == (health.text[0] != '\0'));
}

static void append_some(struct journal_bench *bench, int count, const char *prefix)
{
    for (int i = 0; i < count; i++) {
        char text[64];
        snprintf(text, sizeof(text), "%s%d some more words to fill the row with", prefix, i);
        fixture_append(bench->journal, fixture_chat(text, text));
    }
}

static size_t count_all(struct journal_bench *bench)
{
    fixture_read(bench->journal, bench->loop, 0, 1000, &bench->answer);
    return bench->answer.count;
}

static void a_full_disk_costs_nothing_that_fits_memory(void **state)
{
    struct journal_bench *bench = *state;
    open_with(bench, 0);
    append_some(bench, 100, "before");
    fixture_commit(bench->journal, bench->loop);
    limit_files(8192);
    int done = 0;
    append_some(bench, 400, "during");
    journal_set_state(bench->journal, "poll:1", "open");
    journal_when_durable(bench->journal, fixture_done, &done);
    wait_until_down(bench->journal, true);
    append_some(bench, 100, "still");
    assert_int_equal(done, 0);
    assert_int_equal(count_all(bench), 100);  // what is committed can be read all the time
    limit_files(RLIM_INFINITY);
    fixture_run(bench->loop, &done);
    wait_until_down(bench->journal, false);
    fixture_commit(bench->journal, bench->loop);
    assert_int_equal(count_all(bench), 600);
    journal_close(bench->journal);
    open_with(bench, 0);
    assert_int_equal(count_all(bench), 600);
    assert_string_equal(journal_state(bench->journal, "poll:1"), "open");
}

static void take_gap(void *data, const struct journal_gap *gap)
{
    char *text = data;
    snprintf(text, 256, "%s: %s", gap->source, gap->reason);
    assert_true(gap->from_ms > 0 && gap->to_ms >= gap->from_ms);
}

static void beyond_the_bound_the_loss_is_a_gap(void **state)
{
    struct journal_bench *bench = *state;
    static char gap[256];
    open_with(bench, 50);
    journal_on_gap(bench->journal, take_gap, gap);
    fixture_append(bench->journal, fixture_chat("a", "first"));
    fixture_commit(bench->journal, bench->loop);
    limit_files(4096);
    append_some(bench, 300, "x");
    wait_until_down(bench->journal, true);
    struct journal_health health;
    journal_get_health(bench->journal, &health);
    assert_int_equal(health.not_journalled, 250);
    assert_int_equal(health.pending, 50);
    limit_files(RLIM_INFINITY);
    int done = 0;
    journal_when_durable(bench->journal, fixture_done, &done);
    fixture_run(bench->loop, &done);
    fixture_commit(bench->journal, bench->loop);  // the gap came by the loop, behind what was durable
    assert_string_equal(gap, "twitch:anna: the journal's disk refused: 250 messages were shown and not journalled");
    assert_int_equal(count_all(bench), 51);
    gap[0] = '\0';
    journal_close(bench->journal);
    open_with(bench, 50);
    journal_each_gap(bench->journal, take_gap, gap);
    assert_non_null(strstr(gap, "250 messages"));
}

static void a_folder_that_cannot_be_made_is_no_end(void **state)
{
    struct journal_bench *bench = *state;
    char *blocker = xasprintf("%s/file", bench->folder), *folder = xasprintf("%s/inner", blocker);
    close(open(blocker, O_CREAT | O_WRONLY, 0600));
    struct error err = {0};
    bench->journal = journal_open(&(struct journal_options){.folder = folder, .loop = bench->loop}, &err);
    assert_non_null(bench->journal);
    wait_until_down(bench->journal, true);
    uint64_t first = fixture_append(bench->journal, fixture_chat("a", "in memory"));
    assert_true(first > 1000000000000);  // drawn from the time of day, as none can be reserved
    journal_set_state(bench->journal, "on_air:main", "question");
    assert_string_equal(journal_state(bench->journal, "on_air:main"), "question");
    assert_int_equal(count_all(bench), 0);
    fixture_search(bench->journal, bench->loop, "memory", &bench->answer);
    assert_int_equal(bench->answer.count, 0);
    // The blocker goes: the journal begins by itself.
    unlink(blocker);
    fixture_commit(bench->journal, bench->loop);
    assert_int_equal(count_all(bench), 1);
    journal_close(bench->journal);
    bench->journal = journal_open(&(struct journal_options){.folder = folder, .loop = bench->loop}, &err);
    assert_string_equal(journal_state(bench->journal, "on_air:main"), "question");
    assert_true(journal_next_id(bench->journal) > first);
    journal_close(bench->journal);
    bench->journal = NULL;
    fixture_remove(folder);
    free(blocker);
}

/* The newest file whose name begins so, and is no log. */
static char *find_file(const char *folder, const char *prefix, const char *part)
{
    char *found = NULL;
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        size_t len = strlen(entry->d_name);
        bool is_right = strncmp(entry->d_name, prefix, strlen(prefix)) == 0 && strstr(entry->d_name, part) &&
                        strcmp(entry->d_name + len - 3, "wal") != 0 && strcmp(entry->d_name + len - 3, "shm") != 0;
        if (is_right && (!found || strcmp(entry->d_name, found) > 0)) {
            free(found);
            found = xstrdup(entry->d_name);
        }
    }
    closedir(dir);
    char *path = found ? xasprintf("%s/%s", folder, found) : NULL;
    free(found);
    return path;
}

static void spoil(const char *path, off_t from, size_t len)
{
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    char garbage[4096];
    memset(garbage, 0xa5, sizeof(garbage));
    for (size_t at = 0; at < len; at += sizeof(garbage))
        assert_true(pwrite(fd, garbage, sizeof(garbage), from + (off_t)at) == sizeof(garbage));
    close(fd);
}

static void a_damaged_file_is_set_aside(void **state)
{
    static const struct {
        const char *name;
        off_t from;
        size_t len;
    } cases[] = {{"the head", 0, 4096}, {"all", 0, 65536}};
    struct journal_bench *bench = *state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        open_with(bench, 0);
        append_some(bench, 200, cases[i].name);
        fixture_commit(bench->journal, bench->loop);
        uint64_t last = journal_last_id(bench->journal);
        journal_close(bench->journal);
        char *path = find_file(bench->folder, "journal-", ".db");
        spoil(path, cases[i].from, cases[i].len);
        free(path);
        open_with(bench, 0);
        char *aside = find_file(bench->folder, "journal-", ".damaged-");
        assert_non_null(aside);
        free(aside);
        assert_true(journal_next_id(bench->journal) > last);
        assert_int_equal(count_all(bench), 0);
        append_some(bench, 10, "new");
        fixture_commit(bench->journal, bench->loop);
        assert_int_equal(count_all(bench), 10);
        journal_close(bench->journal);
        bench->journal = NULL;
        fixture_remove(bench->folder);
        bench->folder = fixture_folder();
    }
}

/* Pages turn to garbage under a running journal: no crash, no hang, and what comes then is kept. */
/* Killed while a new file was made: with how much of its tables. */
static void a_file_that_was_never_begun_is_nothing(void **state)
{
    static const char *const stages[] = {
        "", "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID",
        "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID; CREATE TABLE messages(id INTEGER PRIMARY KEY, json TEXT);"
        "PRAGMA user_version = 1"};
    struct journal_bench *bench = *state;
    uint64_t given = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(stages); i++) {
        open_with(bench, 0);
        if (i == 0)
            journal_set_state(bench->journal, "question:1", "kept");
        assert_string_equal(journal_state(bench->journal, "question:1"), "kept");
        uint64_t id = fixture_append(bench->journal, fixture_chat("a", "one"));
        assert_true(id > given);
        given = id;
        fixture_commit(bench->journal, bench->loop);
        journal_close(bench->journal);
        char *path = xasprintf("%s/journal-%020llu.db", bench->folder, (unsigned long long)id + 1);
        sqlite3 *db;
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, stages[i], NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        free(path);
    }
    open_with(bench, 0);
    assert_string_equal(journal_state(bench->journal, "question:1"), "kept");
    assert_true(journal_next_id(bench->journal) > given);
    fixture_read(bench->journal, bench->loop, 0, 100, &bench->answer);
    assert_int_equal(bench->answer.count, ARRAY_LENGTH(stages));
}

static void damage_while_running_is_survived(void **state)
{
    struct journal_bench *bench = *state;
    open_with(bench, 0);
    journal_set_state(bench->journal, "question:1", "kept");
    append_some(bench, 2000, "x");
    fixture_commit(bench->journal, bench->loop);
    journal_close(bench->journal);
    open_with(bench, 0);
    char *path = find_file(bench->folder, "journal-", ".db");
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    spoil(path, 4096, (size_t)info.st_size - 4096);
    free(path);
    for (int i = 0; i < 20; i++) {
        append_some(bench, 50, "after");
        journal_set_state(bench->journal, "question:2", "new");
        fixture_commit(bench->journal, bench->loop);
    }
    count_all(bench);
    journal_close(bench->journal);
    open_with(bench, 0);
    append_some(bench, 5, "at last");
    fixture_commit(bench->journal, bench->loop);
    assert_true(count_all(bench) >= 5);
    assert_string_equal(journal_state(bench->journal, "question:1"), "kept");
    assert_string_equal(journal_state(bench->journal, "question:2"), "new");
}

static void a_deleted_folder_begins_anew(void **state)
{
    struct journal_bench *bench = *state;
    open_with(bench, 0);
    journal_set_state(bench->journal, "question:1", "kept");
    append_some(bench, 10, "x");
    fixture_commit(bench->journal, bench->loop);
    char *path = find_file(bench->folder, "journal-", ".db");
    unlink(path);
    int64_t limit = clock_monotonic_ms() + LIMIT_MS;
    char *found = NULL;
    while (!found) {
        append_some(bench, 1, "y");
        fixture_commit(bench->journal, bench->loop);
        found = find_file(bench->folder, "journal-", ".db");
        assert_true(clock_monotonic_ms() < limit);
    }
    free(found);
    free(path);
    append_some(bench, 1, "z");  // the file may have begun with what waited for the last "y", and nothing else
    fixture_commit(bench->journal, bench->loop);
    journal_close(bench->journal);
    open_with(bench, 0);
    assert_string_equal(journal_state(bench->journal, "question:1"), "kept");
    assert_true(count_all(bench) >= 1);
}

static void a_damaged_index_is_made_anew(void **state)
{
    struct journal_bench *bench = *state;
    open_with(bench, 0);
    append_some(bench, 200, "word");
    fixture_commit(bench->journal, bench->loop);
    fixture_wait_indexed(bench->journal, journal_last_id(bench->journal));
    journal_close(bench->journal);
    char *path = find_file(bench->folder, "search-", ".db");
    spoil(path, 0, 8192);
    free(path);
    open_with(bench, 0);
    fixture_wait_indexed(bench->journal, journal_last_id(bench->journal));
    fixture_search(bench->journal, bench->loop, "word77", &bench->answer);
    assert_int_equal(bench->answer.count, 1);
}

static void old_files_go(void **state)
{
    struct journal_bench *bench = *state;
    open_with(bench, 0);
    // Received long ago, as far as the rows say.
    struct message *message = fixture_chat("old", "long ago");
    message_stamp(message, journal_next_id(bench->journal), clock_unix_ms() - INT64_C(31) * 24 * 3600 * 1000);
    journal_append(bench->journal, message);
    message_unref(message);
    fixture_commit(bench->journal, bench->loop);
    append_some(bench, 3, "new");  // the first file spans too much: this is a second
    fixture_commit(bench->journal, bench->loop);
    journal_close(bench->journal);
    open_with(bench, 0);
    int64_t limit = clock_monotonic_ms() + LIMIT_MS;
    while (count_all(bench) > 3 || fixture_files_with(bench->folder, "long ago") > 0)
        assert_true(clock_monotonic_ms() < limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_full_disk_costs_nothing_that_fits_memory, fixture_set_up_closed, tear_down),
        cmocka_unit_test_setup_teardown(beyond_the_bound_the_loss_is_a_gap, fixture_set_up_closed, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_cannot_be_made_is_no_end, fixture_set_up_closed, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_file_is_set_aside, fixture_set_up_closed, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_was_never_begun_is_nothing, fixture_set_up_closed, tear_down),
        cmocka_unit_test_setup_teardown(damage_while_running_is_survived, fixture_set_up_closed, tear_down),
        cmocka_unit_test_setup_teardown(a_deleted_folder_begins_anew, fixture_set_up_closed, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_index_is_made_anew, fixture_set_up_closed, tear_down),
        cmocka_unit_test_setup_teardown(old_files_go, fixture_set_up_closed, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
