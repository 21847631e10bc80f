#include "cli/check_sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "chat/message.h"
#include "cli/one_shot.h"
#include "connector/connector.h"
#include "net/loop.h"

struct trial {
    struct connector *connector;  // NULL: it could not be made
    char *id, *why;               // owned; why: then
};

struct hall {
    struct loop *loop;
    struct trial *trials;
    size_t count;
};

static enum source_verdict judge(const char *state)
{
    if (strcmp(state, "live") == 0 || strcmp(state, "waiting") == 0)
        return SOURCE_GOOD;
    return strcmp(state, "failed") == 0 ? SOURCE_BAD : SOURCE_UNSURE;
}

static void say(check_source_fn fn, void *data, const char *id, const char *state, const char *text, const char *remedy)
{
    bool has_remedy = remedy && *remedy;
    char *line = xasprintf("%s: %s%s%s", state, text ? text : "", has_remedy ? "; " : "", has_remedy ? remedy : "");
    fn(data, judge(state), id, line);
    free(line);
}

/* ---- Here ---- */

static void drop(void *data, struct message *message)
{
}

static void end(void *data)
{
    const struct hall *hall = data;
    loop_stop(hall->loop);
}

static bool is_settled(const struct connector *connector)
{
    enum connector_state state = connector_health(connector)->state;
    return state == CONNECTOR_LIVE || state == CONNECTOR_WAITING || state == CONNECTOR_FAILED;
}

static void handle_health(void *data, const struct connector_health *health)
{
    const struct hall *hall = data;
    for (size_t i = 0; i < hall->count; i++) {
        if (hall->trials[i].connector && !is_settled(hall->trials[i].connector))
            return;
    }
    loop_stop(hall->loop);
}

static void begin(struct hall *hall, struct trial *trial, const json_t *source)
{
    struct error err = {0};
    const struct connector_options options = {
        .loop = hall->loop, .deliver = drop, .on_health = handle_health, .data = hall};
    trial->id = connector_source_id(source, &err);
    trial->connector = trial->id ? connector_create(source, &options, &err) : NULL;
    if (!trial->connector)
        trial->why = xstrdup(err.text);
}

static void run(struct hall *hall)
{
    struct timer limit;
    timer_init(&limit, hall->loop, end, hall);
    timer_start(&limit, CHECK_SOURCES_MS);
    for (size_t i = 0; i < hall->count; i++) {
        if (hall->trials[i].connector)
            connector_start(hall->trials[i].connector);
    }
    loop_run(hall->loop, NULL);
    timer_stop(&limit);
}

static void report(const struct trial *trial, check_source_fn fn, void *data)
{
    if (!trial->connector) {
        say(fn, data, trial->id ? trial->id : "source", "failed", trial->why, NULL);
        return;
    }
    const struct connector_health *health = connector_health(trial->connector);
    say(fn, data, trial->id, connector_state_name(health->state), health->text, health->remedy);
}

void check_sources_here(const json_t *sources, check_source_fn fn, void *data)
{
    struct error err = {0};
    struct hall hall = {.loop = loop_create(&err), .count = json_array_size(sources)};
    if (!hall.loop) {
        fn(data, SOURCE_BAD, "sources", err.text);
        return;
    }
    hall.trials = xcalloc(hall.count + 1, sizeof(*hall.trials));
    for (size_t i = 0; i < hall.count; i++)
        begin(&hall, &hall.trials[i], json_array_get(sources, i));
    if (hall.count > 0)
        run(&hall);
    for (size_t i = 0; i < hall.count; i++) {
        report(&hall.trials[i], fn, data);
        connector_destroy(hall.trials[i].connector);
        free(hall.trials[i].id);
        free(hall.trials[i].why);
    }
    free(hall.trials);
    loop_destroy(hall.loop);
}

/* ---- The relay's word ---- */

bool check_sources_of_relay(const char *runtime_folder, check_source_fn fn, void *data)
{
    json_t *answer = NULL;
    if (!one_shot(runtime_folder, "source.list", NULL, &answer, NULL))
        return false;
    size_t index;
    json_t *source;
    json_array_foreach(json_object_get(answer, "sources"), index, source) {
        const char *id = json_get_text(source, "id"), *state = json_get_text(source, "state");
        if (!id || !state)
            continue;
        const char *silent = json_object_get(source, "silent_since_ms") ? "nothing has come for far longer than usual" : NULL;
        say(fn, data, id, state, silent ? silent : json_get_text(source, "text"), json_get_text(source, "remedy"));
    }
    json_decref(answer);
    return true;
}
