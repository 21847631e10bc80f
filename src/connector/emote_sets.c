#include "connector/emote_sets.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/connector_impl.h"
#include "connector/emote_service.h"
#include "connector/emote_table.h"
#include "net/http.h"
#include "net/loop.h"

enum {
    REFRESH_MS = 60 * 60 * 1000, AGAIN_MS = 10 * 60 * 1000, ANSWER_BYTES_MAX = 8 << 20, CACHE_BYTES_MAX = 1 << 20,
    CACHE_DAYS = 30, CHANNEL_BYTES = 65,
};

/* One set of one service: the channel's, or the global one. */
struct set {
    struct emote_sets *owner;
    enum emote_service service;
    bool is_channel, is_failing;
    int64_t asked_ms;              // monotonic; 0: not yet
    struct http_request *request;  // NULL: none under way
    json_t *emotes;                // owned; array of [word, id]; NULL: not known yet
};

struct emote_sets {
    struct connector *base;
    char *url;                     // owned; NULL: the services' own
    bool wants[EMOTE_SERVICES];
    char platform[16], channel[CHANNEL_BYTES];  // "": not known yet
    struct set sets[2 * EMOTE_SERVICES];        // the channels' first: they go before the global ones
    struct timer refresh;
    struct emote_table *table;     // owned; NULL: nothing loaded
    struct emote_finds finds;
};

/* ---- configuration ---- */

static bool find_service(const char *name, enum emote_service *service)
{
    for (int i = 0; i < EMOTE_SERVICES && name; i++) {
        *service = (enum emote_service)i;
        if (strcmp(name, emote_service_name(*service)) == 0)
            return true;
    }
    return false;
}

bool emote_sets_check(const json_t *config, struct error *err)
{
    const json_t *wanted = json_object_get(config, "emote_sets");
    enum emote_service service;
    size_t index;
    json_t *name;
    if (!wanted || json_is_boolean(wanted))
        return true;
    json_array_foreach ((json_t *)wanted, index, name) {
        if (!find_service(json_string_value(name), &service))
            return error_set(err, ERROR_DATA, "emote_sets[%zu]: expected \"7tv\", \"bttv\" or \"ffz\"", index);
    }
    return json_is_array(wanted) || error_set(err, ERROR_DATA, "emote_sets: expected true, false, or a list like [\"7tv\"]");
}

static bool read_wishes(struct emote_sets *sets, const json_t *config)
{
    const json_t *wanted = json_object_get(config, "emote_sets");
    bool has_any = false;
    for (int i = 0; i < EMOTE_SERVICES; i++)
        sets->wants[i] = !wanted || json_is_true(wanted);
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        enum emote_service service;
        if (find_service(json_string_value(json_array_get(wanted, i)), &service))
            sets->wants[service] = true;
    }
    for (int i = 0; i < EMOTE_SERVICES; i++)
        has_any |= sets->wants[i];
    return has_any;
}

/* ---- the table ---- */

static void add_set(struct emote_table *table, const struct set *set)
{
    size_t index;
    json_t *pair;
    json_array_foreach (set->emotes, index, pair) {
        char url[160];
        struct buffer id = {0};
        struct str word = str_from(json_string_value(json_array_get(pair, 0)));
        struct str own = str_from(json_string_value(json_array_get(pair, 1)));
        if (!emote_service_picture(set->service, own, url))
            continue;
        buffer_printf(&id, "%s:%s", emote_service_name(set->service), own.data);
        emote_table_add(table, word, (struct str){id.data, id.len}, str_from(url));
        buffer_fini(&id);
    }
}

static void rebuild(struct emote_sets *sets)
{
    struct emote_table *table = emote_table_create();
    for (size_t i = 0; i < ARRAY_LENGTH(sets->sets); i++)
        add_set(table, &sets->sets[i]);
    emote_table_destroy(sets->table);
    sets->table = NULL;
    if (emote_table_count(table) > 0) {
        sets->table = table;
    } else {
        emote_table_destroy(table);
    }
}

/* ---- the folder ---- */

