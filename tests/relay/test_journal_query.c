/* Pages of the journal under conditions: each message that is meant comes once, whatever the page, the file and the order. */
#include "relay_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/loop.h"
#include "relay/message_filter.h"

enum { MESSAGES = 240, FILE_MESSAGES = 60, START_MS = 1800000000, STEP_MS = 60000 };

static const char *const sources[] = {"twitch:anna", "kick:anna", "youtube:anna"};
static const char *const texts[] = {"hello", "سلام", "圍棋?", "สวัสดี"};

struct bench {
    char *folder;
    struct loop *loop;
    struct journal *journal;
    uint64_t ids[MESSAGES];
    bool is_gone[MESSAGES];
};

struct page {
    int done;
    size_t count;
    uint64_t ids[1000], next;
    struct journal_show shows[64];
    size_t show_count;
    char error[512];
};

static struct message *make(int i)
{
    char text[64], native_id[24], author[8];
    const char *source = sources[i % 3];
    snprintf(text, sizeof(text), "%s wort%d", texts[i % 4], i);
    snprintf(native_id, sizeof(native_id), "n%d", i);
    snprintf(author, sizeof(author), "u%d", i % 10);
    return message_create(&(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = {source, strcspn(source, ":")}, .source = str_from(source), .native_id = str_from(native_id),
        .event_key = str_from(native_id), .author = {.id = str_from(author), .name = str_from(author)}, .text = str_from(text)});
}

static int set_up(void **state)
{
    log_set_level(LOG_ERROR);
    struct bench *bench = xcalloc(1, sizeof(*bench));
    bench->folder = fixture_folder();
    bench->loop = fixture_loop();
    bench->journal = journal_open(&(struct journal_options){.folder = bench->folder, .loop = bench->loop, .file_messages = FILE_MESSAGES,
                                                            .retention_days = -1}, NULL);
    for (int i = 0; i < MESSAGES; i++) {
        struct message *message = make(i);
        message_stamp(message, bench->ids[i] = journal_next_id(bench->journal), START_MS + (int64_t)i * STEP_MS);
        journal_append(bench->journal, message);
        message_unref(message);
        if (i % 30 == 29)
            fixture_commit(bench->journal, bench->loop);
    }
    fixture_commit(bench->journal, bench->loop);
    fixture_wait_indexed(bench->journal, bench->ids[MESSAGES - 1]);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    journal_close(bench->journal);
    loop_destroy(bench->loop);
    fixture_remove(bench->folder);
    free(bench);
    return 0;
}

static void take(void *data, const struct journal_found *found)
{
    struct page *page = data;
    page->count = found->count;
    page->next = found->next;
    page->show_count = found->show_count;
    for (size_t i = 0; i < found->count; i++)
        page->ids[i] = found->messages[i]->id;
    for (size_t i = 0; i < found->show_count && i < ARRAY_LENGTH(page->shows); i++)
        page->shows[i] = found->shows[i];
    if (found->err)
        snprintf(page->error, sizeof(page->error), "%s", found->err->text);
    fixture_done(&page->done);
}

static void ask(struct bench *bench, const struct journal_query *query, struct page *page)
{
    *page = (struct page){0};
    journal_query(bench->journal, query, take, page);
    fixture_run(bench->loop, &page->done);
    assert_string_equal(page->error, "");
}

/* --- A model: which are meant, page after page --- */

struct wish {
    const char *name, *filter;     // JSON; NULL: none
    const char *text;              // NULL: none
    const char *platform, *author; // NULL: none
    int from, to;                  // messages, in time; to 0: no times
    bool (*is_meant)(int i);
    bool never_up;
};

static bool any(int i) { return true; }
static bool is_kick(int i) { return i % 3 == 1; }
static bool is_persian(int i) { return i % 4 == 1; }
static bool is_go(int i) { return i % 4 == 2; }
static bool is_thai_of_twitch(int i) { return i % 4 == 3 && i % 3 == 0; }
static bool is_author_7(int i) { return i % 10 == 7 && i % 3 == 0; }
static bool is_none(int i) { return false; }
static bool is_31_to_39(int i) { return i == 3 || (i >= 30 && i < 40) || (i >= 300 && i < 400); }

static const struct wish wishes[] = {
    {"all", NULL, NULL, NULL, NULL, 0, 0, any, false},
    {"a time", NULL, NULL, NULL, NULL, 40, 130, any, false},
    {"a platform", "{\"platforms\":[\"kick\"]}", NULL, NULL, NULL, 0, 0, is_kick, false},
    {"a language in a time", "{\"languages\":[\"fa\"]}", NULL, NULL, NULL, 20, 200, is_persian, false},
    {"nothing", "{\"sources\":[\"irc:x\"]}", NULL, NULL, NULL, 0, 0, is_none, false},
    {"words", NULL, "wort3", NULL, NULL, 0, 0, is_31_to_39, true},
    {"Simplified finds Traditional", NULL, "围棋", NULL, NULL, 0, 0, is_go, true},
    {"Arabic kaf and yeh", NULL, "سلام", NULL, NULL, 0, 0, is_persian, true},
    {"words of a source in a time", "{\"sources\":[\"twitch:anna\"]}", "สวัสดี", NULL, NULL, 20, 120, is_thai_of_twitch, true},
    {"an author", NULL, NULL, "twitch", "u7", 0, 0, is_author_7, true},
    {"an author's words", NULL, "wort", "twitch", "u7", 0, 0, is_author_7, true},
    {"words of nobody", NULL, "wort", "twitch", "nobody", 0, 0, is_none, true},
    {"no word at all", NULL, "?!", NULL, NULL, 0, 0, is_none, true},
};

