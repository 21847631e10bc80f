/* picture_source.c - one address on its way: the disk, the network, the decoder; and what is known of its failures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "net/http.h"
#include "net/signature.h"
#include "net/url.h"
#include "overlay/pictures_inside.h"

enum {
    LOOKS_MAX = 2,
    FETCHES_MAX = 4,
    REDIRECTS_MAX = 3,
    TIMEOUT_MS = 10000,
    URL_BYTES_MAX = 2048,
    PASSING_MS = 15000, PASSING_MAX_MS = 600000,      // a failure that may pass: first wait, longest wait
    LASTING_MS = 600000, LASTING_MAX_MS = 21600000,   // one that a person must mend, or that is in the file
    LINES_MAX = 10, LINES_EACH_MS = 60000,            // of the log about failures
};

static const char own_scheme[] = "antiphon:";

static void pump(struct pictures *pictures);

/* ---- sources */

static struct list *bucket_of(struct pictures *pictures, const char *url)
{
    static const struct hash_key key = {{0x7069637475726573, 0x6f766572}};
    return &pictures->buckets[hash_bytes(&key, url, strlen(url)) % SOURCE_BUCKETS];
}

static const char *own_hash(const char *url)
{
    size_t len = strlen(own_scheme);
    if (strncmp(url, own_scheme, len) != 0)
        return NULL;
    return strspn(url + len, "0123456789abcdef") == 64 && url[len + 64] == '\0' ? url + len : NULL;
}

void source_destroy(struct source *source)
{
    struct picture *picture, *following;
    list_for_each_safe(picture, following, &source->items, link)
        picture_destroy(picture);
    http_cancel(source->request);
    list_remove(&source->link);
    list_remove(&source->age);
    list_remove(&source->line);
    source->pictures->source_count--;
    free(source->url);
    free(source);
}

/* Failures are remembered, but not of all addresses that ever were. */
static void forget_oldest(struct pictures *pictures)
{
    struct source *source, *following;
    list_for_each_safe(source, following, &pictures->sources, age) {
        if (pictures->source_count < SOURCES_MAX)
            break;
        if (source->stage == SOURCE_IDLE && list_is_empty(&source->items))
            source_destroy(source);
    }
}

struct source *source_find(struct pictures *pictures, const char *url)
{
    struct list *bucket = bucket_of(pictures, url);
    struct source *source;
    list_for_each(source, bucket, link) {
        if (strcmp(source->url, url) == 0) {
            list_remove(&source->age);
            list_append(&pictures->sources, &source->age);
            return source;
        }
    }
    forget_oldest(pictures);
    source = xcalloc(1, sizeof(*source));
    source->pictures = pictures;
    source->url = xstrdup(url);
    source->own = own_hash(source->url);
    picture_disk_key(url, source->key);
    list_append(bucket, &source->link);
    list_append(&pictures->sources, &source->age);
    list_init(&source->line);
    list_init(&source->items);
    pictures->source_count++;
    return source;
}

static bool is_wanted(const struct source *source)
{
    const struct picture *picture;
    list_for_each(picture, &source->items, link) {
        if (picture_is_wanted(picture))
            return true;
    }
    return false;
}

/* ---- failures */

/*
 * Neither path nor query: who is shown is nobody's business in a log. The key is the file's name in the cache. What went
 * wrong on the network names the server already.
 */
static char *name_of(const struct source *source, const struct error *error)
{
    struct url url = {0};
    if (source->own)
        return xasprintf("the host's own picture %.8s", source->own);
    char *host = url_parse(source->url, "http https", &url, NULL) ? url_label(&url) : NULL;
    bool is_named = !host || strncmp(error->text, host, strlen(host)) == 0;
    char *name = xasprintf("picture %.8s%s%s", source->key, is_named ? "" : " of ", is_named ? "" : host);
    url_fini(&url);
    free(host);
    return name;
}

static void tell_failure(const struct source *source, const struct error *error, int64_t wait_ms)
{
    struct pictures *pictures = source->pictures;
    int64_t now_ms = clock_monotonic_ms();
    if (!pictures->told_from_ms || now_ms - pictures->told_from_ms > LINES_EACH_MS) {
        pictures->told_from_ms = now_ms;
        pictures->told = 0;
    }
    if (pictures->told++ < LINES_MAX) {
        char *name = name_of(source, error);
        log_warn("overlay/pictures", "%s: %s; asked for again after %lld s", name, error->text,
            (long long)(wait_ms + 999) / 1000);
        free(name);
    } else if (pictures->told == LINES_MAX + 1) {
        log_warn("overlay/pictures", "more pictures cannot be had; for a minute they are not told one by one");
    }
}

