/*
 * cmd_login.c - logs in at a platform, says who is logged in, and logs out. The new login is stored by this process; a
 * running relay is told by SIGHUP. What was stored before is not touched here: two processes that renew one token would
 * lose it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/folders.h"
#include "cli/instance.h"
#include "cli/one_shot.h"
#include "cli/options.h"
#include "cli/qr_code.h"
#include "cli/secrets.h"
#include "connector/login.h"
#include "net/loop.h"

enum { ACCOUNT_MS = 10000, LINE_BYTES = 8192 };

static const char *const platforms[] = {"kick", "twitch", "youtube"};

struct session {
    struct config *config;
    struct loop *loop;
    struct logins *logins;
    struct login *login;
    struct login_listener listener;
    struct timer patience;     // for the account's name, once there is a token
    struct watch *keyboard;
    bool wants_code, is_shown, is_done;
    char line[LINE_BYTES];
    size_t line_len;
};

/* ---- storage ---- */

static char *load_nothing(void *data, const char *platform)
{
    return NULL;
}

static char *load_stored(void *data, const char *platform)
{
    struct session *session = data;
    return secrets_load_login(session->config->path, platform);
}

static bool save(void *data, const char *platform, const char *json, struct error *err)
{
    struct session *session = data;
    return secrets_save_login(session->config->path, platform, json, err);
}

static bool open_session(struct session *session, const char *config_path, const char *platform, bool loads,
                         struct error *err)
{
    session->config = config_load(config_path, err);
    session->loop = session->config ? loop_create(err) : NULL;
    if (!session->loop)
        return false;
    session->logins = logins_create(&(struct logins_options){
        .loop = session->loop, .load = loads ? load_stored : load_nothing, .save = save, .data = session});
    session->login = logins_find(session->logins, platform);
    return logins_configure(session->logins, session->config->logins, err);
}

static void close_session(struct session *session)
{
    loop_unwatch(session->keyboard);
    timer_stop(&session->patience);
    login_remove_listener(&session->listener);
    logins_destroy(session->logins);
    loop_destroy(session->loop);
    config_destroy(session->config);
}

/* ---- logging in ---- */

static void show_prompt(struct session *session, const struct login_prompt *prompt)
{
    session->is_shown = true;
    if (*prompt->user_code) {
        printf("Open this address on any device, and enter the code there:\n\n    %s\n    %s\n\n", prompt->url, prompt->user_code);
    } else {
        printf("Open this address in a browser on this machine:\n\n    %s\n\n", prompt->url);
    }
    if (session->wants_code)
        qr_code_print(prompt->url);
    if (!*prompt->user_code)
        printf("If the browser is on another machine, its last address (http://localhost…) can be pasted here.\n");
    printf("Waiting for the answer; Ctrl-C ends it.\n");
    fflush(stdout);
}

static void end_session(void *data)
{
    struct session *session = data;
    session->is_done = true;
    loop_stop(session->loop);
}

static void handle_login(void *data, struct login *login)
{
    struct session *session = data;
    const struct login_prompt *prompt = login_prompt(login);
    if (prompt && !session->is_shown)
        show_prompt(session, prompt);
    if (login_state(login) == LOGIN_READY) {
        if (*login_account_name(login)) {
            end_session(session);
        } else if (!timer_is_running(&session->patience)) {
            timer_start(&session->patience, ACCOUNT_MS);
        }
    } else if (login_state(login) != LOGIN_ASKING) {
        loop_stop(session->loop);
    }
}

static void take_line(struct session *session)
{
    struct error err = {0};
    session->line[session->line_len] = '\0';
    session->line_len = 0;
    if (session->line[strspn(session->line, " \t\r")] && !login_answer(session->login, session->line, &err))
        fprintf(stderr, "antiphon login: %s\n", err.text);
}