static struct journal_query query_of(const struct wish *wish)
{
    struct journal_query query = {.text = wish->text, .platform = str_from(wish->platform), .author_id = str_from(wish->author)};
    if (wish->to > 0) {
        query.from_ms = START_MS + (int64_t)wish->from * STEP_MS;
        query.to_ms = START_MS + (int64_t)wish->to * STEP_MS;
    }
    if (wish->filter) {
        bool is_all;
        json_t *members = json_parse(wish->filter, strlen(wish->filter), NULL);
        query.filter = message_filter_create(members, &is_all, NULL);
        assert_non_null(query.filter);
        json_decref(members);
    }
    return query;
}

static bool is_meant(const struct bench *bench, const struct wish *wish, int i)
{
    return wish->is_meant(i) && !bench->is_gone[i] && (wish->to == 0 || (i >= wish->from && i < wish->to));
}

static void check_pages(struct bench *bench, const struct wish *wish, size_t limit, bool is_up)
{
    struct journal_query query = query_of(wish);
    query.limit = limit;
    query.after = is_up ? 1 : 0;
    struct page page;
    int i = is_up ? 0 : MESSAGES - 1;
    if (is_up && bench->ids[0] <= 1)
        i = 1;
    do {
        ask(bench, &query, &page);
        for (size_t k = 0; k < page.count; k++) {
            while (i >= 0 && i < MESSAGES && !is_meant(bench, wish, i))
                i += is_up ? 1 : -1;
            if (i < 0 || i >= MESSAGES || page.ids[k] != bench->ids[i])
                fail_msg("%s, pages of %zu %s: id %llu was not expected", wish->name, limit, is_up ? "up" : "down",
                         (unsigned long long)page.ids[k]);
            i += is_up ? 1 : -1;
        }
        *(is_up ? &query.after : &query.before) = page.next;
    } while (page.next > 0);
    for (; i >= 0 && i < MESSAGES; i += is_up ? 1 : -1) {
        if (is_meant(bench, wish, i))
            fail_msg("%s, pages of %zu %s: message %d is missing", wish->name, limit, is_up ? "up" : "down", i);
    }
    message_filter_unref(query.filter);
}

static void check_all(struct bench *bench)
{
    static const size_t limits[] = {1000, 64, 7};
    for (size_t i = 0; i < ARRAY_LENGTH(wishes); i++) {
        for (size_t k = 0; k < ARRAY_LENGTH(limits); k++) {
            check_pages(bench, &wishes[i], limits[k], false);
            if (!wishes[i].never_up)
                check_pages(bench, &wishes[i], limits[k], true);
        }
    }
}

static void pages_have_each_once(void **state)
{
    check_all(*state);
}

/* Deleted means gone, from pages and search at once, without waiting for the disk. */
static void what_is_deleted_is_absent(void **state)
{
    struct bench *bench = *state;
    for (int i = 0; i < MESSAGES; i += 13) {
        char native_id[24];
        const char *source = sources[i % 3];
        char platform[16];
        snprintf(native_id, sizeof(native_id), "n%d", i);
        snprintf(platform, sizeof(platform), "%.*s", (int)strcspn(source, ":"), source);
        journal_erase(bench->journal, &(struct journal_erasure){.platform = platform, .native_id = native_id}, &bench->ids[i], 1,
                      NULL, NULL);
        bench->is_gone[i] = true;
        if (i == 26)
            check_all(bench);
    }
    check_all(bench);
}

static void shows_are_told(void **state)
{
    struct bench *bench = *state;
    struct page page;
    ask(bench, &(struct journal_query){.limit = 1000}, &page);
    assert_int_equal(page.count, MESSAGES);
    assert_true(page.show_count >= 2);
    for (size_t i = 0; i < page.show_count; i++) {
        assert_true(page.shows[i].from_ms >= START_MS && page.shows[i].to_ms >= page.shows[i].from_ms);
        assert_true(i == 0 || page.shows[i].first_id < page.shows[i - 1].first_id);
    }
    ask(bench, &(struct journal_query){.limit = 10, .text = "wort239"}, &page);
    assert_int_equal(page.count, 1);
    assert_int_equal(page.show_count, 1);
    assert_true(page.shows[0].first_id <= page.ids[0]);
}

/* An index made before Traditional and Simplified were one is made anew. */
static void an_old_index_is_made_anew(void **state)
{
    struct bench *bench = *state;
    journal_close(bench->journal);
    char *command = xasprintf("for f in %s/search-*.db; do sqlite3 \"$f\" \"DELETE FROM meta WHERE key='words'\"; done", bench->folder);
    int result = system(command);
    free(command);
    bench->journal = journal_open(&(struct journal_options){.folder = bench->folder, .loop = bench->loop, .retention_days = -1}, NULL);
    fixture_commit(bench->journal, bench->loop);
    if (result != 0)
        return;  // no sqlite3 command here
    int64_t limit = clock_monotonic_ms() + LIMIT_MS;
    struct page page;
    do {
        ask(bench, &(struct journal_query){.limit = 1000, .text = "围棋"}, &page);
        assert_true(clock_monotonic_ms() < limit);
    } while (page.count < MESSAGES / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pages_have_each_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_deleted_is_absent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shows_are_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_old_index_is_made_anew, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
