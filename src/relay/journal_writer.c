/*
 * The writer: takes all that stands in line, makes one transaction of it, and begins again. What cannot be committed is
 * kept and tried again; a damaged file is set aside, and a new one begins with the state as it stands in memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "relay/journal_inside.h"
#include "relay/journal_load.h"
#include "relay/journal_schema.h"
#include "relay/journal_shelf.h"

enum { RETRY_FIRST_MS = 100, RETRY_MAX_MS = 5000, STOP_LIMIT_MS = 5000, STOP_DOWN_LIMIT_MS = 500, FAILURES_MAX = 5 };

struct journal_writer {
    struct journal *journal;
    pthread_t thread;
    bool is_running;
    struct shelf *shelf;         // the newest file; NULL: none can be written
    bool wants_new_file;         // a new show
    uint64_t last_id;            // the highest that any file holds
    struct op_list batch;        // taken and not committed
    struct journal_state state;  // at the end of batch, when a new file is due
    bool has_state;
    int log_fd;                  // of the write-ahead log, for syncing; -1: not open
    int64_t unsynced_ms;         // monotonic: the first commit that is not synced; 0: all are
    int64_t retry_ms;            // monotonic: not before; 0: at once
    int64_t retry_delay_ms;
    int failures;                // in a row
};

/* ---- Opening ---- */

static void set_aside(struct journal_writer *writer, uint64_t first_id, const struct error *why)
{
    struct journal *journal = writer->journal;
    shelf_close(writer->shelf);
    writer->shelf = NULL;
    char *aside = journal_files_set_aside(&journal->files, first_id);
    log_error("relay/journal", "%s; it is kept as %s, and a new file begins with what is in memory", why->text, aside);
    free(aside);
}

/* The newest file that can be read. Damaged ones are set aside. True: one is open, or there is none to open. */
static bool open_newest(struct journal_writer *writer, bool *is_odd, struct error *err)
{
    struct journal *journal = writer->journal;
    uint64_t first_id;
    while (!writer->shelf && (first_id = journal_files_newest(&journal->files))) {
        char *path = journal_files_path(&journal->files, first_id);
        bool is_begun = journal_is_begun(path);
        writer->shelf = is_begun ? shelf_open(path, first_id, &journal->hash_key, false, err) : NULL;
        free(path);
        if (writer->shelf)
            break;
        if (!is_begun) {
            journal_files_remove(&journal->files, first_id);
            continue;
        }
        *is_odd = true;
        if (err->code != ERROR_DATA)
            return false;
        set_aside(writer, first_id, err);
    }
    return true;
}

static void load_newest(struct journal_writer *writer)
{
    struct journal *journal = writer->journal;
    struct shelf *shelf = writer->shelf;
    journal_load_identity(journal, shelf->db);
    shelf->hash_key = journal->hash_key;
    journal_load_state(journal, shelf->db);
    int64_t newest_ms = db_number(shelf->db, "SELECT received_ms FROM messages ORDER BY id DESC LIMIT 1", 0);
    writer->wants_new_file = newest_ms > 0 && clock_unix_ms() - newest_ms > journal->options.show_pause_ms;
    writer->last_id = shelf->last_id > 0 ? shelf->last_id : shelf->first_id - 1;
    uint64_t reserved = (uint64_t)db_get_meta_int(shelf->db, "reserved", 1);
    journal->next_id = reserved > writer->last_id ? reserved : writer->last_id + 1;
}

/* ---- Syncing the log: what bounds the cost of a power loss ---- */

static void close_log(struct journal_writer *writer)
{
    if (writer->log_fd >= 0)
        close(writer->log_fd);
    writer->log_fd = -1;
    writer->unsynced_ms = 0;
}

/*
 * In WAL mode with synchronous=NORMAL SQLite syncs only at checkpoints, which in a quiet chat may be hours apart. The
 * log has no POSIX locks on it (they are on the file and its -shm), so opening and closing it here takes none away.
 */
static void sync_log(struct journal_writer *writer)
{
    if (writer->log_fd < 0 && writer->shelf) {
        const char *path = sqlite3_db_filename(writer->shelf->db, "main");
        const char *log = sqlite3_filename_wal(path);
        writer->log_fd = open(log, O_RDONLY | O_CLOEXEC);
    }
    if (writer->log_fd >= 0 && fdatasync(writer->log_fd) != 0)
        log_warn("relay/journal", "the log cannot be synced: %s", strerror(errno));
    writer->unsynced_ms = 0;
}

/* A folder that was deleted or moved under us would swallow the rest of the show. */
static bool is_file_there(const struct journal_writer *writer)
{
    struct stat named;
    return stat(sqlite3_db_filename(writer->shelf->db, "main"), &named) == 0;
}

