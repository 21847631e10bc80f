/*
 * The reader: one thread, read-only connections, one short query at a time, oldest request first. An answer is made
 * whole here and given in the loop.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "relay/journal_audit.h"
#include "relay/journal_inside.h"
#include "relay/journal_query.h"
#include "relay/journal_row.h"
#include "relay/journal_schema.h"
#include "relay/journal_search.h"

enum { QUERY_LIMIT_MS = 2000, PAGE_LIMIT_MS = 1000, PROGRESS_STEPS = 10000 };

enum request_kind { REQUEST_READ, REQUEST_ONE, REQUEST_KEY, REQUEST_QUERY, REQUEST_AUDIT };

struct request {
    struct answer answer;
    struct journal *journal;
    struct list link;    // in journal.requests until it is given
    struct list queued;  // in reader.queue until the reader takes it
    enum request_kind kind;
    enum journal_key key_kind;
    uint64_t number;
    bool is_cancelled;   // the loop's
    uint64_t id;         // read: before; one, key: of the message
    size_t limit;
    struct audit_query *audit;  // audit, with its answer; owned
    journal_messages_fn messages_fn;
    journal_key_fn key_fn;
    journal_found_fn found_fn;
    void *data;
    struct query *query;  // owned; of REQUEST_QUERY, with its answer
    // The answer.
    struct message **messages;  // references
    size_t count;
    struct buffer key;
    bool has_key;
    struct error err;
};

struct journal_reader {
    struct journal *journal;
    pthread_t thread;
    bool is_running;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct list queue;  // of struct request
    size_t queued;      // of people; those of intake have a bound of their own
    bool is_stopping;
    // The reader's alone: the newest file stays open.
    sqlite3 *newest;
    uint64_t newest_id, generation;
    int64_t deadline_ms;
};

/* ---- Connections ---- */

static int check_deadline(void *data)
{
    const struct journal_reader *reader = data;
    return clock_monotonic_ms() > reader->deadline_ms;
}

/* The newest file's connection is kept; others are opened for the query. */
static sqlite3 *open_file(struct journal_reader *reader, uint64_t first_id, bool is_newest)
{
    uint64_t generation = journal_files_generation(&reader->journal->files);
    if (is_newest && reader->newest && reader->newest_id == first_id && reader->generation == generation)
        return reader->newest;
    char *path = journal_files_path(&reader->journal->files, first_id);
    sqlite3 *db = db_open(path, DB_READ, NULL, NULL);
    free(path);
    if (!db)
        return NULL;
    sqlite3_progress_handler(db, PROGRESS_STEPS, check_deadline, reader);
    if (is_newest) {
        db_close(reader->newest);
        reader->newest = db;
        reader->newest_id = first_id;
        reader->generation = generation;
    }
    return db;
}

static void close_file(struct journal_reader *reader, sqlite3 *db)
{
    if (db != reader->newest)
        db_close(db);
}

/* ---- Queries ---- */

static void add_message(struct request *request, struct str json)
{
    struct message *message = row_to_message(json, NULL);
    if (message)
        request->messages[request->count++] = message;
}

static void check_result(struct journal_reader *reader, sqlite3 *db, int result, struct error *err)
{
    if (result == SQLITE_DONE || result == SQLITE_ROW)
        return;
    if (result == SQLITE_INTERRUPT) {
        error_set(err, ERROR_AGAIN, "the journal did not answer within %d s", QUERY_LIMIT_MS / 1000);
    } else {
        db_error(db, err);
    }
}

static void read_before(struct journal_reader *reader, sqlite3 *db, struct request *request)
{
    sqlite3_stmt *select = db_prepare(
        db, "SELECT json FROM messages WHERE id < ? AND is_erased = 0 ORDER BY id DESC LIMIT ?", &request->err);
    if (!select)
        return;
    uint64_t before = request->id ? request->id : INT64_MAX;
    sqlite3_bind_int64(select, 1, (int64_t)(before < INT64_MAX ? before : INT64_MAX));
    sqlite3_bind_int64(select, 2, (int64_t)(request->limit - request->count));
    int result;
    while ((result = sqlite3_step(select)) == SQLITE_ROW)
        add_message(request, db_text(select, 0));
    check_result(reader, db, result, &request->err);
    sqlite3_finalize(select);
}