/* A pasted address; whatever else is typed is refused in words. */
static void handle_keyboard(void *data)
{
    struct session *session = data;
    char bytes[512];
    ssize_t got = read(STDIN_FILENO, bytes, sizeof(bytes));
    if (got <= 0) {
        loop_unwatch(session->keyboard);
        session->keyboard = NULL;
        return;
    }
    for (ssize_t i = 0; i < got; i++) {
        if (bytes[i] == '\n') {
            take_line(session);
        } else if (session->line_len + 1 < LINE_BYTES) {
            session->line[session->line_len++] = bytes[i];
        }
    }
}

/* It takes the new login up, and a client id that was written into the file just now. */
static void tell_relay(void)
{
    char *runtime = folder_runtime(NULL);
    pid_t relay = runtime ? instance_find(runtime, "relay") : 0;
    if (relay > 0 && kill(relay, SIGHUP) == 0)
        printf("The running relay takes it up.\n");
    free(runtime);
}

static bool wait_for_login(struct session *session, struct error *err)
{
    session->listener = (struct login_listener){.fn = handle_login, .data = session};
    login_add_listener(session->login, &session->listener);
    timer_init(&session->patience, session->loop, end_session, session);
    if (!login_start(session->login, err))
        return false;
    if (login_prompt(session->login) && !session->is_shown)
        show_prompt(session, login_prompt(session->login));
    if (login_prompt(session->login) && isatty(STDIN_FILENO))
        session->keyboard = loop_watch_fd(session->loop, STDIN_FILENO, handle_keyboard, session);
    if (!loop_run(session->loop, err))
        return false;
    return session->is_done || error_set(err, ERROR_DENIED, "%s", login_text(session->login));
}

static bool log_in(const char *config_path, const char *platform, bool wants_code, struct error *err)
{
    struct session session = {.wants_code = wants_code};
    bool ok = open_session(&session, config_path, platform, false, err) && wait_for_login(&session, err);
    if (ok) {
        const char *name = login_account_name(session.login);
        printf("Logged in at %s%s%s.\n", platform, *name ? " as " : "", name);
    }
    close_session(&session);
    if (ok)
        tell_relay();
    return ok;
}

/* ---- who is logged in ---- */

static void print_login(const char *platform, const char *state, const char *text, const char *remedy)
{
    printf("%-8s %-8s %s%s%s\n", platform, state, text, *remedy ? "; " : "", remedy);
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_get_text(object, key);
    return text ? text : "";
}

static bool show_relays(const char *runtime, struct error *err)
{
    json_t *result = NULL;
    if (!one_shot(runtime, "login.list", NULL, &result, err))
        return false;
    size_t index;
    json_t *login;
    json_array_foreach (json_object_get(result, "logins"), index, login)
        print_login(text_at(login, "platform"), text_at(login, "state"), text_at(login, "text"), text_at(login, "remedy"));
    json_decref(result);
    return true;
}

/* No relay runs: what the disk says, without asking anybody. */
static bool show_stored(const char *config_path, struct error *err)
{
    struct config *config = config_load(config_path, err);
    for (size_t i = 0; config && i < ARRAY_LENGTH(platforms); i++) {
        char *text = secrets_load_login(config->path, platforms[i]);
        json_t *login = text ? json_parse(text, strlen(text), NULL) : NULL;
        char *remedy = xasprintf("antiphon login %s", platforms[i]);
        bool is_there = json_get_text(login, "access_token"), is_revoked = json_get_bool(login, "revoked", false);
        if (is_there || is_revoked) {
            print_login(platforms[i], is_there ? "stored" : "revoked", text_at(login, "account_name"), is_there ? "" : remedy);
        } else {
            bool is_known = json_object_get(config->logins, platforms[i]);
            print_login(platforms[i], "none", is_known ? "nobody is logged in" : "not configured; docs/logins.md", "");
        }
        free(remedy);
        json_decref(login);
        free(text);
    }
    bool ok = config;
    config_destroy(config);
    return ok;
}

static bool has_relay(char **runtime)
{
    *runtime = folder_runtime(NULL);
    return *runtime && instance_find(*runtime, "relay") > 0;
}