static void sync_if_due(struct journal_writer *writer)
{
    int64_t now = clock_monotonic_ms();
    if (writer->unsynced_ms == 0 || now - writer->unsynced_ms < writer->journal->options.sync_ms)
        return;
    sync_log(writer);
    if (writer->shelf && !is_file_there(writer)) {
        log_error("relay/journal", "%s was deleted; a new file begins with what is in memory",
                  sqlite3_db_filename(writer->shelf->db, "main"));
        journal_files_forget(&writer->journal->files, writer->shelf->first_id);
        close_log(writer);
        shelf_close(writer->shelf);
        writer->shelf = NULL;
    }
}

/* ---- One transaction ---- */

static bool is_new_file_due(const struct journal_writer *writer)
{
    const struct shelf *shelf = writer->shelf;
    const struct journal_options *options = &writer->journal->options;
    if (!shelf || writer->wants_new_file)
        return true;
    return shelf->rows >= options->file_messages ||
           (shelf->first_ms > 0 && clock_unix_ms() - shelf->first_ms > options->file_age_ms);
}

/* Under the lock. A new file begins with the state at the end of the batch, so then all that waits is taken. */
static void take(struct journal_writer *writer)
{
    struct journal *journal = writer->journal;
    bool is_new = is_new_file_due(writer);
    if (writer->batch.count == 0) {
        struct op_list empty = writer->batch;
        writer->batch = journal->pending;
        journal->pending = empty;
    } else if (is_new) {
        for (size_t i = 0; i < journal->pending.count; i++)
            op_list_add(&writer->batch, journal->pending.items[i]);
        journal->pending.count = 0;
    }
    journal->in_hand = writer->batch.count;
    if (is_new) {
        journal_state_fini(&writer->state);
        writer->state = journal_state_copy(&journal->state);
    }
    writer->has_state = is_new;
}

static bool fill(struct journal_writer *writer, struct shelf *shelf, uint64_t reserve, struct error *err)
{
    struct journal *journal = writer->journal;
    if (!shelf_begin(shelf, err))
        return false;
    if (writer->has_state &&
        (!journal_write_identity(journal, shelf->db, err) || !shelf_write_state(shelf, &writer->state, err)))
        return false;
    if (reserve && !db_set_meta_int(shelf->db, "reserved", (int64_t)reserve, err))
        return false;
    for (size_t i = 0; i < writer->batch.count; i++) {
        if (!shelf_apply(shelf, &writer->batch.items[i], err))
            return false;
    }
    return shelf_finish(shelf, err);
}

static bool commit_here(struct journal_writer *writer, uint64_t reserve, struct error *err)
{
    if (fill(writer, writer->shelf, reserve, err))
        return true;
    shelf_rollback(writer->shelf);
    return false;
}

static bool commit_in_new_file(struct journal_writer *writer, uint64_t reserve, struct error *err)
{
    struct journal *journal = writer->journal;
    uint64_t first_id = writer->last_id + 1;
    char *path = journal_files_path(&journal->files, first_id);
    bool has_folder = journal_files_retry(&journal->files, err);
    struct shelf *shelf = !has_folder ? NULL : shelf_open(path, first_id, &journal->hash_key, true, err);
    free(path);
    if (!shelf || !fill(writer, shelf, reserve, err)) {
        shelf_close(shelf);
        if (has_folder && journal_files_newest(&journal->files) != first_id)
            journal_files_remove(&journal->files, first_id);
        err->code = ERROR_AGAIN;  // whatever it was, the file before this one is not to blame
        return false;
    }
    close_log(writer);
    shelf_close(writer->shelf);
    writer->shelf = shelf;
    writer->wants_new_file = false;
    journal_files_add(&journal->files, first_id);
    log_debug("relay/journal", "new file from id %llu", (unsigned long long)first_id);
    return true;
}

static size_t count_batch(const struct op_list *batch, size_t *bytes)
{
    size_t messages = 0;
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->items[i].kind > OP_REPLACE)
            continue;
        messages++;
        *bytes += message_cost(batch->items[i].message);
    }
    return messages;
}

/* Answers and orders that waited for the commit. */
static void release_batch(struct journal_writer *writer)
{
    struct journal *journal = writer->journal;
    for (size_t i = 0; i < writer->batch.count; i++) {
        struct op *op = &writer->batch.items[i];
        if (op->kind == OP_DURABLE) {
            mailbox_put(journal->mailbox, op->answer);
            op->answer = NULL;
        } else if (op->kind == OP_FIND) {
            journal_keeper_erase(journal, op->erasure);
            op->erasure = NULL;
        }
    }
    op_list_clear(&writer->batch);
}

