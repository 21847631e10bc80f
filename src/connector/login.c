#include "connector/login.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "connector/login_inside.h"
#include "net/form.h"
#include "net/server.h"

/* Every platform that has logins, in alphabetical order. */
static const struct login_impl *const impls[] = {
    &kick_login,
    &twitch_login,
    &youtube_login,
};

static const char *const state_names[] = {
    [LOGIN_NONE] = "none", [LOGIN_ASKING] = "asking", [LOGIN_READY] = "ready", [LOGIN_WAITING] = "waiting",
    [LOGIN_REVOKED] = "revoked",
};

const char *login_state_name(enum login_state state)
{
    return (unsigned)state < ARRAY_LENGTH(state_names) ? state_names[state] : "";
}

void login_set_text(char **slot, const char *text)
{
    char *copy = xstrdup(text);
    free(*slot);
    *slot = copy;
}

void login_set_secret(char **slot, const char *text)
{
    if (*slot && text && strcmp(*slot, text) == 0)
        return;
    log_hide(text);
    log_unhide(*slot);
    login_set_text(slot, text);
}

/* ---- the configuration ---- */

static bool fail(struct error *err, const char *platform, const char *key, const char *expected)
{
    return error_set(err, ERROR_DATA, "logins%s%s%s%s: %s", *platform ? "." : "", platform, *key ? "." : "", key, expected);
}

static const struct login_impl *find_impl(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(impls); i++) {
        if (strcmp(impls[i]->name, name) == 0)
            return impls[i];
    }
    return NULL;
}

/* A pasted one may have blanks around it; inside they are a mistake. */
static bool check_text(const struct login_impl *impl, const char *key, const json_t *value, struct error *err)
{
    const char *text = json_string_value(value);
    if (!text)
        return fail(err, impl->name, key, "expected a text");
    size_t from = strspn(text, " \t\r\n"), len = strcspn(text + from, " \t\r\n");
    if (len == 0 || text[from + len + strspn(text + from + len, " \t\r\n")] != '\0')
        return fail(err, impl->name, key, "expected one word without blanks");
    return true;
}

static bool check_one(const struct login_impl *impl, const json_t *config, struct error *err)
{
    static const char *const texts[] = {"client_id", "client_secret", "url", "api_url"};
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)config, key, value) {
        size_t i = 0;
        while (i < ARRAY_LENGTH(texts) && strcmp(texts[i], key) != 0)
            i++;
        if (i < ARRAY_LENGTH(texts)) {
            if (!check_text(impl, key, value, err))
                return false;
        } else if (strcmp(key, "port") == 0 && impl->port) {
            if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > 65535)
                return fail(err, impl->name, key, "expected a number from 0 to 65535");
        } else {
            return fail(err, impl->name, key, "there is no such key; docs/configuration.md lists them");
        }
    }
    if (!json_object_get(config, "client_id"))
        return fail(err, impl->name, "client_id", "missing; docs/logins.md says how to get one");
    if (impl->needs_secret && !json_object_get(config, "client_secret"))
        return fail(err, impl->name, "client_secret", "missing; this platform demands it: docs/logins.md");
    return true;
}

bool logins_check(const json_t *config, struct error *err)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)config, name, value) {
        const struct login_impl *impl = find_impl(name);
        if (!impl)
            return fail(err, name, "", "there is no such login; expected \"kick\", \"twitch\" or \"youtube\"");
        if (!json_is_object(value))
            return fail(err, name, "", "expected an object {…}");
        if (!check_one(impl, value, err))
            return false;
    }
    return true;
}

static void set_trimmed(char **slot, const json_t *config, const char *key, const char *otherwise)
{
    const char *text = json_get_text(config, key);
    const char *from = text ? text + strspn(text, " \t\r\n") : otherwise;
    char *copy = xstrndup(from, strcspn(from, " \t\r\n"));
    free(*slot);
    *slot = copy;
}

static void configure(struct login *login, const json_t *config)
{
    const struct login_impl *impl = login->impl;
    set_trimmed(&login->client_id, config, "client_id", "");
    set_trimmed(&login->client_secret, config, "client_secret", "");
    set_trimmed(&login->url, config, "url", impl->url);
    set_trimmed(&login->api_url, config, "api_url", impl->api_url);
    log_hide(login->client_secret);
    if (!login->asking.is_on)
        login->port = (uint16_t)json_get_int(config, "port", impl->port);
}

