#include "video/scribe.h"

#include <glib.h>
#include <stdlib.h>

#include "base/memory.h"

enum { WAITING_MAX = 256 };

static GMutex lock;
static GCond changed;
static int ending;  // scribes that were told to end; guarded by lock

struct job {
    void (*write)(void *data);
    void *data;
    bool is_last;
};

struct scribe {
    GAsyncQueue *jobs;
    GThread *thread;
};

static void note_end(int step)
{
    g_mutex_lock(&lock);
    ending += step;
    g_cond_broadcast(&changed);
    g_mutex_unlock(&lock);
}

static void *work(void *data)
{
    struct scribe *scribe = data;
    for (bool is_last = false; !is_last;) {
        struct job *job = g_async_queue_pop(scribe->jobs);
        job->write(job->data);
        is_last = job->is_last;
        free(job);
    }
    g_async_queue_unref(scribe->jobs);
    free(scribe);
    note_end(-1);
    return NULL;
}

struct scribe *scribe_create(void)
{
    struct scribe *scribe = xcalloc(1, sizeof(*scribe));
    scribe->jobs = g_async_queue_new();
    scribe->thread = g_thread_new("scribe", work, scribe);
    g_thread_unref(scribe->thread);
    return scribe;
}

static void push(struct scribe *scribe, void (*write)(void *data), void *data, bool is_last)
{
    struct job *job = xmalloc(sizeof(*job));
    *job = (struct job){write, data, is_last};
    g_async_queue_push(scribe->jobs, job);
}

bool scribe_tell(struct scribe *scribe, void (*write)(void *data), void *data)
{
    bool is_room = g_async_queue_length(scribe->jobs) < WAITING_MAX;
    if (is_room)
        push(scribe, write, data, false);
    return is_room;
}

void scribe_end(struct scribe *scribe, void (*last)(void *data), void *data)
{
    if (!scribe)
        return;
    note_end(+1);
    push(scribe, last, data, true);
}

bool scribe_wait(int timeout_ms)
{
    gint64 until = g_get_monotonic_time() + timeout_ms * (gint64)1000;
    g_mutex_lock(&lock);
    while (ending > 0 && g_cond_wait_until(&changed, &lock, until))
        continue;
    bool is_over = ending == 0;
    g_mutex_unlock(&lock);
    return is_over;
}