static void set_timer(struct pictures *pictures)
{
    const struct source *source;
    int64_t first_ms = 0, now_ms = clock_monotonic_ms();
    list_for_each(source, &pictures->sources, age) {
        if (source->retry_ms && source->stage == SOURCE_IDLE && is_wanted(source) &&
            (!first_ms || source->retry_ms < first_ms))
            first_ms = source->retry_ms;
    }
    if (first_ms)
        timer_start(&pictures->retry, first_ms > now_ms ? first_ms - now_ms : 0);
}

static void fail(struct source *source, const struct error *error)
{
    bool is_passing = error->code == ERROR_AGAIN || error->code == ERROR_SYSTEM;
    struct picture *picture;
    source->stage = SOURCE_IDLE;
    source->pictures->stats.failed++;
    source->backoff.first_ms = is_passing ? PASSING_MS : LASTING_MS;
    source->backoff.limit_ms = is_passing ? PASSING_MAX_MS : LASTING_MAX_MS;
    if (source->backoff.attempts == 0)
        backoff_next_ms(&source->backoff);  // the first would be at once
    int64_t wait_ms = backoff_next_ms(&source->backoff);
    source->retry_ms = clock_monotonic_ms() + wait_ms;
    tell_failure(source, error, wait_ms);
    list_for_each(picture, &source->items, link)
        picture_fail(picture);
    set_timer(source->pictures);
}

void sources_handle_retry(void *data)
{
    struct pictures *pictures = data;
    struct source *source, *following;
    list_for_each_safe(source, following, &pictures->sources, age)
        source_need(source);
    set_timer(pictures);
}

/* ---- the worker */

static void push_job(struct source *source, const void *bytes, size_t len)
{
    struct pictures *pictures = source->pictures;
    struct picture_job *job = xcalloc(1, sizeof(*job));
    const struct picture *picture;
    memcpy(job->key, source->key, sizeof(job->key));
    list_for_each(picture, &source->items, link) {
        if (job->size_count < PICTURE_SIZES_MAX && picture_is_wanted(picture))
            job->sizes[job->size_count++] = picture->size;
    }
    // What is on screen may not grow without end: beyond that, new pictures stand still.
    job->is_still = pictures->stats.bytes > 4 * pictures->options.memory_bytes;
    buffer_add(&job->bytes, bytes, len);
    source->stage = SOURCE_AT_WORKER;
    picture_worker_push(pictures->worker, job);
}

static struct source *find_by_key(struct pictures *pictures, const char *key)
{
    struct source *source;
    list_for_each(source, &pictures->sources, age) {
        if (source->stage == SOURCE_AT_WORKER && strcmp(source->key, key) == 0)
            return source;
    }
    return NULL;
}

static void take_frames(struct source *source, struct picture_job *job)
{
    source->stage = SOURCE_IDLE;
    source->retry_ms = 0;
    backoff_reset(&source->backoff);
    source->pictures->stats.decoded++;
    source->pictures->stats.from_disk += job->is_from_disk;
    for (size_t i = 0; i < job->size_count; i++) {
        struct picture *picture;
        list_for_each(picture, &source->items, link) {
            if (picture_is_wanted(picture) && picture_size_equal(&picture->size, &job->sizes[i]) &&
                job->frames[i].count > 0)
                picture_take(picture, &job->frames[i]);
        }
    }
    source_need(source);  // a size more was asked for meanwhile
}

void sources_handle_job(void *data, struct picture_job *job)
{
    struct pictures *pictures = data;
    struct source *source = find_by_key(pictures, job->key);
    pictures->looking -= job->is_from_disk;
    if (source && job->outcome == PICTURE_DECODED) {
        take_frames(source, job);
    } else if (source && job->is_from_disk) {  // not there, or no good
        source->stage = SOURCE_TO_FETCH;
        list_append(&pictures->to_fetch, &source->line);
    } else if (source) {
        fail(source, &job->error);
    }
    picture_job_destroy(job);
    pump(pictures);
}

/* ---- the network */