/* True: the disk had refused before. */
static bool account(struct journal *journal, const struct op_list *batch, uint64_t reserve)
{
    size_t bytes = 0, messages = count_batch(batch, &bytes);
    pthread_mutex_lock(&journal->lock);
    bool was_down = journal->health.is_down;
    if (reserve) {
        journal->reserved = reserve;
        journal->is_beyond = false;
    }
    journal->held_messages -= messages;
    journal->held_bytes -= bytes;
    journal->health.committed += messages;
    journal->health.commits++;
    journal->health.is_down = false;
    journal->health.text[0] = '\0';
    pthread_mutex_unlock(&journal->lock);
    return was_down;
}

static void handle_commit(struct journal_writer *writer, uint64_t reserve)
{
    struct journal *journal = writer->journal;
    if (writer->shelf->last_id > writer->last_id)
        writer->last_id = writer->shelf->last_id;
    if (writer->unsynced_ms == 0)
        writer->unsynced_ms = clock_monotonic_ms();
    writer->retry_ms = writer->retry_delay_ms = 0;
    writer->failures = 0;
    // Who is told that it is durable finds the counts right; who waits for the counts finds the answers given.
    bool was_down = account(journal, &writer->batch, reserve);
    release_batch(writer);
    if (was_down) {
        log_info("relay/journal", "%s: works again", journal->files.folder);
        journal_post_resumed(journal);
    }
    pthread_mutex_lock(&journal->lock);
    journal->in_hand = 0;
    pthread_cond_broadcast(&journal->committed);
    pthread_mutex_unlock(&journal->lock);
    journal_keeper_wake(journal);
}

static void handle_failure(struct journal_writer *writer, const struct error *err)
{
    struct journal *journal = writer->journal;
    if (err->code == ERROR_DATA && writer->shelf) {
        close_log(writer);
        set_aside(writer, writer->shelf->first_id, err);
        return;  // and at once into a new file
    }
    if (++writer->failures >= FAILURES_MAX && writer->shelf) {
        // A disk that went away and came back leaves dead descriptors: the next attempt is a file of its own.
        close_log(writer);
        shelf_close(writer->shelf);
        writer->shelf = NULL;
    }
    int64_t delay = writer->retry_delay_ms ? writer->retry_delay_ms * 2 : RETRY_FIRST_MS;
    writer->retry_delay_ms = delay < RETRY_MAX_MS ? delay : RETRY_MAX_MS;
    writer->retry_ms = clock_monotonic_ms() + writer->retry_delay_ms;
    pthread_mutex_lock(&journal->lock);
    bool is_new = !journal->health.is_down;
    journal->health.is_down = true;
    snprintf(journal->health.text, sizeof(journal->health.text), "%.255s", err->text);
    pthread_mutex_unlock(&journal->lock);
    if (is_new) {
        log_warn("relay/journal", "%s; the show goes on, up to %zu messages are kept in memory until it works again",
                 err->text, journal->options.pending_messages);
    }
}

static uint64_t choose_reserve(struct journal *journal, bool is_new_file)
{
    pthread_mutex_lock(&journal->lock);
    bool is_due = is_new_file || journal->next_id + JOURNAL_ID_BLOCK / 2 > journal->reserved;
    uint64_t reserve = is_due ? journal->next_id + JOURNAL_ID_BLOCK : 0;
    if (reserve && reserve < journal->reserved)
        reserve = journal->reserved;
    pthread_mutex_unlock(&journal->lock);
    return reserve;
}

static void commit(struct journal_writer *writer)
{
    struct error err = {0};
    uint64_t reserve = choose_reserve(writer->journal, writer->has_state);
    bool is_done = writer->has_state ? commit_in_new_file(writer, reserve, &err) : commit_here(writer, reserve, &err);
    if (is_done) {
        handle_commit(writer, reserve);
    } else {
        handle_failure(writer, &err);
    }
}

/* ---- The thread ---- */

/* Monotonic ms until which there is nothing to do but to wait; INT64_MAX: until woken. Under the lock. */
static int64_t next_due(const struct journal_writer *writer)
{
    const struct journal *journal = writer->journal;
    int64_t due = INT64_MAX;
    if (writer->batch.count > 0 || journal->pending.count > 0)
        due = writer->retry_ms;
    if (writer->unsynced_ms > 0 && writer->unsynced_ms + journal->options.sync_ms < due)
        due = writer->unsynced_ms + journal->options.sync_ms;
    return due;
}

static void wait_for_work(struct journal_writer *writer)
{
    struct journal *journal = writer->journal;
    while (!journal->is_stopping) {
        int64_t due = next_due(writer);
        if (due <= clock_monotonic_ms())
            return;
        journal->is_writer_idle = true;
        if (due == INT64_MAX) {
            pthread_cond_wait(&journal->wake_writer, &journal->lock);
        } else {
            struct timespec until = {.tv_sec = due / 1000, .tv_nsec = due % 1000 * NS_PER_MS};
            pthread_cond_timedwait(&journal->wake_writer, &journal->lock, &until);
        }
        journal->is_writer_idle = false;
    }
}

