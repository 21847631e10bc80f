#include "relay/sources_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/poison.h"
#include "base/secret.h"
#include "chat/message.h"
#include "connector/inbound.h"
#include "net/loop.h"
#include "relay/intake.h"
#include "relay/journal.h"

enum { SOURCES_MAX = 64 };

/* ---- Making ---- */

static void report_poison(struct sources *sources)
{
    struct poison_case found;
    if (!poison_found(sources->poison, &found))
        return;
    char *text = xasprintf("%s: a frame of %zu bytes ended the last run; it is skipped from now on", found.where, found.len);
    log_error("relay/sources", "%s", text);
    journal_add_audit(sources->options.journal, "relay", "frame.quarantined", text);
    if (sources->options.on_notice)
        sources->options.on_notice(sources->options.data, "warn", found.where, text);
    free(text);
}

static void open_poison(struct sources *sources)
{
    if (!sources->options.runtime_folder)
        return;
    struct error err = {0};
    char *path = xasprintf("%s/relay.poison", sources->options.runtime_folder);
    sources->poison = poison_open(path, &err);
    free(path);
    if (sources->poison) {
        report_poison(sources);
    } else {
        log_warn("relay/sources", "%s; a frame that ends the relay would not be recognised", err.text);
    }
}

struct sources *sources_create(const struct sources_options *options)
{
    struct sources *sources = xcalloc(1, sizeof(*sources));
    sources->options = *options;
    list_init(&sources->list);
    if (options->loop)
        timer_init(&sources->tell, options->loop, source_tell_counts, sources);
    intake_on_late_duplicate(options->intake, source_handle_duplicate, sources);
    open_poison(sources);
    sources->options.runtime_folder = NULL;  // borrowed for this call only
    sources->options.cache_folder = xstrdup(options->cache_folder);
    return sources;
}

static void source_destroy(struct source *source)
{
    list_remove(&source->link);
    connector_destroy(source->connector);
    timer_stop(&source->silence);
    json_decref(source->config);
    json_decref(source->resolved);
    free(source->text);
    free(source->remedy);
    free(source->platform);
    free(source->id);
    free(source);
}

void sources_destroy(struct sources *sources)
{
    if (!sources)
        return;
    if (sources->options.loop)
        timer_stop(&sources->tell);
    struct source *source, *following;
    list_for_each_safe(source, following, &sources->list, link)
        source_destroy(source);
    intake_on_late_duplicate(sources->options.intake, NULL, NULL);
    poison_close(sources->poison);
    free((char *)sources->options.cache_folder);
    free(sources);
}

/* ---- Adding and removing ---- */

static json_t *mask(const json_t *resolved)
{
    json_t *shown = json_deep_copy(resolved);
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe (shown, next, key, value) {
        if (secret_is_key(key) && json_is_string(value))
            json_object_set_new(shown, key, json_string("***"));
    }
    return shown;
}

static bool source_connect(struct source *source, struct error *err)
{
    const struct sources_options *options = &source->owner->options;
    struct connector_options wanted = {
        .loop = options->loop,
        .cursor = journal_cursor(options->journal, source->id),
        .poison = source->owner->poison,
        .logins = options->logins,
        .ca_file = options->ca_file,
        .cache_folder = options->cache_folder,
        .deliver = source_handle_message,
        .on_health = source_handle_health,
        .on_gap = source_handle_gap,
        .on_cursor = source_handle_cursor,
        .on_result = source_handle_result,
        .on_caption = source_handle_caption,
        .data = source,
    };
    source->connector = connector_create(source->resolved, &wanted, err);
    if (!source->connector)
        return false;
    free(source->platform);
    source->platform = xstrdup(connector_platform(source->connector));
    source_take_health(source, connector_health(source->connector));
    return true;
}

static struct source *find(const struct sources *sources, const char *id)
{
    struct source *source;
    list_for_each(source, &sources->list, link) {
        if (strcmp(source->id, id) == 0)
            return source;
    }
    return NULL;
}

static size_t count_sources(const struct sources *sources)
{
    size_t count = 0;
    struct source *source;
    list_for_each(source, &sources->list, link)
        count++;
    return count;
}

const struct source *sources_add(struct sources *sources, const json_t *resolved, const json_t *shown,
                                 struct error *err)
{
    char *id = connector_source_id(resolved, err);
    if (!id)
        return NULL;
    if (find(sources, id) || count_sources(sources) == SOURCES_MAX) {
        error_set(err, ERROR_DATA, find(sources, id) ? "sources: \"%s\" is there already"
                                                     : "sources: \"%s\" would be more than 64; remove one first", id);
        free(id);
        return NULL;
    }
    struct source *source = xcalloc(1, sizeof(*source));
    list_init(&source->link);
    source->owner = sources;
    source->id = id;
    source_watch(source);
    source->resolved = json_deep_copy(resolved);
    source->config = shown ? json_deep_copy(shown) : mask(resolved);
    if (!source_connect(source, err)) {
        source_destroy(source);
        return NULL;
    }
    list_append(&sources->list, &source->link);
    source_tell(source);
    if (sources->options.loop)
        connector_start(source->connector);
    return source;
}

static void end_connector(struct source *source)
{
    const struct sources_options *options = &source->owner->options;
    connector_destroy(source->connector);
    source->connector = NULL;
    if (options->on_ended)
        options->on_ended(options->data, source);
}

static void remove_source(struct sources *sources, struct source *source)
{
    end_connector(source);  // gives its cursor a last time; then that goes as well
    journal_set_cursor(sources->options.journal, source->id, NULL);
    list_remove(&source->link);
    if (sources->options.on_removed)
        sources->options.on_removed(sources->options.data, source);
    source_destroy(source);
}