static bool show_status(const char *config_path, struct error *err)
{
    char *runtime;
    bool ok = has_relay(&runtime) ? show_relays(runtime, err) : show_stored(config_path, err);
    free(runtime);
    return ok;
}

/* ---- logging out ---- */

static void say_forgotten(const char *platform, bool is_revoked, const char *why)
{
    if (is_revoked) {
        printf("Logged out of %s, there as well.\n", platform);
    } else {
        printf("Forgotten here. %s did not confirm it (%s): end it in your account's settings there.\n", platform, why);
    }
}

static bool forget_at_relay(const char *runtime, const char *platform, struct error *err)
{
    json_t *arguments = json_pack("{s:s}", "platform", platform), *result = NULL;
    bool ok = one_shot(runtime, "login.forget", arguments, &result, err);
    if (ok)
        say_forgotten(platform, json_get_bool(result, "revoked", false), text_at(result, "text"));
    json_decref(result);
    json_decref(arguments);
    return ok;
}

struct farewell {
    struct loop *loop;
    const char *platform;
    bool is_told;
};

static void handle_forgotten(void *data, const struct error *err)
{
    struct farewell *farewell = data;
    say_forgotten(farewell->platform, !err, err ? err->text : "");
    farewell->is_told = true;
    loop_stop(farewell->loop);
}

static bool forget_here(const char *config_path, const char *platform, struct error *err)
{
    struct session session = {0};
    bool ok = open_session(&session, config_path, platform, true, err);
    if (ok) {
        struct farewell farewell = {.loop = session.loop, .platform = platform};
        login_forget(session.login, handle_forgotten, &farewell);
        ok = farewell.is_told || loop_run(session.loop, err);
    }
    close_session(&session);
    return ok;
}

static bool forget(const char *config_path, const char *platform, struct error *err)
{
    char *runtime;
    bool ok = has_relay(&runtime) ? forget_at_relay(runtime, platform, err) : forget_here(config_path, platform, err);
    free(runtime);
    return ok;
}

/* ---- the command ---- */

static bool is_platform(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(platforms); i++) {
        if (strcmp(platforms[i], name) == 0)
            return true;
    }
    return false;
}

int cmd_login(int argc, char **argv)
{
    const char *config_path = NULL, *forgotten = NULL;
    bool wants_code = false, wants_status = false;
    const struct option_spec specs[] = {
        {"config", OPTION_TEXT, &config_path, "FILE", "the configuration; usual: ~/.config/antiphon/antiphon.json"},
        {"status", OPTION_FLAG, &wants_status, NULL, "say who is logged in, and end"},
        {"forget", OPTION_TEXT, &forgotten, "PLATFORM", "log out, here and at the platform"},
        {"qr", OPTION_FLAG, &wants_code, NULL, "show the QR code also where standard output is no terminal"},
    };
    const struct option_usage usage = {"login", "[twitch|youtube|kick]",
        "Logs in at a platform, so that antiphon can write, moderate and read what only the account may read.\n"
        "docs/logins.md says how to get the client id that it needs.", specs, ARRAY_LENGTH(specs)};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    const char *platform = forgotten ? forgotten : first < argc ? argv[first] : NULL;
    if (!wants_status && (!platform || !is_platform(platform))) {
        fprintf(stderr, "antiphon login: %s%s%sexpected twitch, youtube or kick\n", platform ? "\"" : "", platform ? platform : "",
                platform ? "\": " : "");
        return COMMAND_USAGE;
    }
    log_set_level(LOG_ERROR);  // what an operator asks afterwards is printed here
    struct error err = {0};
    bool ok = wants_status ? show_status(config_path, &err) : forgotten ? forget(config_path, platform, &err)
              : log_in(config_path, platform, wants_code || isatty(STDOUT_FILENO), &err);
    if (!ok)
        fprintf(stderr, "antiphon login: %s\n", err.text);
    return ok ? COMMAND_OK : COMMAND_FAILED;
}