/* An erased one too: it still says whose it was. */
static void read_one(struct journal_reader *reader, sqlite3 *db, struct request *request)
{
    sqlite3_stmt *select = db_prepare(db, "SELECT json FROM messages WHERE id = ?", &request->err);
    if (!select)
        return;
    sqlite3_bind_int64(select, 1, (int64_t)request->id);
    int result = sqlite3_step(select);
    if (result == SQLITE_ROW)
        add_message(request, db_text(select, 0));
    check_result(reader, db, result, &request->err);
    sqlite3_finalize(select);
}

static void read_key(sqlite3 *db, struct request *request)
{
    sqlite3_stmt *select = db_prepare(db, "SELECT json, event_key FROM messages WHERE id = ?", &request->err);
    if (!select)
        return;
    sqlite3_bind_int64(select, 1, (int64_t)request->id);
    if (sqlite3_step(select) == SQLITE_ROW) {
        struct message *message = row_to_message(db_text(select, 0), NULL);
        struct str key = db_text(select, 1);
        if (message && request->key_kind == JOURNAL_KEY_DELETED) {
            key = message->is.target.native_id;
        } else if (message && !key.data) {
            key = message->is.native_id;
        }
        request->has_key = message != NULL;
        buffer_add(&request->key, key.data, key.len);
        message_unref(message);
    }
    sqlite3_finalize(select);
}

/* The file that would hold the id: the last that begins at or before it. */
static size_t find_file(const uint64_t *files, size_t count, uint64_t id)
{
    size_t at = count;
    while (at > 0 && files[at - 1] > id)
        at--;
    return at > 0 ? at - 1 : count;
}

static void reverse(struct request *request)
{
    for (size_t i = 0, j = request->count; i + 1 < j; i++) {
        struct message *message = request->messages[i];
        request->messages[i] = request->messages[--j];
        request->messages[j] = message;
    }
}

static void look_in_file(struct journal_reader *reader, sqlite3 *db, uint64_t first_id, struct request *request)
{
    char *path = journal_files_search_path(&reader->journal->files, first_id);
    query_look(request->query, db, path, first_id, reader->deadline_ms);
    free(path);
}

static void ask_file(struct journal_reader *reader, uint64_t first_id, bool is_newest, struct request *request)
{
    sqlite3 *db = open_file(reader, first_id, is_newest);
    if (!db)
        return;  // removed meanwhile, or damaged: the others still answer
    switch (request->kind) {
    case REQUEST_READ:
        read_before(reader, db, request);
        break;
    case REQUEST_ONE:
        read_one(reader, db, request);
        break;
    case REQUEST_KEY:
        read_key(db, request);
        break;
    case REQUEST_QUERY:
        look_in_file(reader, db, first_id, request);
        break;
    case REQUEST_AUDIT:
        check_result(reader, db, audit_query_read(request->audit, db, first_id, &request->err), &request->err);
        break;
    }
    close_file(reader, db);
}

/* The files in the order in which pages follow each other. */
static void answer_query(struct journal_reader *reader, struct request *request, const uint64_t *files, size_t count)
{
    bool is_up = query_goes_up(request->query);
    reader->deadline_ms = clock_monotonic_ms() + PAGE_LIMIT_MS;
    for (size_t i = 0; i < count && !query_is_done(request->query); i++) {
        size_t at = is_up ? i : count - 1 - i;
        bool is_newest = at + 1 == count;
        if (!query_wants_file(request->query, files[at], is_newest ? 0 : files[at + 1]))
            continue;
        if (i > 0 && clock_monotonic_ms() > reader->deadline_ms) {
            query_stop(request->query, is_up ? files[at] - 1 : files[at + 1]);
        } else {
            ask_file(reader, files[at], is_newest, request);
        }
    }
}

