/*
 * The keeper does what may take its time, at low priority: fills the search index behind the commits, finds and
 * overwrites what is to be erased, cuts the logs so that old pages leave the disk, removes files past retention.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "relay/journal_find.h"
#include "relay/journal_index.h"
#include "relay/journal_inside.h"
#include "relay/journal_retention.h"
#include "relay/journal_schema.h"
#include "relay/journal_search.h"
#include "relay/journal_shelf.h"

enum {
    NICE = 10,
    ERASE_PAUSE_MS = 300,         // between two rounds of erasing: a raid's bans are done together
    RETENTION_PAUSE_MS = 3600000,
    RETRY_MS = 1000,
    GATHER_MS = 50,
    BUSY_OPS = 4096,              // the writer has so much to do: indexing waits
    TRUNCATE_TRIES = 200,
    TRUNCATE_PAUSE_MS = 25,
};

/* One file as the keeper works on it. */
struct desk {
    uint64_t first_id, generation;
    sqlite3 *rows;          // read only
    struct search *search;
};

struct journal_keeper {
    struct journal *journal;
    pthread_t thread;
    bool is_running;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    // Under the lock.
    struct list erasures;   // of struct erasure
    bool is_woken, is_stopping;
    // The keeper's alone.
    struct desk newest;     // stays open
    uint64_t *complete;     // closed files whose index is whole
    size_t complete_count;
    int64_t erase_at_ms, retention_at_ms;  // not before
    bool has_complained;
};

/* ---- Desks ---- */

static void desk_close(struct desk *desk)
{
    db_close(desk->rows);
    search_close(desk->search);
    *desk = (struct desk){0};
}

static bool desk_open(struct journal_keeper *keeper, uint64_t first_id, struct desk *desk, struct error *err)
{
    struct journal_files *files = &keeper->journal->files;
    char *path = journal_files_path(files, first_id), *search_path = journal_files_search_path(files, first_id);
    *desk = (struct desk){.first_id = first_id, .generation = journal_files_generation(files)};
    desk->rows = db_open(path, DB_READ, NULL, err);
    desk->search = desk->rows ? search_open(search_path, err) : NULL;
    free(path);
    free(search_path);
    if (!desk->search)
        desk_close(desk);
    return desk->search != NULL;
}

/* The newest file's desk is kept between calls; give others back with put_desk(). */
static struct desk *get_desk(struct journal_keeper *keeper, uint64_t first_id, bool is_newest, struct desk *spare,
                             struct error *err)
{
    if (!is_newest)
        return desk_open(keeper, first_id, spare, err) ? spare : NULL;
    if (keeper->newest.rows && keeper->newest.first_id == first_id &&
        keeper->newest.generation == journal_files_generation(&keeper->journal->files))
        return &keeper->newest;
    desk_close(&keeper->newest);
    return desk_open(keeper, first_id, &keeper->newest, err) ? &keeper->newest : NULL;
}

static void put_desk(struct journal_keeper *keeper, struct desk *desk)
{
    if (desk && desk != &keeper->newest)
        desk_close(desk);
}

static bool is_stopping(struct journal_keeper *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    bool is = keeper->is_stopping;
    pthread_mutex_unlock(&keeper->lock);
    return is;
}

static void complain(struct journal_keeper *keeper, const struct error *err)
{
    if (!keeper->has_complained && !is_stopping(keeper))
        log_warn("relay/journal", "search and erasing wait: %s", err->text);
    keeper->has_complained = true;
}

static void pause_ms(int64_t ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * NS_PER_MS}, NULL);
}

/* ---- Index ---- */

static bool is_complete(const struct journal_keeper *keeper, uint64_t first_id)
{
    for (size_t i = 0; i < keeper->complete_count; i++) {
        if (keeper->complete[i] == first_id)
            return true;
    }
    return false;
}

static void set_complete(struct journal_keeper *keeper, uint64_t first_id)
{
    keeper->complete = xreallocarray(keeper->complete, keeper->complete_count + 1, sizeof(uint64_t));
    keeper->complete[keeper->complete_count++] = first_id;
}

static bool is_writer_busy(struct journal_keeper *keeper)
{
    struct journal_health health;
    journal_get_health(keeper->journal, &health);
    return health.pending > BUSY_OPS;
}

static void note_indexed(struct journal_keeper *keeper, uint64_t indexed_to)
{
    pthread_mutex_lock(&keeper->journal->lock);
    if (indexed_to > keeper->journal->health.indexed_to)
        keeper->journal->health.indexed_to = indexed_to;
    pthread_mutex_unlock(&keeper->journal->lock);
}