/* "…/emotes-7tv-twitch-117166826.json", "…/emotes-ffz-global.json"; NULL: no folder. The caller frees. */
static char *cache_path(const struct set *set)
{
    const struct emote_sets *sets = set->owner;
    const char *folder = sets->base->options.cache_folder;
    if (!folder)
        return NULL;
    if (!set->is_channel)
        return xasprintf("%s/emotes-%s-global.json", folder, emote_service_name(set->service));
    return xasprintf("%s/emotes-%s-%s-%s.json", folder, emote_service_name(set->service), sets->platform, sets->channel);
}

static void load_cached(struct set *set)
{
    struct buffer text = {0};
    char *path = cache_path(set);
    json_t *emotes = NULL;
    if (path && access(path, R_OK) == 0 && file_read(path, CACHE_BYTES_MAX, &text, NULL))
        emotes = json_parse(text.data, text.len, NULL);
    if (json_is_array(emotes)) {
        json_decref(set->emotes);
        set->emotes = emotes;
    } else {
        json_decref(emotes);  // cut short by a crash: it is asked for anew
    }
    buffer_fini(&text);
    free(path);
}

/* Beside it and renamed over it, but not synced: the loop waits for no disk, and what is lost is asked for again. */
static void store(const struct set *set)
{
    char *path = cache_path(set), *text = path ? json_dumps(set->emotes, JSON_COMPACT) : NULL;
    if (text && strlen(text) <= CACHE_BYTES_MAX) {
        char *fresh = xasprintf("%s.new", path);
        FILE *file = fopen(fresh, "we");
        bool is_written = file && fwrite(text, 1, strlen(text), file) == strlen(text);
        is_written = file && fclose(file) == 0 && is_written;
        if (!is_written || rename(fresh, path) != 0)
            unlink(fresh);
        free(fresh);
    }
    free(text);
    free(path);
}

/* Sets of channels that nobody has read for a month. */
static void sweep(const char *folder)
{
    DIR *dir = folder ? opendir(folder) : NULL;
    time_t limit = time(NULL) - (time_t)CACHE_DAYS * 24 * 3600;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        struct stat info;
        if (strncmp(entry->d_name, "emotes-", 7) == 0 && fstatat(dirfd(dir), entry->d_name, &info, 0) == 0 &&
            info.st_mtime < limit)
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    if (dir)
        closedir(dir);
}

/* ---- asking ---- */

static void take_emote(void *data, struct str word, struct str id)
{
    json_t *emotes = data;
    if (word.len > 0 && word.len <= EMOTE_WORD_BYTES_MAX)
        json_array_append_new(emotes, json_pack("[s%s%]", word.data, word.len, id.data, id.len));
}

static bool take_answer(struct set *set, const struct http_result *result, struct error *err)
{
    json_t *emotes = json_array();
    json_t *answer = result->status == 404 ? NULL : json_parse(result->body, result->len, err);
    // 404: nobody has made a set for this channel. That is an answer.
    bool is_good = result->status == 404 || (answer && emote_service_read(set->service, answer, take_emote, emotes));
    if (answer && !is_good)
        error_set(err, ERROR_DATA, "the answer is not a set of emotes");
    json_decref(answer);
    if (is_good) {
        json_decref(set->emotes);
        set->emotes = emotes;
        store(set);
        rebuild(set->owner);
    } else {
        json_decref(emotes);
    }
    return is_good;
}

static void handle_done(void *data, const struct http_result *result)
{
    struct set *set = data;
    struct emote_sets *sets = set->owner;
    struct error err = result->error;
    set->request = NULL;
    bool is_good = (err.code == ERROR_NONE || result->status == 404) && take_answer(set, result, &err);
    if (!is_good && !set->is_failing)
        log_warn("connector/emotes", "%s: %s: %s; its %s emotes stay as they are", sets->base->source,
                 emote_service_title(set->service), err.text, set->is_channel ? "channel's" : "global");
    set->is_failing = !is_good;
    if (!is_good)
        timer_start(&sets->refresh, random_jitter(AGAIN_MS, 20));
}

