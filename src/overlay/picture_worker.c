#include "overlay/picture_worker.h"

#include <SDL_image.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/poison.h"
#include "net/loop.h"

struct picture_worker {
    struct loop *loop;  // borrowed
    char *cache_folder, *poison_path;  // owned; may be NULL
    size_t cache_bytes;
    void (*done)(void *data, struct picture_job *job);
    void *data;
    pthread_t thread;
    pthread_mutex_t lock;  // guards what follows
    pthread_cond_t wake;
    struct list waiting, finished;
    bool is_ending;
    int refs;              // the owner's, the thread's, and one for each turn of the loop that is asked for
};

void picture_job_destroy(struct picture_job *job)
{
    if (!job)
        return;
    for (size_t i = 0; i < job->size_count; i++)
        picture_frames_fini(&job->frames[i]);
    buffer_fini(&job->bytes);
    free(job);
}

static void drop_jobs(struct list *jobs)
{
    struct picture_job *job, *following;
    list_for_each_safe(job, following, jobs, link) {
        list_remove(&job->link);
        picture_job_destroy(job);
    }
}

static void unref(struct picture_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    bool is_last = --worker->refs == 0;
    pthread_mutex_unlock(&worker->lock);
    if (!is_last)
        return;
    drop_jobs(&worker->waiting);
    drop_jobs(&worker->finished);
    pthread_mutex_destroy(&worker->lock);
    pthread_cond_destroy(&worker->wake);
    free(worker->cache_folder);
    free(worker->poison_path);
    free(worker);
}

/* ---- in the thread */

struct bench {
    struct picture_disk *disk;  // NULL: nothing is kept
    struct poison *poison;
};

/* A test's way to a picture that kills: ANTIPHON_TEST_ABORT_ON_PICTURE names some of its bytes. */
static void abort_if_asked(const struct buffer *bytes)
{
    const char *asked = getenv("ANTIPHON_TEST_ABORT_ON_PICTURE");
    if (asked && *asked && memmem(bytes->data, bytes->len, asked, strlen(asked)))
        abort();
}

static void decode(const struct bench *bench, struct picture_job *job)
{
    job->outcome = PICTURE_BROKEN;
    if (!poison_begin(bench->poison, "overlay/picture", job->bytes.data, job->bytes.len)) {
        error_set(&job->error, ERROR_DENIED, "it ended this program before, and is not decoded again");
        return;
    }
    abort_if_asked(&job->bytes);
    struct picture_size sizes[PICTURE_SIZES_MAX];
    for (size_t i = 0; i < job->size_count; i++) {
        sizes[i] = job->sizes[i];
        sizes[i].is_still |= job->is_still;
    }
    if (picture_decode(job->bytes.data, job->bytes.len, sizes, job->frames, job->size_count, &job->error))
        job->outcome = PICTURE_DECODED;
    poison_end(bench->poison);
}

static void work(const struct bench *bench, struct picture_job *job)
{
    job->is_from_disk = job->bytes.len == 0;
    if (job->is_from_disk && (!bench->disk || !picture_disk_read(bench->disk, job->key, &job->bytes))) {
        job->outcome = PICTURE_NOT_KEPT;
        return;
    }
    decode(bench, job);
    if (bench->disk && job->outcome == PICTURE_DECODED && !job->is_from_disk)
        picture_disk_write(bench->disk, job->key, job->bytes.data, job->bytes.len);
    else if (bench->disk && job->outcome == PICTURE_BROKEN && job->is_from_disk)
        picture_disk_remove(bench->disk, job->key);
}

static void open_bench(const struct picture_worker *worker, struct bench *bench)
{
    struct error err = {0};
    struct poison_case found;
    IMG_Init(IMG_INIT_PNG | IMG_INIT_JPG | IMG_INIT_WEBP);
    if (worker->cache_folder) {
        bench->disk = picture_disk_open(worker->cache_folder, worker->cache_bytes, &err);
        if (!bench->disk)
            log_warn("overlay/pictures", "%s; pictures are not kept", err.text);
    }
    if (worker->poison_path) {
        bench->poison = poison_open(worker->poison_path, &err);
        if (!bench->poison)
            log_warn("overlay/pictures", "%s; a picture that ends this program is not known again", err.text);
    }
    if (poison_found(bench->poison, &found))
        log_error("overlay/pictures", "the last run died decoding a picture of %zu bytes: it is not decoded again",
            found.len);
}

