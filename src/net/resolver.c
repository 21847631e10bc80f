#include "net/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/list.h"
#include "base/memory.h"
#include "net/inside.h"

enum { IDLE_THREAD_S = 10, NAME_BYTES_MAX = 253 };

struct resolver_query {
    struct list link;  // in job.queries
    resolver_fn fn;
    void *data;
};

/* One name under way. Queries for the same name share it. */
struct job {
    struct list link;     // in resolver.jobs
    struct list waiting;  // in pool.waiting, until a thread takes it
    struct resolver *resolver;
    struct pool *pool;
    char *name;
    struct list queries;  // the loop's
    struct resolver_answer answer;
};

/* Shared with the threads, and freed by whoever leaves last: a hanging getaddrinfo() may outlive the loop. */
struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct list waiting;  // struct job
    struct loop *loop;    // NULL: gone; jobs are freed by the thread that has them
    int threads, idle, users;
    resolver_lookup_fn lookup;
    void *lookup_data;
};

struct resolver {
    struct loop *loop;
    struct pool *pool;
    struct list jobs;
};

static void add_address(struct resolver_answer *answer, const struct sockaddr *address)
{
    const void *bytes = address->sa_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                                                       : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
    if (answer->count < RESOLVER_ADDRESSES_MAX &&
        inet_ntop(address->sa_family, bytes, answer->addresses[answer->count], INET6_ADDRSTRLEN))
        answer->count++;
}

static void lookup_by_system(void *data, const char *name, struct resolver_answer *answer)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *found = NULL;
    int code = getaddrinfo(name, NULL, &hints, &found);
    if (code != 0) {
        // "Unknown" is no last word: routers and portals say it, too, while the way to the network is lost.
        error_set(&answer->error, ERROR_AGAIN, "%s: %s", name, gai_strerror(code));
        return;
    }
    for (const struct addrinfo *at = found; at; at = at->ai_next) {
        if (at->ai_family == AF_INET || at->ai_family == AF_INET6)
            add_address(answer, at->ai_addr);
    }
    freeaddrinfo(found);
}

static void job_free(struct job *job)
{
    free(job->name);
    free(job);
}

/* In the loop. A query's function may cancel any other and may ask again. */
static void handle_answer(void *data)
{
    struct job *job = data;
    list_remove(&job->link);
    while (!list_is_empty(&job->queries)) {
        struct resolver_query *query = container_of(job->queries.next, struct resolver_query, link);
        list_remove(&query->link);
        query->fn(query->data, &job->answer);
        free(query);
    }
    job_free(job);
}

static void pool_leave(struct pool *pool)
{
    bool is_last = --pool->users == 0;
    pthread_mutex_unlock(&pool->lock);
    if (!is_last)
        return;
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->work);
    free(pool);
}

/* Called and left with the lock held. NULL: nothing came in time, or the loop is gone. */
static struct job *next_job(struct pool *pool)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += IDLE_THREAD_S;
    pool->idle++;
    while (pool->loop && list_is_empty(&pool->waiting)) {
        if (pthread_cond_timedwait(&pool->work, &pool->lock, &until) != 0)
            break;
    }
    pool->idle--;
    if (!pool->loop || list_is_empty(&pool->waiting))
        return NULL;
    struct job *job = container_of(pool->waiting.next, struct job, waiting);
    list_remove(&job->waiting);
    return job;
}

static void run_job(struct pool *pool, struct job *job)
{
    resolver_lookup_fn lookup = pool->lookup;
    void *data = pool->lookup_data;
    pthread_mutex_unlock(&pool->lock);
    lookup(data, job->name, &job->answer);
    if (job->answer.count == 0 && job->answer.error.code == ERROR_NONE)
        error_set(&job->answer.error, ERROR_AGAIN, "%s: no address", job->name);
    pthread_mutex_lock(&pool->lock);
    if (pool->loop)
        loop_post(pool->loop, handle_answer, job);
    else
        job_free(job);
}

static void *work(void *data)
{
    struct pool *pool = data;
    pthread_mutex_lock(&pool->lock);
    for (struct job *job; (job = next_job(pool));)
        run_job(pool, job);
    pool->threads--;
    pool_leave(pool);
    return NULL;
}

/* With the lock held. Signals stay with the loop's thread. */
static void start_thread(struct pool *pool)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    if (pthread_create(&thread, &detached, work, pool) == 0) {
        pool->threads++;
        pool->users++;
    }
    pthread_attr_destroy(&detached);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* The threads that wait have not all taken what was queued before: a thread for each job beyond them. */