/* ---- what is stored ---- */

static void add_text(json_t *object, const char *key, const char *text)
{
    if (text && *text)
        json_object_set_new(object, key, json_string(text));
}

static char *write_account(const struct login *login)
{
    json_t *object = json_object();
    add_text(object, "client_id", login->client_id);
    add_text(object, "access_token", login->access);
    add_text(object, "refresh_token", login->refresh);
    add_text(object, "scopes", login->scopes);
    add_text(object, "account_id", login->account_id);
    add_text(object, "account_name", login->account_name);
    json_object_set_new(object, "obtained_ms", json_integer(login->obtained_ms));
    json_object_set_new(object, "expires_ms", json_integer(login->expires_ms));
    if (login->is_revoked)
        json_object_set_new(object, "revoked", json_true());
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

bool login_store(struct login *login)
{
    const struct logins_options *options = &login->owner->options;
    struct error err = {0};
    char *text = write_account(login);
    bool ok = options->save(options->data, login->impl->name, text, &err);
    free(text);
    if (ok) {
        login->is_stored = true;
    } else {
        log_error("login", "%s: the new token could not be stored: %s", login->impl->name, err.text);
        login_say(login, "make room, or mend the permissions of secrets.json", "not stored, so not used yet: %s", err.text);
    }
    return ok;
}

void login_drop_tokens(struct login *login)
{
    login_set_secret(&login->access, NULL);
    login_set_secret(&login->refresh, NULL);
    login->obtained_ms = login->expires_ms = 0;
    timer_stop(&login->timer);
}

static void take_account(struct login *login, const json_t *object)
{
    login_set_secret(&login->access, json_get_text(object, "access_token"));
    login_set_secret(&login->refresh, json_get_text(object, "refresh_token"));
    login_set_text(&login->scopes, json_get_text(object, "scopes"));
    login_set_text(&login->account_id, json_get_text(object, "account_id"));
    login_set_text(&login->account_name, json_get_text(object, "account_name"));
    login->obtained_ms = json_get_int(object, "obtained_ms", 0);
    login->expires_ms = json_get_int(object, "expires_ms", 0);
    login->is_revoked = json_get_bool(object, "revoked", false);
    login->is_stored = true;
    login->validated_ms = 0;
}

static bool is_same(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Tokens of another client id are of no use with this one. */
static bool is_of_client(const struct login *login, const json_t *object)
{
    const char *client = json_get_text(object, "client_id");
    return *login->client_id && (!client || strcmp(client, login->client_id) == 0);
}

static void say_loaded(struct login *login)
{
    const char *name = login->account_name ? login->account_name : "(not known yet)";
    char *remedy = xasprintf("antiphon login %s", login->impl->name);
    if (login->access) {
        login_say(login, "", "logged in as %s", name);
    } else if (login->is_revoked) {
        login_say(login, remedy, "no longer valid for %s", name);
    } else if (!*login->client_id) {
        login_say(login, "", "not configured: logins.%s.client_id in antiphon.json; docs/logins.md", login->impl->name);
    } else {
        login_say(login, "", "nobody is logged in");
    }
    free(remedy);
}

static void load(struct login *login)
{
    const struct logins_options *options = &login->owner->options;
    char *text = options->load(options->data, login->impl->name);
    json_t *object = text ? json_parse(text, strlen(text), NULL) : NULL;
    bool is_usable = json_is_object(object) && is_of_client(login, object);
    if (json_is_object(object) && !is_usable && *login->client_id)
        log_warn("login", "%s: what is stored belongs to another client id; log in again: antiphon login %s",
                 login->impl->name, login->impl->name);
    // Ours is the newer one as long as it is not stored.
    bool is_known = login->access && (!login->is_stored || (is_usable && is_same(login->access, json_get_text(object, "access_token"))));
    if (!is_known) {
        http_cancel(login->request);
        login->request = NULL;
        take_account(login, is_usable ? object : NULL);
        say_loaded(login);
    }
    login_go_on(login);  // also what was given up until the configuration is mended
    json_decref(object);
    free(text);
}

void logins_reload(struct logins *logins)
{
    for (size_t i = 0; i < logins->count; i++)
        load(&logins->list[i]);
}

/* ---- life ---- */

static void handle_timer(void *data)
{
    login_go_on(data);
}

static void handle_asking_timer(void *data)
{
    struct login *login = data;
    login->asking.step(login);
}

static void init(struct login *login, struct logins *logins, const struct login_impl *impl)
{
    *login = (struct login){.impl = impl, .owner = logins, .backoff = {.first_ms = 1000, .limit_ms = 5 * 60 * 1000}};
    list_init(&login->listeners);
    timer_init(&login->timer, logins->options.loop, handle_timer, login);
    timer_init(&login->asking.timer, logins->options.loop, handle_asking_timer, login);
    timer_init(&login->linger, logins->options.loop, login_handle_lingered, login);
    login->scopes_wanted = xstrdup(impl->scopes);
    login->text = xstrdup("");
    login->remedy = xstrdup("");
    configure(login, NULL);
}

/* Told once, whatever comes. */
static void end_farewell(struct login *login, const struct error *err)
{
    struct login_farewell farewell = login->farewell;
    http_cancel(farewell.request);
    login->farewell = (struct login_farewell){0};
    if (farewell.fn)
        farewell.fn(farewell.data, err);
}

static void handle_forgotten(void *data, const struct http_result *result)
{
    struct login *login = data;
    struct error err = result->error;
    login->farewell.request = NULL;
    end_farewell(login, err.code == ERROR_NONE ? NULL : &err);
}

static void fini(struct login *login)
{
    end_farewell(login, &(struct error){ERROR_AGAIN, "the program ended before the platform answered"});
    login_end_asking(login, NULL);
    http_cancel(login->request);
    timer_stop(&login->timer);
    timer_stop(&login->linger);
    server_destroy(login->old_server);
    char *texts[] = {login->client_id, login->client_secret, login->url, login->api_url, login->scopes_wanted, login->access,
                     login->refresh, login->account_id, login->account_name, login->scopes, login->text, login->remedy};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        free(texts[i]);
}

struct logins *logins_create(const struct logins_options *options)
{
    struct logins *logins = xcalloc(1, sizeof(*logins));
    logins->options = *options;
    logins->options.ca_file = xstrdup(options->ca_file);
    logins->options.proxy = xstrdup(options->proxy);
    logins->count = ARRAY_LENGTH(impls);
    logins->list = xcalloc(logins->count, sizeof(*logins->list));
    for (size_t i = 0; i < logins->count; i++)
        init(&logins->list[i], logins, impls[i]);
    return logins;
}

void logins_destroy(struct logins *logins)
{
    if (!logins)
        return;
    for (size_t i = 0; i < logins->count; i++)
        fini(&logins->list[i]);
    free(logins->list);
    free((char *)logins->options.ca_file);
    free((char *)logins->options.proxy);
    free(logins);
}

bool logins_configure(struct logins *logins, const json_t *config, struct error *err)
{
    if (!logins_check(config, err))
        return false;
    for (size_t i = 0; i < logins->count; i++)
        configure(&logins->list[i], json_object_get(config, logins->list[i].impl->name));
    logins_reload(logins);
    return true;
}

struct login *logins_find(struct logins *logins, const char *platform)
{
    for (size_t i = 0; logins && i < logins->count; i++) {
        if (strcmp(logins->list[i].impl->name, platform) == 0)
            return &logins->list[i];
    }
    return NULL;
}

struct login *logins_at(struct logins *logins, size_t index)
{
    return logins && index < logins->count ? &logins->list[index] : NULL;
}

/* ---- words ---- */

void login_say(struct login *login, const char *remedy, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    login_set_text(&login->text, text);
    if (remedy)
        login_set_text(&login->remedy, remedy);
    struct login_listener *listener, *next;
    list_for_each_safe(listener, next, &login->listeners, link)
        listener->fn(listener->data, login);
}

void login_add_listener(struct login *login, struct login_listener *listener)
{
    if (login)
        list_append(&login->listeners, &listener->link);
}

void login_remove_listener(struct login_listener *listener)
{
    if (listener->link.next)
        list_remove(&listener->link);
}

/* ---- what is asked ---- */

const char *login_token(struct login *login)
{
    bool is_good = login && login->access && login->is_stored && clock_unix_ms() < login->expires_ms;
    return is_good ? login->access : NULL;
}

const char *login_client_id(const struct login *login)
{
    return login ? login->client_id : "";
}

const char *login_account_id(const struct login *login)
{
    return login && login->account_id ? login->account_id : "";
}

const char *login_account_name(const struct login *login)
{
    return login && login->account_name ? login->account_name : "";
}

bool login_has_scope(const struct login *login, const char *scope)
{
    size_t len = strlen(scope);
    for (const char *at = login && login->scopes ? login->scopes : ""; *at; at += strspn(at, " ")) {
        size_t part = strcspn(at, " ");
        if (part == len && memcmp(at, scope, len) == 0)
            return true;
        at += part;
    }
    return false;
}

enum login_state login_state(const struct login *login)
{
    if (!login)
        return LOGIN_NONE;
    if (login->asking.is_on)
        return LOGIN_ASKING;
    if (login_token((struct login *)login))
        return LOGIN_READY;
    if (login->access)
        return LOGIN_WAITING;
    return login->is_revoked ? LOGIN_REVOKED : LOGIN_NONE;
}

const char *login_remedy(const struct login *login)
{
    return login ? login->remedy : "";
}

const char *login_platform(const struct login *login)
{
    return login->impl->name;
}

const char *login_text(const struct login *login)
{
    return login->text;
}

const struct login_prompt *login_prompt(const struct login *login)
{
    return login->asking.is_on && login->asking.prompt.url ? &login->asking.prompt : NULL;
}

/* ---- logging in and out ---- */

bool login_start(struct login *login, struct error *err)
{
    if (!*login->client_id)
        return error_set(err, ERROR_DATA, "logins.%s.client_id is missing in antiphon.json: make one at %s; docs/logins.md says how",
                         login->impl->name, login->impl->console);
    login_end_asking(login, NULL);
    return login->impl->device_path ? login_ask_device(login, err) : login_ask_browser(login, err);
}

void login_cancel(struct login *login)
{
    if (!login->asking.is_on)
        return;
    login_end_asking(login, NULL);
    say_loaded(login);
}

static bool revoke(struct login *login, struct error *err)
{
    struct buffer form = {0};
    // Google and Kick end both with the refresh token; Twitch takes the access token only.
    const char *token = login->refresh && login->impl->revokes_refresh ? login->refresh : login->access;
    form_add(&form, "client_id", login->client_id);
    form_add(&form, "token", token);
    login->farewell.request = login_post(login, login->impl->revoke_path, &form, handle_forgotten, err);
    buffer_fini(&form);
    return login->farewell.request != NULL;
}

void login_forget(struct login *login, void (*fn)(void *data, const struct error *err), void *data)
{
    const struct logins_options *options = &login->owner->options;
    struct error err = {0};
    end_farewell(login, &(struct error){ERROR_AGAIN, "asked again meanwhile"});
    login->farewell = (struct login_farewell){.fn = fn, .data = data};
    bool is_asked = login->access && revoke(login, &err);
    login_end_asking(login, NULL);
    http_cancel(login->request);
    login->request = NULL;
    bool is_gone = options->save(options->data, login->impl->name, NULL, &err);
    take_account(login, NULL);
    timer_stop(&login->timer);
    say_loaded(login);
    if (!is_gone)
        log_error("login", "%s: what is stored could not be taken away: %s", login->impl->name, err.text);
    if (!is_asked)
        end_farewell(login, err.code == ERROR_NONE ? NULL : &err);
}

/* ---- for people ---- */

static json_t *describe_prompt(const struct login_prompt *prompt)
{
    json_t *object = json_object();
    add_text(object, "url", prompt->url);
    add_text(object, "user_code", prompt->user_code);
    json_object_set_new(object, "expires_ms", json_integer(prompt->expires_ms));
    return object;
}

json_t *login_describe(const struct login *login)
{
    json_t *object = json_object();
    add_text(object, "platform", login->impl->name);
    add_text(object, "state", login_state_name(login_state(login)));
    json_object_set_new(object, "text", json_string(login->text));
    add_text(object, "remedy", login->remedy);
    add_text(object, "account", login->account_name);
    if (login->access) {
        json_object_set_new(object, "expires_ms", json_integer(login->expires_ms));
        add_text(object, "scopes", login->scopes);
    }
    json_object_set_new(object, "is_configured", json_boolean(*login->client_id));
    json_object_set_new(object, "is_browser", json_boolean(!login->impl->device_path));
    if (login_prompt(login))
        json_object_set_new(object, "prompt", describe_prompt(login_prompt(login)));
    return object;
}