/* Nothing is lost that still fits the disk. Ids that were not used go back. */
static void finish(struct journal_writer *writer)
{
    struct journal *journal = writer->journal;
    int64_t limit = clock_monotonic_ms() + (journal->health.is_down ? STOP_DOWN_LIMIT_MS : STOP_LIMIT_MS);
    while (journal->pending.count + writer->batch.count > 0 && clock_monotonic_ms() < limit) {
        take(writer);
        commit(writer);
        if (writer->retry_ms > 0)
            nanosleep(&(struct timespec){.tv_nsec = 50 * NS_PER_MS}, NULL);
    }
    size_t left = journal->pending.count + writer->batch.count;
    if (left > 0)
        log_error("relay/journal", "%s: closed with %zu entries that the disk did not take", journal->files.folder, left);
    if (writer->shelf && !journal->is_beyond)
        db_set_meta_int(writer->shelf->db, "reserved", (int64_t)journal->next_id, NULL);
    sync_log(writer);
}

static void *writer_main(void *data)
{
    struct journal_writer *writer = data;
    struct journal *journal = writer->journal;
    pthread_mutex_lock(&journal->lock);
    while (!journal->is_stopping) {
        wait_for_work(writer);
        if (journal->is_stopping)
            break;
        bool is_due = writer->retry_ms <= clock_monotonic_ms();
        if (is_due)
            take(writer);
        pthread_mutex_unlock(&journal->lock);
        if (is_due && writer->batch.count > 0)
            commit(writer);
        sync_if_due(writer);
        pthread_mutex_lock(&journal->lock);
    }
    pthread_mutex_unlock(&journal->lock);
    finish(writer);
    return NULL;
}

static bool reserve_first(struct journal_writer *writer, bool is_odd, uint64_t reserve, struct error *err)
{
    struct journal *journal = writer->journal;
    struct shelf *shelf = writer->shelf;
    if (shelf && !is_odd) {
        shelf->skipped += (size_t)(journal->next_id - writer->last_id - 1);
        return db_set_meta_int(shelf->db, "skipped", (int64_t)shelf->skipped, err) &&
               db_set_meta_int(shelf->db, "reserved", (int64_t)reserve, err);
    }
    writer->has_state = true;
    writer->state = journal_state_copy(&journal->state);
    return commit_in_new_file(writer, reserve, err);
}

/* Before the threads: ids are reserved on the disk, or drawn so that they cannot come again. */
static void begin_ids(struct journal_writer *writer, bool is_odd)
{
    struct journal *journal = writer->journal;
    struct error err = {0};
    if (journal->next_id == 0)
        journal->next_id = 1;
    if (is_odd) {
        uint64_t now = (uint64_t)clock_unix_ms();
        journal->next_id = now > journal->next_id ? now : journal->next_id;
        writer->last_id = journal->next_id - 1;
    }
    uint64_t reserve = journal->next_id + JOURNAL_ID_BLOCK;
    journal->reserved = reserve;
    if (reserve_first(writer, is_odd, reserve, &err)) {
        sync_log(writer);
        return;
    }
    uint64_t now = (uint64_t)clock_unix_ms();
    journal->next_id = now > journal->next_id ? now : journal->next_id;
    journal->reserved = journal->next_id;
    journal->is_beyond = true;
    handle_failure(writer, &err);
}

void journal_writer_open(struct journal *journal)
{
    struct journal_writer *writer = journal->writer = xcalloc(1, sizeof(*writer));
    writer->journal = journal;
    writer->log_fd = -1;
    bool is_odd = false;
    struct error why = {0};
    journal_draw_identity(journal);
    if (!open_newest(writer, &is_odd, &why))
        handle_failure(writer, &why);
    if (writer->shelf)
        load_newest(writer);
    journal_load_gaps(journal);
    begin_ids(writer, is_odd);
}

bool journal_writer_start(struct journal *journal, struct error *err)
{
    struct journal_writer *writer = journal->writer;
    if (pthread_create(&writer->thread, NULL, writer_main, writer) != 0)
        return error_set(err, ERROR_SYSTEM, "journal: the system gives no thread");
    writer->is_running = true;
    return true;
}

void journal_writer_stop(struct journal *journal)
{
    struct journal_writer *writer = journal->writer;
    if (!writer)
        return;
    pthread_mutex_lock(&journal->lock);
    journal->is_stopping = true;
    pthread_cond_signal(&journal->wake_writer);
    pthread_mutex_unlock(&journal->lock);
    if (writer->is_running)
        pthread_join(writer->thread, NULL);
    close_log(writer);
    shelf_close(writer->shelf);
    op_list_fini(&writer->batch);
    journal_state_fini(&writer->state);
    free(writer);
    journal->writer = NULL;
}