static void answer_request(struct journal_reader *reader, struct request *request)
{
    size_t count;
    uint64_t *files = journal_files_list(&reader->journal->files, &count);
    reader->deadline_ms = clock_monotonic_ms() + QUERY_LIMIT_MS;
    bool is_one = request->kind == REQUEST_KEY || request->kind == REQUEST_ONE;
    if (is_one) {
        size_t at = find_file(files, count, request->id);
        if (at < count)
            ask_file(reader, files[at], at + 1 == count, request);
    }
    if (request->kind == REQUEST_QUERY)
        answer_query(reader, request, files, count);
    for (size_t i = count; !is_one && request->kind != REQUEST_QUERY && i > 0; i--) {
        bool is_full = request->audit ? audit_query_is_full(request->audit) : request->count >= request->limit;
        bool is_enough = is_full || request->err.code != ERROR_NONE;
        bool is_later = request->audit ? !audit_query_wants(request->audit, files[i - 1])
                                       : request->kind == REQUEST_READ && request->id > 0 && files[i - 1] >= request->id;
        if (is_enough)
            break;
        if (!is_later)
            ask_file(reader, files[i - 1], i == count, request);
    }
    if (request->kind == REQUEST_READ)
        reverse(request);
    if (request->count > 0)
        request->err = (struct error){0};  // the newest of them; who wants older ones asks again
    free(files);
}

/* ---- The thread ---- */

static struct request *next_request(struct journal_reader *reader)
{
    struct request *request = NULL;
    pthread_mutex_lock(&reader->lock);
    while (list_is_empty(&reader->queue) && !reader->is_stopping)
        pthread_cond_wait(&reader->wake, &reader->lock);
    if (!reader->is_stopping) {
        request = container_of(reader->queue.next, struct request, queued);
        list_remove(&request->queued);
        if (request->kind != REQUEST_KEY)
            reader->queued--;
    }
    pthread_mutex_unlock(&reader->lock);
    return request;
}

static void *reader_main(void *data)
{
    struct journal_reader *reader = data;
    struct request *request;
    while ((request = next_request(reader))) {
        answer_request(reader, request);
        mailbox_put(reader->journal->mailbox, &request->answer);
    }
    return NULL;
}

bool journal_reader_start(struct journal *journal, struct error *err)
{
    struct journal_reader *reader = journal->reader = xcalloc(1, sizeof(*reader));
    reader->journal = journal;
    list_init(&reader->queue);
    pthread_mutex_init(&reader->lock, NULL);
    pthread_cond_init(&reader->wake, NULL);
    if (pthread_create(&reader->thread, NULL, reader_main, reader) != 0)
        return error_set(err, ERROR_SYSTEM, "journal: the system gives no thread");
    reader->is_running = true;
    return true;
}

void journal_reader_stop(struct journal *journal)
{
    struct journal_reader *reader = journal->reader;
    if (!reader)
        return;
    pthread_mutex_lock(&reader->lock);
    reader->is_stopping = true;
    pthread_cond_signal(&reader->wake);
    pthread_mutex_unlock(&reader->lock);
    if (reader->is_running)
        pthread_join(reader->thread, NULL);
    struct request *request, *following;
    list_for_each_safe(request, following, &reader->queue, queued)
        request->answer.destroy(&request->answer);
    db_close(reader->newest);
    pthread_mutex_destroy(&reader->lock);
    pthread_cond_destroy(&reader->wake);
    free(reader);
    journal->reader = NULL;
}

/* ---- Requests, in the loop ---- */

static void destroy_request(struct answer *answer)
{
    struct request *request = container_of(answer, struct request, answer);
    for (size_t i = 0; i < request->count; i++)
        message_unref(request->messages[i]);
    list_remove(&request->link);
    free(request->messages);
    query_destroy(request->query);
    audit_query_destroy(request->audit);
    buffer_fini(&request->key);
    free(request);
}

/* What was deleted since it was read is not given. */
static void drop_erased(struct request *request)
{
    size_t kept = 0;
    for (size_t i = 0; i < request->count; i++) {
        struct message *message = journal_recall(request->journal, request->messages[i]);
        message_unref(request->messages[i]);
        if (message)
            request->messages[kept++] = message;
    }
    request->count = kept;
}

