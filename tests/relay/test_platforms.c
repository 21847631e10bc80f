/*
 * Every platform's traffic through the same gate: what each connector makes of its recorded frames comes once however often
 * it is delivered, and what a platform takes back is gone before its message, after it, and a day later.
 */
#include "relay_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/secret.h"
#include "connector/connector.h"
#include "net/loop.h"
#include "relay/intake.h"
#include "relay/queue.h"

enum { KEYS = 65536, QUEUE = 4096 };

struct bench {
    char *folder;
    struct loop *loop;
    struct journal *journal;
    struct queue *queue;
    struct intake *intake;
    size_t keyed, again;   // messages with an event key; of these, those that were not known
    const char *platform, *file;
    bool is_second;
};

static void open_all(struct bench *bench, size_t capacity)
{
    bench->journal = fixture_open(bench->folder, bench->loop);
    bench->queue = queue_create(&(struct queue_options){.loop = bench->loop, .capacity = capacity});
    bench->intake = intake_create(&(struct intake_options){.journal = bench->journal, .queue = bench->queue, .keys = KEYS});
}

static void close_all(struct bench *bench)
{
    intake_destroy(bench->intake);
    queue_destroy(bench->queue);
    journal_close(bench->journal);
}

static void begin(struct bench *bench, const char *platform)
{
    *bench = (struct bench){.platform = platform, .folder = fixture_folder(), .loop = fixture_loop()};
    open_all(bench, QUEUE);
}

static void end(struct bench *bench)
{
    close_all(bench);
    loop_destroy(bench->loop);
    fixture_remove(bench->folder);
}

/* ---- Recorded frames ---- */

static bool has_author_and_text(const struct message *message)
{
    return (message->is.kind == MESSAGE_CHAT || message->is.kind == MESSAGE_ACTION || message->is.kind == MESSAGE_QUESTION) &&
           message->is.native_id.len > 0;
}

static void take(void *data, struct message *message)
{
    struct bench *bench = data;
    bool is_keyed = message->is.event_key.len > 0;
    if (has_author_and_text(message) && !is_keyed)
        fail_msg("%s: %s: a message with the id %s has no event key", bench->platform, bench->file, message->is.native_id.data);
    if (message_is_control(message) || !is_keyed)
        return;  // these act again, and that changes nothing
    bench->keyed++;
    enum intake_result result = intake_push(bench->intake, message);
    if (bench->is_second && result != INTAKE_DUPLICATE && result != INTAKE_HELD) {
        bench->again++;
        fail_msg("%s: %s: taken twice: %s (%s)", bench->platform, bench->file, message->is.event_key.data, message->is.text.data);
    }
}

static void receive_file(struct bench *bench, const char *folder, const char *name)
{
    struct error err = {0};
    struct buffer frames = {0};
    char *path = xasprintf("%s/%s", folder, name);
    if (!file_read(path, 64 << 20, &frames, &err))
        fail_msg("%s", err.text);
    bench->file = name;
    struct connector *connector =
        connector_create_decoder(bench->platform, &(struct connector_options){.deliver = take, .data = bench}, &err);
    const char *at = frames.data, *frames_end = frames.data + frames.len;
    while (at < frames_end) {
        const char *newline = memchr(at, '\n', (size_t)(frames_end - at));
        size_t len = (size_t)((newline ? newline : frames_end) - at);
        if (len > 0)
            connector_receive(connector, at, len, &err);  // bad ones are among them
        at += len + 1;
    }
    connector_destroy(connector);
    buffer_fini(&frames);
    free(path);
}

static void receive_all(struct bench *bench)
{
    char *folder = xasprintf("%s/%s", getenv("ANTIPHON_TEST_DATA"), bench->platform);
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        const char *ending = strrchr(entry->d_name, '.');
        if (ending && strcmp(ending, ".frames") == 0)
            receive_file(bench, folder, entry->d_name);
    }
    if (dir)
        closedir(dir);
    free(folder);
}