/* One batch of one file. True: there may be more. */
static bool index_file(struct journal_keeper *keeper, uint64_t first_id, bool is_newest)
{
    struct error err = {0};
    struct desk spare;
    struct desk *desk = get_desk(keeper, first_id, is_newest, &spare, &err);
    size_t count = 0;
    bool is_done = desk && index_new(desk->rows, desk->search, &count, &err);
    if (!is_done) {
        complain(keeper, &err);
    } else if (is_newest) {
        keeper->has_complained = false;
    } else if (count < INDEX_BATCH) {
        set_complete(keeper, first_id);
    }
    if (is_done)  // the newest file may be empty yet
        note_indexed(keeper, search_indexed_to(desk->search));
    put_desk(keeper, desk);
    return is_done && count == INDEX_BATCH;
}

/* True: there may be more to do. */
static bool index_some(struct journal_keeper *keeper)
{
    if (is_writer_busy(keeper))
        return false;
    size_t count;
    uint64_t *files = journal_files_list(&keeper->journal->files, &count);
    bool is_more = false;
    for (size_t i = 0; i < count && !is_more; i++) {
        if (i + 1 == count || !is_complete(keeper, files[i]))
            is_more = index_file(keeper, files[i], i + 1 == count);
    }
    free(files);
    return is_more;
}

/* ---- Erasing ---- */

/* A reader may hold the log for as long as its query takes. */
static bool truncate_patiently(struct journal_keeper *keeper, sqlite3 *db, struct search *search)
{
    for (int i = 0; i < TRUNCATE_TRIES && !is_stopping(keeper); i++) {
        if (db ? db_truncate_log(db) : search_truncate(search))
            return true;
        pause_ms(TRUNCATE_PAUSE_MS);
    }
    return false;
}

/* Old pages out of the logs, erased words out of the index. */
static bool sweep(struct journal_keeper *keeper, struct shelf *shelf, struct desk *desk, struct error *err)
{
    if (!index_is_stale(desk->rows, desk->search))
        return true;
    if (!truncate_patiently(keeper, shelf->db, NULL))
        return error_set(err, ERROR_AGAIN, "the journal's log is held by a reader");
    return index_heed_erased(desk->rows, desk->search, err) &&
           (truncate_patiently(keeper, NULL, desk->search) ||
            error_set(err, ERROR_AGAIN, "the search index's log is held by a reader"));
}

/*
 * Questions hold texts too, and shout-outs name people. The newest file has overwritten those that are meant, and its log must go. Each file begins
 * with the state of the one before, where it stays as it was: there all of them go. Cursors and the like stay, for the
 * day when the newest file is damaged.
 */
static bool forget_questions(struct journal_keeper *keeper, struct shelf *shelf, bool is_newest, struct error *err)
{
    int before = sqlite3_total_changes(shelf->db);
    static const char sql[] = "DELETE FROM state WHERE key GLOB 'question:*' OR key GLOB 'shoutout:*' OR key = 'on_air:state'";
    if (!is_newest && !db_run(shelf->db, sql, err))
        return false;
    bool has_old_pages = is_newest || sqlite3_total_changes(shelf->db) != before;
    return !has_old_pages || truncate_patiently(keeper, shelf->db, NULL) ||
           error_set(err, ERROR_AGAIN, "the journal's log is held by a reader");
}

static bool erase_in_file(struct journal_keeper *keeper, uint64_t first_id, bool is_newest, struct list *erasures,
                          size_t *rows, struct error *err)
{
    struct desk spare;
    struct desk *desk = get_desk(keeper, first_id, is_newest, &spare, err);
    char *path = journal_files_path(&keeper->journal->files, first_id);
    struct shelf *shelf = desk ? shelf_open(path, first_id, &keeper->journal->hash_key, false, err) : NULL;
    bool is_done = shelf != NULL;
    struct erasure *erasure;
    list_for_each(erasure, erasures, link) {
        if (is_done && erasure->up_to >= first_id)
            is_done = find_and_erase(shelf, desk->search, erasure, rows, err);
    }
    is_done = is_done && forget_questions(keeper, shelf, is_newest, err) && sweep(keeper, shelf, desk, err);
    shelf_close(shelf);
    put_desk(keeper, desk);
    free(path);
    return is_done;
}