static void pool_push(struct pool *pool, struct job *job)
{
    pthread_mutex_lock(&pool->lock);
    list_append(&pool->waiting, &job->waiting);
    int queued = 0;
    const struct list *at;
    for (at = pool->waiting.next; at != &pool->waiting; at = at->next)
        queued++;
    if (queued > pool->idle && pool->threads < RESOLVER_THREADS_MAX)
        start_thread(pool);
    pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->lock);
}

static struct job *job_create(struct resolver *resolver, const char *name)
{
    struct job *job = xcalloc(1, sizeof(*job));
    job->resolver = resolver;
    job->name = xstrdup(name);
    list_init(&job->queries);
    list_init(&job->waiting);
    list_append(&resolver->jobs, &job->link);
    return job;
}

static struct job *find_job(struct resolver *resolver, const char *name)
{
    struct job *job;
    list_for_each(job, &resolver->jobs, link) {
        if (strcmp(job->name, name) == 0)
            return job;
    }
    return NULL;
}

/* True: the name is an address, or cannot be a name; the answer is there. */
static bool answer_at_once(const char *name, struct resolver_answer *answer)
{
    char plain[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    size_t len = strlen(name);
    if (len > NAME_BYTES_MAX || len == 0)
        return !error_set(&answer->error, ERROR_DENIED, "%.60s…: no host name", name);
    if (name[0] == '[' && name[len - 1] == ']') {
        name++;
        len -= 2;
    }
    if (len >= sizeof(plain))
        return false;
    memcpy(plain, name, len);
    plain[len] = '\0';
    if (inet_pton(AF_INET, plain, bytes) != 1 && inet_pton(AF_INET6, plain, bytes) != 1)
        return false;
    memcpy(answer->addresses[0], plain, len + 1);
    answer->count = 1;
    return true;
}

struct resolver_query *resolver_ask(struct loop *loop, const char *name, resolver_fn fn, void *data)
{
    struct resolver *resolver = loop_resolver(loop);
    struct resolver_query *query = xcalloc(1, sizeof(*query));
    query->fn = fn;
    query->data = data;
    struct job *job = find_job(resolver, name);
    bool is_new = !job;
    if (is_new)
        job = job_create(resolver, name);
    list_append(&job->queries, &query->link);
    if (is_new && answer_at_once(name, &job->answer))
        loop_post(loop, handle_answer, job);
    else if (is_new)
        pool_push(resolver->pool, job);
    return query;
}

void resolver_cancel(struct resolver_query *query)
{
    if (!query)
        return;
    list_remove(&query->link);
    free(query);
}

void resolver_set_lookup(struct loop *loop, resolver_lookup_fn lookup, void *data)
{
    struct pool *pool = loop_resolver(loop)->pool;
    pthread_mutex_lock(&pool->lock);
    pool->lookup = lookup;
    pool->lookup_data = data;
    pthread_mutex_unlock(&pool->lock);
}

struct resolver *resolver_create(struct loop *loop)
{
    struct pool *pool = xcalloc(1, sizeof(*pool));
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    list_init(&pool->waiting);
    pool->loop = loop;
    pool->users = 1;
    pool->lookup = lookup_by_system;
    struct resolver *resolver = xcalloc(1, sizeof(*resolver));
    resolver->loop = loop;
    resolver->pool = pool;
    list_init(&resolver->jobs);
    return resolver;
}

/*
 * Jobs in a thread's hands are that thread's now; jobs whose answer is posted are run by the loop, which finds no
 * query in them; jobs that nobody took are freed here.
 */
void resolver_destroy(struct resolver *resolver)
{
    struct pool *pool = resolver->pool;
    struct job *job, *next;
    list_for_each_safe(job, next, &resolver->jobs, link) {
        list_remove(&job->link);
        while (!list_is_empty(&job->queries))
            resolver_cancel(container_of(job->queries.next, struct resolver_query, link));
    }
    pthread_mutex_lock(&pool->lock);
    pool->loop = NULL;
    while (!list_is_empty(&pool->waiting)) {
        job = container_of(pool->waiting.next, struct job, waiting);
        list_remove(&job->waiting);
        job_free(job);
    }
    pthread_cond_broadcast(&pool->work);
    pool_leave(pool);
    free(resolver);
}