static bool may_connect(void *data, const struct url *url, const char *address)
{
    const struct source *source = data;
    return picture_hosts_allow(source->pictures->hosts, url, address);
}

static void end_fetch(struct source *source, const void *bytes, size_t len, const struct error *error)
{
    source->request = NULL;
    if (!source->own)
        source->pictures->fetching--;
    if (error->code != ERROR_NONE) {
        fail(source, error);
    } else if (len == 0) {
        struct error empty = {0};
        error_set(&empty, ERROR_DATA, "the file is empty");
        fail(source, &empty);
    } else {
        source->pictures->stats.fetched++;
        push_job(source, bytes, len);
    }
    pump(source->pictures);
}

static void handle_done(void *data, const struct http_result *result)
{
    end_fetch(data, result->body, result->len, &result->error);
}

static bool check_url(const struct source *source, struct error *err)
{
    struct url url = {0};
    if (strlen(source->url) > URL_BYTES_MAX)
        return error_set(err, ERROR_DATA, "its address is longer than %d bytes", URL_BYTES_MAX);
    bool is_good = url_parse(source->url, "http https", &url, err);
    if (is_good && !picture_hosts_allow(source->pictures->hosts, &url, NULL))
        is_good = error_set(err, ERROR_DENIED, "its host is not among those that pictures are fetched from "
            "(overlay.pictures.hosts)");
    url_fini(&url);
    return is_good;
}

/* False: err says why it cannot even begin. */
static bool start_fetch(struct source *source, struct error *err)
{
    struct pictures *pictures = source->pictures;
    const struct pictures_options *options = &pictures->options;
    if (source->own && !options->ask_own)
        return error_set(err, ERROR_DATA, "nobody can be asked for it here");
    source->stage = SOURCE_FETCHING;
    if (source->own) {
        options->ask_own(options->data, source->own);
        return true;
    }
    if (!check_url(source, err))
        return false;
    source->request = http_start(options->loop, &(struct http_options){
        .url = source->url, .redirects_max = REDIRECTS_MAX, .may_connect = may_connect,
        .timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS, .body_bytes_max = PICTURE_BYTES_MAX,
        .on_done = handle_done, .data = source,
    }, err);
    pictures->fetching += source->request != NULL;
    return source->request != NULL;
}

void pictures_take_own(struct pictures *pictures, const char *hash, const void *bytes, size_t len,
    const struct error *err)
{
    char url[80];
    unsigned char digest[SIGNATURE_BYTES];
    char hex[SIGNATURE_HEX_BYTES];
    struct error error = {0};
    snprintf(url, sizeof(url), "%s%s", own_scheme, hash);
    struct source *source = source_find(pictures, url);
    if (!source->own || source->stage != SOURCE_FETCHING)
        return;
    if (err && !bytes)
        error = *err;
    signature_sha256(bytes ? bytes : "", bytes ? len : 0, digest);
    signature_to_hex(digest, hex);
    if (bytes && strcmp(hex, hash) != 0)
        error_set(&error, ERROR_DATA, "what came is another file");
    end_fetch(source, bytes, len, &error);
}

/* ---- the lines */

void source_need(struct source *source)
{
    struct pictures *pictures = source->pictures;
    if (source->stage != SOURCE_IDLE || !is_wanted(source))
        return;
    if (source->retry_ms && clock_monotonic_ms() < source->retry_ms) {
        struct picture *picture;
        list_for_each(picture, &source->items, link)
            picture_fail(picture);
        set_timer(pictures);
        return;
    }
    source->stage = SOURCE_IN_LINE;
    list_append(&pictures->to_look, &source->line);
    pump(pictures);
}

/* The next one in line that somebody still wants; NULL: none. */
static struct source *take_next(struct list *line)
{
    while (!list_is_empty(line)) {
        struct source *source = container_of(line->next, struct source, line);
        list_remove(&source->line);
        if (is_wanted(source))
            return source;
        source->stage = SOURCE_IDLE;
    }
    return NULL;
}

static void pump(struct pictures *pictures)
{
    struct source *source;
    while (pictures->looking < LOOKS_MAX && (source = take_next(&pictures->to_look))) {
        pictures->looking++;
        push_job(source, NULL, 0);
    }
    while (pictures->fetching < FETCHES_MAX && (source = take_next(&pictures->to_fetch))) {
        struct error error = {0};
        if (!start_fetch(source, &error))
            fail(source, &error);
    }
}