static void every_recorded_message_comes_once(void **state)
{
    size_t platforms = 0;
    for (size_t i = 0; connector_name_at(i); i++) {
        struct bench bench;
        begin(&bench, connector_name_at(i));
        receive_all(&bench);
        platforms += bench.keyed > 0;
        size_t keyed = bench.keyed;
        fixture_commit(bench.journal, bench.loop);
        bench.is_second = true;
        receive_all(&bench);  // the platform replays
        assert_int_equal(bench.keyed, 2 * keyed);
        // And after a restart, from the journal's keys.
        close_all(&bench);
        open_all(&bench, QUEUE);
        receive_all(&bench);
        fixture_commit(bench.journal, bench.loop);
        struct intake_counts counts;
        intake_get_counts(bench.intake, &counts);
        assert_int_equal(counts.taken, 0);
        end(&bench);
    }
    assert_true(platforms >= 2);
}

/* ---- Taken back ---- */

static struct message *chat(const char *platform, const char *native_id, const char *text)
{
    char source[64];
    snprintf(source, sizeof(source), "%s:anna", platform);
    return message_create(&(struct message_draft){.kind = MESSAGE_CHAT, .platform = str_from(platform), .source = str_from(source),
        .native_id = str_from(native_id), .event_key = str_from(native_id), .time_ms = clock_unix_ms(),
        .author = {.id = STR("u1"), .name = STR("Niloufar")}, .text = str_from(text)});
}

static enum intake_result push(struct bench *bench, struct message *message)
{
    enum intake_result result = intake_push(bench->intake, message);
    message_unref(message);
    return result;
}

static enum intake_result take_back(struct bench *bench, const char *native_id)
{
    char source[64];
    snprintf(source, sizeof(source), "%s:anna", bench->platform);
    return push(bench, message_create(&(struct message_draft){.kind = MESSAGE_DELETE, .platform = str_from(bench->platform),
        .source = str_from(source), .target = {.native_id = str_from(native_id)}}));
}

static void wait_for_keeper(struct bench *bench)
{
    struct fixture_erasure done = {0};
    journal_erase(bench->journal, &(struct journal_erasure){.platform = "none", .native_id = "none"}, NULL, 0, fixture_erased, &done);
    fixture_run(bench->loop, &done.done);
}

static void what_is_taken_back_is_gone(void **state)
{
    for (size_t i = 0; connector_name_at(i); i++) {
        struct bench bench;
        begin(&bench, connector_name_at(i));
        // Before its message.
        take_back(&bench, "early");
        fixture_commit(bench.journal, bench.loop);
        push(&bench, chat(bench.platform, "early", "earlysecret"));
        fixture_commit(bench.journal, bench.loop);
        assert_int_equal(queue_count(bench.queue), 0);
        // Of yesterday: the queue has let it go, the relay was started again since, and only its row is left.
        push(&bench, chat(bench.platform, "old", "yesterdays-secret"));
        fixture_commit(bench.journal, bench.loop);
        close_all(&bench);
        open_all(&bench, 2);
        push(&bench, chat(bench.platform, "new1", "one"));
        push(&bench, chat(bench.platform, "new2", "two"));
        assert_null(queue_find_native(bench.queue, str_from(bench.platform), STR("old")));
        take_back(&bench, "old");
        wait_for_keeper(&bench);
        assert_int_equal(fixture_files_with(bench.folder, "earlysecret"), 0);
        assert_int_equal(fixture_files_with(bench.folder, "yesterdays-secret"), 0);
        // The same id on another platform is another message.
        struct message *other = chat("elsewhere", "old", "stays");
        assert_int_equal(push(&bench, other), INTAKE_TAKEN);
        end(&bench);
    }
}

/* ---- Forms ---- */

/* A key that wants a secret is masked wherever a source is shown. */
static void what_is_secret_is_masked(void **state)
{
    for (size_t i = 0; connector_name_at(i); i++) {
        for (const struct connector_key *key = connector_keys(connector_name_at(i)); key->name; key++) {
            if (key->example && strncmp(key->example, "secret:", 7) == 0 && !secret_is_key(key->name))
                fail_msg("%s: \"%s\" would be shown: base/secret.c", connector_name_at(i), key->name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recorded_message_comes_once),
        cmocka_unit_test(what_is_taken_back_is_gone),
        cmocka_unit_test(what_is_secret_is_masked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
