/* Accounts at platforms: kept where the owner says, told to listeners, and one line for people when one ends. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "connector/login.h"
#include "relay/relay_private.h"

static char *load_nothing(void *data, const char *platform)
{
    return NULL;
}

static bool save_nothing(void *data, const char *platform, const char *json, struct error *err)
{
    return true;
}

static size_t count_logins(const struct relay *relay)
{
    size_t count = 0;
    while (logins_at(relay->logins, count))
        count++;
    return count;
}

/* One that ended is a notice, too: once, and not again for what an earlier life knew. The log has its line already. */
static void handle_login(void *data, struct login *login)
{
    struct relay *relay = data;
    size_t i = 0;
    while (logins_at(relay->logins, i) != login)
        i++;
    int before = relay->login_states[i], now = (int)login_state(login);
    relay->login_states[i] = now;
    if (now == LOGIN_REVOKED && (before == LOGIN_READY || before == LOGIN_WAITING))
        relay_tell_ended_login(relay, login);
    relay_tell_login(relay, login);
}

void relay_create_logins(struct relay *relay, const struct relay_options *options)
{
    bool is_kept = options->load_login && options->save_login;
    relay->logins = logins_create(&(struct logins_options){
        .loop = relay->loop, .load = is_kept ? options->load_login : load_nothing,
        .save = is_kept ? options->save_login : save_nothing, .data = options->data});
    size_t count = count_logins(relay);
    relay->login_listeners = xcalloc(count, sizeof(*relay->login_listeners));
    relay->login_states = xcalloc(count, sizeof(*relay->login_states));
    for (size_t i = 0; i < count; i++) {
        relay->login_listeners[i] = (struct login_listener){.fn = handle_login, .data = relay};
        login_add_listener(logins_at(relay->logins, i), &relay->login_listeners[i]);
    }
    struct error err = {0};
    if (!relay_set_logins(relay, options->logins, &err))
        relay_notice(relay, "error", "login", "%s", err.text);
}

void relay_destroy_logins(struct relay *relay)
{
    size_t count = count_logins(relay);
    for (size_t i = 0; i < count; i++)
        login_remove_listener(&relay->login_listeners[i]);
    free(relay->login_listeners);
    free(relay->login_states);
    logins_destroy(relay->logins);
}

bool relay_set_logins(struct relay *relay, const json_t *logins, struct error *err)
{
    return logins_configure(relay->logins, logins, err);
}
