#include "cli/check_sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "chat/message.h"
#include "cli/config.h"
#include "cli/one_shot.h"
#include "cli/secrets.h"
#include "connector/connector.h"
#include "connector/login.h"
#include "net/loop.h"

struct trial {
    struct connector *connector;  // NULL: it could not be made
    char *id, *why;               // owned; why: then
};

struct hall {
    const struct config *config;
    struct loop *loop;
    struct logins *logins;
    struct trial *trials;
    size_t count;
};

static enum source_verdict judge(const char *state)
{
    static const struct {
        const char *state;
        enum source_verdict verdict;
    } verdicts[] = {
        {"live", SOURCE_GOOD}, {"waiting", SOURCE_GOOD}, {"failed", SOURCE_BAD}, {"ready", SOURCE_GOOD}, {"revoked", SOURCE_BAD},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(verdicts); i++) {
        if (strcmp(verdicts[i].state, state) == 0)
            return verdicts[i].verdict;
    }
    return SOURCE_UNSURE;
}

static void say(check_source_fn fn, void *data, const char *what, const char *name, const char *state, const char *text,
                const char *remedy)
{
    bool has_remedy = remedy && *remedy;
    char *line = xasprintf("%s: %s%s%s", state, text ? text : "", has_remedy ? "; " : "", has_remedy ? remedy : "");
    fn(data, judge(state), what, name, line);
    free(line);
}

/* "waiting" is well for a source, which waits for a broadcast, and not for a login, which waits for a token. */
static void say_login(check_source_fn fn, void *data, const char *platform, const char *state, const char *text,
                      const char *remedy)
{
    bool is_waiting = strcmp(state, "waiting") == 0;
    say(fn, data, "login", platform, is_waiting ? "no token now" : state, text, remedy);
}

/* ---- Here ---- */

static char *load_login(void *data, const char *platform)
{
    const struct hall *hall = data;
    return secrets_load_login(hall->config->path, platform);
}

static bool save_login(void *data, const char *platform, const char *json, struct error *err)
{
    const struct hall *hall = data;
    return secrets_save_login(hall->config->path, platform, json, err);
}

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
        .loop = hall->loop, .logins = hall->logins, .deliver = drop, .on_health = handle_health, .data = hall};
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
        say(fn, data, "source", trial->id ? trial->id : "source", "failed", trial->why, NULL);
        return;
    }
    const struct connector_health *health = connector_health(trial->connector);
    say(fn, data, "source", trial->id, connector_state_name(health->state), health->text, health->remedy);
}

/* Those that somebody meant to use. */
static void report_logins(const struct hall *hall, check_source_fn fn, void *data)
{
    const struct login *login;
    for (size_t i = 0; (login = logins_at(hall->logins, i)); i++) {
        if (login_state(login) != LOGIN_NONE || json_object_get(hall->config->logins, login_platform(login)))
            say_login(fn, data, login_platform(login), login_state_name(login_state(login)), login_text(login), login_remedy(login));
    }
}

void check_sources_here(const struct config *config, const json_t *sources, check_source_fn fn, void *data)
{
    struct error err = {0};
    struct hall hall = {.config = config, .loop = loop_create(&err), .count = json_array_size(sources)};
    if (!hall.loop) {
        fn(data, SOURCE_BAD, "source", "all", err.text);
        return;
    }
    hall.logins = logins_create(&(struct logins_options){
        .loop = hall.loop, .load = load_login, .save = save_login, .data = &hall});
    logins_configure(hall.logins, config->logins, NULL);  // config_load() has checked it
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
    report_logins(&hall, fn, data);
    logins_destroy(hall.logins);
    free(hall.trials);
    loop_destroy(hall.loop);
}

/* ---- The relay's word ---- */

static void report_relays_logins(const char *runtime_folder, check_source_fn fn, void *data)
{
    json_t *answer = NULL;
    size_t index;
    json_t *login;
    if (!one_shot(runtime_folder, "login.list", NULL, &answer, NULL))
        return;
    json_array_foreach(json_object_get(answer, "logins"), index, login) {
        const char *platform = json_get_text(login, "platform"), *state = json_get_text(login, "state");
        if (platform && state && strcmp(state, "none") != 0)
            say_login(fn, data, platform, state, json_get_text(login, "text"), json_get_text(login, "remedy"));
    }
    json_decref(answer);
}

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
        say(fn, data, "source", id, state, silent ? silent : json_get_text(source, "text"), json_get_text(source, "remedy"));
    }
    json_decref(answer);
    report_relays_logins(runtime_folder, fn, data);
    return true;
}