bool sources_remove(struct sources *sources, const char *id, struct error *err)
{
    struct source *source = find(sources, id);
    if (!source)
        return error_set(err, ERROR_DATA, "sources: there is no \"%s\"", id);
    remove_source(sources, source);
    return true;
}

/* ---- All at once ---- */

/* The ids of the entries; NULL: err names the entry. */
static char **check_all(const json_t *resolved, struct error *err)
{
    size_t count = json_array_size(resolved);
    char **ids = xcalloc(count + 1, sizeof(*ids));
    for (size_t i = 0; i < count; i++) {
        ids[i] = i < SOURCES_MAX ? connector_source_id(json_array_get(resolved, i), err) : NULL;
        bool is_right = ids[i] != NULL || (i == SOURCES_MAX && error_set(err, ERROR_DATA, "more than 64 sources"));
        for (size_t j = 0; is_right && j < i; j++) {
            if (strcmp(ids[i], ids[j]) == 0)
                is_right = error_set(err, ERROR_DATA, "\"%s\" stands there twice", ids[i]);
        }
        if (is_right)
            continue;
        error_prefix(err, "sources[%zu]", i);
        for (size_t j = 0; j <= i; j++)
            free(ids[j]);
        free(ids);
        return NULL;
    }
    return ids;
}

static bool is_in(char *const *ids, const char *id)
{
    while (*ids && strcmp(*ids, id) != 0)
        ids++;
    return *ids != NULL;
}

/* Begins again at its cursor. The check passed, so what fails now is the platform's own matter, and it says so. */
static void change_source(struct source *source, const json_t *resolved, const json_t *shown)
{
    struct error err = {0};
    end_connector(source);
    json_decref(source->resolved);
    json_decref(source->config);
    source->resolved = json_deep_copy(resolved);
    source->config = shown ? json_deep_copy(shown) : mask(resolved);
    if (!source_connect(source, &err)) {
        source->connector = NULL;
        source_take_health(source, &(struct connector_health){.state = CONNECTOR_FAILED, .text = err.text});
    } else if (source->owner->options.loop) {
        connector_start(source->connector);
    }
    source_tell(source);
}

bool sources_change(struct sources *sources, const char *id, const json_t *resolved, const json_t *shown,
                    struct error *err)
{
    struct source *source = find(sources, id);
    if (!source)
        return error_set(err, ERROR_DATA, "there is no source \"%.100s\"", id);
    char *id_now = connector_source_id(resolved, err);
    if (!id_now)
        return false;
    bool is_same = strcmp(id_now, id) == 0;
    if (!is_same)
        error_set(err, ERROR_DATA, "this would be \"%s\": another source, with a place of its own", id_now);
    free(id_now);
    if (is_same && !json_equal(source->resolved, resolved))
        change_source(source, resolved, shown);
    return is_same;
}

bool sources_set(struct sources *sources, const json_t *resolved, const json_t *shown, struct error *err)
{
    char **ids = check_all(resolved, err);
    if (!ids)
        return false;
    struct source *source, *following;
    list_for_each_safe(source, following, &sources->list, link) {
        if (!is_in(ids, source->id))
            remove_source(sources, source);
    }
    for (size_t i = 0; ids[i]; i++) {
        const json_t *entry = json_array_get(resolved, i), *as_shown = json_array_get(shown, i);
        struct error why = {0};
        source = find(sources, ids[i]);
        if (source && !json_equal(source->resolved, entry)) {
            change_source(source, entry, as_shown);
        } else if (!source && !sources_add(sources, entry, as_shown, &why)) {
            log_error("relay/sources", "%s", why.text);
        }
    }
    for (size_t i = 0; ids[i]; i++)
        free(ids[i]);
    free(ids);
    return true;
}

/* ---- The door ---- */

struct connector *sources_find_inbound(const struct sources *sources, const char *token, size_t len)
{
    struct connector *found = NULL;
    struct source *source;
    list_for_each(source, &sources->list, link) {
        if (source->connector && connector_has_token(source->connector, token, len))
            found = source->connector;
    }
    return found;
}

bool sources_want_inbound(const struct sources *sources)
{
    struct source *source;
    list_for_each(source, &sources->list, link) {
        if (source->connector && connector_token(source->connector))
            return true;
    }
    return false;
}

/* ---- Writing ---- */

bool sources_can(const struct sources *sources, const char *id, enum connector_act_kind kind, const char **why_not)
{
    const struct source *source = find(sources, id);
    if (source && source->connector)
        return connector_can(source->connector, kind, why_not);
    if (why_not)
        *why_not = source ? "the source does not run" : "there is no such source";
    return false;
}

uint64_t sources_act(struct sources *sources, const char *id, const struct connector_act *act)
{
    struct source *source = find(sources, id);
    return source && source->connector ? connector_act(source->connector, act) : 0;
}

/* ---- Looking ---- */

const struct source *sources_find(const struct sources *sources, const char *id)
{
    return find(sources, id);
}

void sources_each(const struct sources *sources, void (*fn)(void *data, const struct source *source), void *data)
{
    struct source *source;
    list_for_each(source, &sources->list, link)
        fn(data, source);
}

json_t *sources_write_config(const struct sources *sources)
{
    json_t *array = json_array();
    struct source *source;
    list_for_each(source, &sources->list, link)
        json_array_append(array, source->config);
    return array;
}

bool sources_receive(struct sources *sources, const char *id, const char *frame, size_t len, struct error *err)
{
    struct source *source = find(sources, id);
    if (!source || !source->connector)
        return error_set(err, ERROR_DATA, "sources: there is no \"%s\"", id);
    return connector_receive(source->connector, frame, len, err);
}