struct erased {
    struct answer answer;
    struct journal *journal;
    struct erasure *erasure;  // a reference
    size_t rows;
};

static void give_erased(struct answer *answer)
{
    struct erased *erased = container_of(answer, struct erased, answer);
    struct erasure *erasure = erased->erasure;
    char *key = xasprintf("erase:%llu", (unsigned long long)erasure->number);
    journal_set_state(erased->journal, key, NULL);
    free(key);
    if (erasure->met_erased) {
        const struct journal_erasure edit = {.platform = ""};
        journal_erase(erased->journal, &edit, &erasure->edit_id, 1, NULL, NULL);
    }
    if (erasure->changed && erased->journal->late_edit_fn && !journal_is_erasing(erased->journal, erasure->changed))
        erased->journal->late_edit_fn(erased->journal->late_edit_data, erasure->changed);
    erasure->is_done = true;
    erasure->last_request = erased->journal->last_request;
    journal_forget_erasures(erased->journal);
    if (erasure->fn)
        erasure->fn(erasure->data, erased->rows, clock_monotonic_ms() - erasure->asked_ms);
}

static void destroy_erased(struct answer *answer)
{
    struct erased *erased = container_of(answer, struct erased, answer);
    erasure_unref(erased->erasure);
    free(erased);
}

static void answer_erasures(struct journal_keeper *keeper, struct list *erasures, size_t rows)
{
    struct journal *journal = keeper->journal;
    struct erasure *erasure, *following;
    list_for_each_safe(erasure, following, erasures, link) {
        list_remove(&erasure->link);
        pthread_mutex_lock(&journal->lock);
        journal->health.erase_ms = clock_monotonic_ms() - erasure->asked_ms;
        pthread_mutex_unlock(&journal->lock);
        struct erased *erased = xcalloc(1, sizeof(*erased));
        erased->answer = (struct answer){.give = give_erased, .destroy = destroy_erased};
        erased->journal = journal;
        erased->erasure = erasure;
        erased->rows = rows;
        mailbox_put(journal->mailbox, &erased->answer);
    }
}

static void move_list(struct list *to, struct list *from)
{
    while (!list_is_empty(from)) {
        struct list *link = from->next;
        list_remove(link);
        list_append(to, link);
    }
}

/* A damaged file must not keep the others from being erased. True. */
static bool set_closed_aside(struct journal_keeper *keeper, uint64_t first_id, struct error *err)
{
    char *aside = journal_files_set_aside(&keeper->journal->files, first_id);
    log_error("relay/journal", "%s; it is kept as %s until retention takes it, and is not erased from", err->text, aside);
    free(aside);
    *err = (struct error){0};
    return true;
}

/* Takes all erasures that wait through all files. On failure they wait again. */
static bool erase_all(struct journal_keeper *keeper)
{
    struct list erasures;
    list_init(&erasures);
    pthread_mutex_lock(&keeper->lock);
    move_list(&erasures, &keeper->erasures);
    pthread_mutex_unlock(&keeper->lock);
    if (list_is_empty(&erasures))
        return true;
    size_t count, rows = 0;
    uint64_t *files = journal_files_list(&keeper->journal->files, &count);
    struct error err = {0};
    bool is_done = true;
    for (size_t i = count; is_done && i > 0; i--) {
        is_done = erase_in_file(keeper, files[i - 1], i == count, &erasures, &rows, &err);
        if (!is_done && i < count && err.code == ERROR_DATA)
            is_done = set_closed_aside(keeper, files[i - 1], &err);
    }
    free(files);
    if (is_done) {
        answer_erasures(keeper, &erasures, rows);
    } else {
        complain(keeper, &err);
        pthread_mutex_lock(&keeper->lock);
        move_list(&keeper->erasures, &erasures);
        pthread_mutex_unlock(&keeper->lock);
    }
    return is_done;
}

/* Edited rows: nobody waits, but their old words must not be found. */
static void sweep_newest(struct journal_keeper *keeper)
{
    uint64_t first_id = journal_files_newest(&keeper->journal->files);
    struct error err = {0};
    struct desk *desk = first_id ? get_desk(keeper, first_id, true, NULL, &err) : NULL;
    if (!desk || !index_is_stale(desk->rows, desk->search))
        return;
    char *path = journal_files_path(&keeper->journal->files, first_id);
    struct shelf *shelf = shelf_open(path, first_id, &keeper->journal->hash_key, false, &err);
    if (!shelf || !sweep(keeper, shelf, desk, &err))
        complain(keeper, &err);
    shelf_close(shelf);
    free(path);
}