static void ask(struct set *set)
{
    struct emote_sets *sets = set->owner;
    if (set->request || !sets->wants[set->service] || (set->is_channel && !sets->channel[0]))
        return;
    char *url = emote_service_url(set->service, sets->url, sets->platform, set->is_channel ? sets->channel : NULL);
    struct http_options options = {
        .url = url, .body_bytes_max = ANSWER_BYTES_MAX, .redirects_max = 2, .on_done = handle_done, .data = set};
    connector_fill_http(sets->base, &options);
    set->asked_ms = clock_monotonic_ms();
    set->request = url ? http_start(sets->base->options.loop, &options, NULL) : NULL;
    free(url);
}

static void refresh(void *data)
{
    struct emote_sets *sets = data;
    int64_t now_ms = clock_monotonic_ms();
    timer_start(&sets->refresh, random_jitter(REFRESH_MS, 10));
    for (size_t i = 0; i < ARRAY_LENGTH(sets->sets); i++) {
        struct set *set = &sets->sets[i];
        if (set->asked_ms == 0 || set->is_failing || now_ms - set->asked_ms >= REFRESH_MS / 2)
            ask(set);
    }
}

/* ---- the door ---- */

/* Another server's address stands in the configuration: a test or a rehearsal, whose channel no service knows. */
static bool is_elsewhere(const json_t *config)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)config, key, value) {
        size_t len = strlen(key);
        if (len >= 3 && strcmp(key + len - 3, "url") == 0)
            return !json_object_get(config, "emote_url");
    }
    return false;
}

struct emote_sets *emote_sets_create(struct connector *base, const json_t *config)
{
    struct emote_sets *sets = xcalloc(1, sizeof(*sets));
    sets->base = base;
    if (!base->options.loop || is_elsewhere(config) || !read_wishes(sets, config)) {
        free(sets);
        return NULL;
    }
    sets->url = xstrdup(connector_config_text(config, "emote_url", NULL));
    timer_init(&sets->refresh, base->options.loop, refresh, sets);
    for (int i = 0; i < 2 * EMOTE_SERVICES; i++)
        sets->sets[i] = (struct set){
            .owner = sets, .service = (enum emote_service)(i % EMOTE_SERVICES), .is_channel = i < EMOTE_SERVICES};
    return sets;
}

void emote_sets_destroy(struct emote_sets *sets)
{
    if (!sets)
        return;
    timer_stop(&sets->refresh);
    for (size_t i = 0; i < ARRAY_LENGTH(sets->sets); i++) {
        http_cancel(sets->sets[i].request);
        json_decref(sets->sets[i].emotes);
    }
    emote_table_destroy(sets->table);
    free(sets->finds.found);
    free(sets->url);
    free(sets);
}

void emote_sets_set_channel(struct emote_sets *sets, const char *platform, const char *channel_id)
{
    bool is_same = strcmp(sets->platform, platform) == 0 && strcmp(sets->channel, channel_id) == 0;
    if (is_same || strlen(platform) >= sizeof(sets->platform) || strlen(channel_id) >= CHANNEL_BYTES)
        return;
    char *probe = emote_service_url(EMOTES_7TV, NULL, platform, channel_id);  // it knows all platforms that any of them does
    if (!probe)
        return;
    free(probe);
    if (!sets->channel[0])
        sweep(sets->base->options.cache_folder);
    strcpy(sets->platform, platform);
    strcpy(sets->channel, channel_id);
    for (size_t i = 0; i < ARRAY_LENGTH(sets->sets); i++) {
        struct set *set = &sets->sets[i];
        if (set->is_channel) {  // another channel's
            http_cancel(set->request);
            set->request = NULL;
            json_decref(set->emotes);
            set->emotes = NULL;
            set->asked_ms = 0;
        }
        if (!set->emotes && sets->wants[set->service])
            load_cached(set);
    }
    rebuild(sets);
    refresh(sets);
}

void emote_sets_apply(struct emote_sets *sets, struct message_draft *draft)
{
    if (sets->table && draft->text.len > 0)
        emote_table_apply(sets->table, draft, &sets->finds);
}