static void give_request(struct answer *answer)
{
    struct request *request = container_of(answer, struct request, answer);
    list_remove(&request->link);  // answered: journal_cancel() finds it no more
    if (request->kind != REQUEST_ONE)
        drop_erased(request);
    if (request->kind == REQUEST_QUERY)
        query_drop_erased(request->query, request->journal);
    journal_forget_erasures(request->journal);
    if (request->is_cancelled)
        return;
    if (request->kind == REQUEST_KEY) {
        struct str key = {request->has_key ? (request->key.len ? request->key.data : "") : NULL, request->key.len};
        request->key_fn(request->data, key);
    } else if (request->kind == REQUEST_QUERY) {
        struct journal_found found = query_found(request->query, request->err.code != ERROR_NONE ? &request->err : NULL);
        request->found_fn(request->data, &found);
    } else if (request->audit) {
        audit_query_give(request->audit, request->err.code != ERROR_NONE ? &request->err : NULL);
    } else {
        request->messages_fn(request->data, request->messages, request->count,
                             request->err.code != ERROR_NONE ? &request->err : NULL);
    }
}

static uint64_t ask(struct journal *journal, const struct request *wanted)
{
    struct journal_reader *reader = journal->reader;
    struct request *request = xcalloc(1, sizeof(*request));
    *request = *wanted;
    request->journal = journal;
    request->answer = (struct answer){.give = give_request, .destroy = destroy_request};
    if (request->limit > JOURNAL_READ_MAX)
        request->limit = JOURNAL_READ_MAX;
    request->messages = xcalloc(request->limit, sizeof(struct message *));
    uint64_t number = request->number = ++journal->last_request;
    list_append(&journal->requests, &request->link);
    pthread_mutex_lock(&reader->lock);
    bool has_room = reader->queued < JOURNAL_REQUESTS_MAX || request->kind == REQUEST_KEY;
    if (has_room) {
        list_append(&reader->queue, &request->queued);
        if (request->kind != REQUEST_KEY)
            reader->queued++;
        pthread_cond_signal(&reader->wake);
    }
    pthread_mutex_unlock(&reader->lock);
    if (!has_room) {
        error_set(&request->err, ERROR_AGAIN, "the journal has %d questions to answer first; try again",
                  JOURNAL_REQUESTS_MAX);
        mailbox_put(journal->mailbox, &request->answer);
    }
    return number;
}

uint64_t journal_read(struct journal *journal, uint64_t before, size_t limit, journal_messages_fn fn, void *data)
{
    return ask(journal, &(struct request){
                            .kind = REQUEST_READ, .id = before, .limit = limit, .messages_fn = fn, .data = data});
}

uint64_t journal_read_one(struct journal *journal, uint64_t id, journal_messages_fn fn, void *data)
{
    return ask(journal, &(struct request){
                            .kind = REQUEST_ONE, .id = id, .limit = 1, .messages_fn = fn, .data = data});
}

uint64_t journal_oldest_request(const struct journal *journal)
{
    if (list_is_empty(&journal->requests))
        return UINT64_MAX;
    return container_of(journal->requests.next, struct request, link)->number;
}

uint64_t journal_query(struct journal *journal, const struct journal_query *query, journal_found_fn fn, void *data)
{
    return ask(journal, &(struct request){.kind = REQUEST_QUERY,
                                          .query = query_create(query, &journal->hash_key),
                                          .found_fn = fn,
                                          .data = data});
}

uint64_t journal_read_key(struct journal *journal, enum journal_key kind, uint64_t id, journal_key_fn fn, void *data)
{
    return ask(journal, &(struct request){
                            .kind = REQUEST_KEY, .key_kind = kind, .id = id, .key_fn = fn, .data = data});
}

uint64_t journal_read_audit(struct journal *journal, const struct journal_audit_filter *filter, size_t limit,
                            journal_audit_fn fn, void *data)
{
    return ask(journal, &(struct request){.kind = REQUEST_AUDIT, .audit = audit_query_create(filter, limit, fn, data)});
}

void journal_cancel(struct journal *journal, uint64_t number)
{
    struct request *request;
    list_for_each(request, &journal->requests, link) {
        if (request->number == number) {
            request->is_cancelled = true;
            return;
        }
    }
}