/* ---- The thread ---- */

/* Until then, or until stopped; with `or_woken` also until there is something new. Under the lock. */
static void sleep_until(struct journal_keeper *keeper, int64_t until_ms, bool or_woken)
{
    struct timespec deadline = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * NS_PER_MS};
    int result = 0;
    while (!keeper->is_stopping && !(or_woken && keeper->is_woken) && result == 0)
        result = pthread_cond_timedwait(&keeper->wake, &keeper->lock, &deadline);
}

/* Until woken, or for as long as something is put off. Each commit wakes: a pause makes batches of them. False: stop. */
static bool wait_for_work(struct journal_keeper *keeper, int64_t limit_ms)
{
    int64_t now = clock_monotonic_ms();
    pthread_mutex_lock(&keeper->lock);
    sleep_until(keeper, now + (limit_ms < GATHER_MS ? limit_ms : GATHER_MS), false);
    sleep_until(keeper, now + limit_ms, true);
    keeper->is_woken = false;
    bool is_on = !keeper->is_stopping;
    pthread_mutex_unlock(&keeper->lock);
    return is_on;
}

static void *keeper_main(void *data)
{
    struct journal_keeper *keeper = data;
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);  // a thread's own on Linux
    int64_t wait_ms = 0;
    while (wait_for_work(keeper, wait_ms)) {
        int64_t now = clock_monotonic_ms();
        wait_ms = RETRY_MS;
        if (now >= keeper->erase_at_ms) {
            erase_all(keeper);
            sweep_newest(keeper);
            keeper->erase_at_ms = clock_monotonic_ms() + ERASE_PAUSE_MS;
        } else {
            wait_ms = keeper->erase_at_ms - now;
        }
        while (index_some(keeper) && !is_stopping(keeper) && clock_monotonic_ms() < keeper->erase_at_ms)
            wait_ms = 0;
        if (is_writer_busy(keeper))
            wait_ms = TRUNCATE_PAUSE_MS;
        if (clock_monotonic_ms() >= keeper->retention_at_ms) {
            journal_remove_old(keeper->journal);
            keeper->retention_at_ms = clock_monotonic_ms() + RETENTION_PAUSE_MS;
        }
    }
    return NULL;
}

bool journal_keeper_start(struct journal *journal, struct error *err)
{
    struct journal_keeper *keeper = journal->keeper = xcalloc(1, sizeof(*keeper));
    keeper->journal = journal;
    list_init(&keeper->erasures);
    pthread_mutex_init(&keeper->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&keeper->thread, NULL, keeper_main, keeper) != 0)
        return error_set(err, ERROR_SYSTEM, "journal: the system gives no thread");
    keeper->is_running = true;
    return true;
}

void journal_keeper_stop(struct journal *journal)
{
    struct journal_keeper *keeper = journal->keeper;
    if (!keeper)
        return;
    pthread_mutex_lock(&keeper->lock);
    keeper->is_stopping = true;
    pthread_cond_signal(&keeper->wake);
    pthread_mutex_unlock(&keeper->lock);
    if (keeper->is_running)
        pthread_join(keeper->thread, NULL);
    keeper->is_running = false;
    desk_close(&keeper->newest);
}

void journal_keeper_destroy(struct journal *journal)
{
    struct journal_keeper *keeper = journal->keeper;
    if (!keeper)
        return;
    struct erasure *erasure, *following;
    list_for_each_safe(erasure, following, &keeper->erasures, link)
        erasure_unref(erasure);
    pthread_mutex_destroy(&keeper->lock);
    pthread_cond_destroy(&keeper->wake);
    free(keeper->complete);
    free(keeper);
    journal->keeper = NULL;
}

void journal_keeper_wake(struct journal *journal)
{
    struct journal_keeper *keeper = journal->keeper;
    pthread_mutex_lock(&keeper->lock);
    keeper->is_woken = true;
    pthread_cond_signal(&keeper->wake);
    pthread_mutex_unlock(&keeper->lock);
}

void journal_keeper_erase(struct journal *journal, struct erasure *erasure)
{
    struct journal_keeper *keeper = journal->keeper;
    pthread_mutex_lock(&keeper->lock);
    list_append(&keeper->erasures, &erasure->link);
    keeper->is_woken = true;
    pthread_cond_signal(&keeper->wake);
    pthread_mutex_unlock(&keeper->lock);
}