static void close_bench(struct bench *bench)
{
    poison_close(bench->poison);
    picture_disk_close(bench->disk);
    IMG_Quit();
}

static void hand_over(void *data);

/* The next job, or NULL: the end. */
static struct picture_job *wait_for_job(struct picture_worker *worker)
{
    struct picture_job *job = NULL;
    pthread_mutex_lock(&worker->lock);
    while (!worker->is_ending && list_is_empty(&worker->waiting))
        pthread_cond_wait(&worker->wake, &worker->lock);
    if (!worker->is_ending) {
        job = container_of(worker->waiting.next, struct picture_job, link);
        list_remove(&job->link);
    }
    pthread_mutex_unlock(&worker->lock);
    return job;
}

static void *run(void *data)
{
    struct picture_worker *worker = data;
    struct bench bench = {0};
    open_bench(worker, &bench);
    for (struct picture_job *job; (job = wait_for_job(worker));) {
        work(&bench, job);
        pthread_mutex_lock(&worker->lock);
        list_append(&worker->finished, &job->link);
        worker->refs++;
        pthread_mutex_unlock(&worker->lock);
        loop_post(worker->loop, hand_over, worker);
    }
    close_bench(&bench);
    return NULL;
}

/* ---- in the loop */

static void hand_over(void *data)
{
    struct picture_worker *worker = data;
    struct picture_job *job = NULL;
    pthread_mutex_lock(&worker->lock);
    if (!list_is_empty(&worker->finished)) {
        job = container_of(worker->finished.next, struct picture_job, link);
        list_remove(&job->link);
    }
    bool is_ending = worker->is_ending;
    pthread_mutex_unlock(&worker->lock);
    if (job && !is_ending)
        worker->done(worker->data, job);
    else
        picture_job_destroy(job);
    unref(worker);
}

/* Signals belong to the loop; but those of a crash come to the thread that crashed, and poison.h listens for them. */
static int start_thread(struct picture_worker *worker)
{
    static const int of_crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE};
    sigset_t others, before;
    sigfillset(&others);
    for (size_t i = 0; i < ARRAY_LENGTH(of_crashes); i++)
        sigdelset(&others, of_crashes[i]);
    pthread_sigmask(SIG_SETMASK, &others, &before);
    int failure = pthread_create(&worker->thread, NULL, run, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

struct picture_worker *picture_worker_create(const struct picture_worker_options *options, struct error *err)
{
    struct picture_worker *worker = xcalloc(1, sizeof(*worker));
    *worker = (struct picture_worker){
        .loop = options->loop, .cache_folder = xstrdup(options->cache_folder), .cache_bytes = options->cache_bytes,
        .poison_path = xstrdup(options->poison_path), .done = options->done, .data = options->data, .refs = 1,
    };
    list_init(&worker->waiting);
    list_init(&worker->finished);
    pthread_mutex_init(&worker->lock, NULL);
    pthread_cond_init(&worker->wake, NULL);
    int failure = start_thread(worker);
    if (failure != 0) {
        error_set(err, ERROR_SYSTEM, "no thread for pictures: %s", strerror(failure));
        unref(worker);
        return NULL;
    }
    return worker;
}

void picture_worker_destroy(struct picture_worker *worker)
{
    if (!worker)
        return;
    pthread_mutex_lock(&worker->lock);
    worker->is_ending = true;
    pthread_cond_signal(&worker->wake);
    pthread_mutex_unlock(&worker->lock);
    pthread_join(worker->thread, NULL);
    unref(worker);
}

void picture_worker_push(struct picture_worker *worker, struct picture_job *job)
{
    pthread_mutex_lock(&worker->lock);
    list_append(&worker->waiting, &job->link);
    pthread_cond_signal(&worker->wake);
    pthread_mutex_unlock(&worker->lock);
}
