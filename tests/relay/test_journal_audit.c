/* The audit read back: over all files, newest first, page by page, while the files roll over. */
#include "relay_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "net/loop.h"

enum { LINES = 24, A_FILE = 4 };

struct page {
    int done;
    size_t count;
    struct journal_audit_filter last;  // behind its oldest line
    int texts[LINES];
};

static void take(void *data, const struct journal_audit_entry *entries, size_t count, const struct error *err)
{
    struct page *page = data;
    if (err)
        fail_msg("%s", err->text);
    page->count = count;
    for (size_t i = 0; i < count; i++)
        page->texts[i] = atoi(entries[i].text);
    if (count > 0)
        page->last = (struct journal_audit_filter){.before_file = entries[count - 1].file, .before_number = entries[count - 1].number};
    fixture_done(&page->done);
}

static struct page ask(struct journal *journal, struct loop *loop, const struct journal_audit_filter *filter, size_t limit)
{
    struct page page = {0};
    journal_read_audit(journal, filter, limit, take, &page);
    fixture_run(loop, &page.done);
    return page;
}

static void test_pages_over_files(void **state)
{
    char *folder = fixture_folder();
    struct loop *loop = fixture_loop();
    struct error err = {0};
    struct journal *journal = journal_open(&(struct journal_options){.folder = folder, .loop = loop, .file_messages = A_FILE}, &err);
    if (!journal)
        fail_msg("%s", err.text);
    for (int i = 0; i < LINES; i++) {
        char native_id[16], text[16];
        snprintf(native_id, sizeof(native_id), "n%d", i);
        snprintf(text, sizeof(text), "%d", i);
        fixture_append(journal, fixture_chat(native_id, "hello"));
        journal_add_audit(journal, i % 3 ? "anna" : "ben", i % 2 ? "question.air" : "clear", text);
        fixture_commit(journal, loop);  // so that files begin in between
    }
    for (size_t limit = 1; limit <= 17; limit += 4) {
        struct journal_audit_filter filter = {0};
        uint64_t newest = ask(journal, loop, &filter, 1).last.before_file;
        int expected = LINES;
        struct page page;
        while ((page = ask(journal, loop, &filter, limit)).count > 0) {
            for (size_t i = 0; i < page.count; i++)
                assert_int_equal(page.texts[i], --expected);
            filter = page.last;
        }
        assert_int_equal(expected, 0);  // each once
        assert_true(filter.before_file < newest);
    }
    struct page anna = ask(journal, loop, &(struct journal_audit_filter){.actor = "anna", .action = "question"}, LINES);
    assert_int_equal(anna.count, LINES / 3);
    assert_int_equal(ask(journal, loop, &(struct journal_audit_filter){.text = "23"}, LINES).count, 1);
    journal_close(journal);
    loop_destroy(loop);
    fixture_remove(folder);
}

/* A question that is cancelled, or asked of a journal that closes, is not answered. */
static void test_cancelled(void **state)
{
    char *folder = fixture_folder();
    struct loop *loop = fixture_loop();
    struct journal *journal = fixture_open(folder, loop);
    struct page page = {0};
    journal_add_audit(journal, "anna", "clear", "1");
    fixture_commit(journal, loop);
    journal_cancel(journal, journal_read_audit(journal, &(struct journal_audit_filter){0}, 10, take, &page));
    assert_int_equal(ask(journal, loop, &(struct journal_audit_filter){0}, 10).count, 1);
    assert_int_equal(page.done, 0);
    journal_read_audit(journal, &(struct journal_audit_filter){0}, 10, take, &page);
    journal_close(journal);
    assert_int_equal(page.done, 0);
    loop_destroy(loop);
    fixture_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pages_over_files), cmocka_unit_test(test_cancelled)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
