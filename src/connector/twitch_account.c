#include "connector/twitch_account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/twitch_act.h"
#include "connector/twitch_eventsub.h"
#include "connector/twitch_helix.h"
#include "connector/twitch_line.h"
#include "connector/twitch_pictures.h"
#include "connector/twitch_reader.h"

enum { LOOKUP_MS = 30 * 1000, SELDOM_MS = 5 * 60 * 1000 };

/* 20 messages in 30 s, one a second; 100 in 30 s for who owns, moderates or is VIP. */
static const struct connector_pace fast_pace = {.count = 100, .per_ms = 30 * 1000};

struct twitch_account {
    struct twitch_account_options options;
    struct twitch_helix helix;
    struct login_listener listener;
    struct twitch_call lookup;       // the channel's id
    struct timer lookup_timer, login_timer;
    char *broadcaster_id;            // owned; NULL: not known yet
    char *account_id;                // owned; whose login it was; NULL: nobody's
    struct twitch_eventsub *eventsub;    // owned
    struct twitch_pictures *pictures;    // owned
    struct twitch_act act;
    char words[200], why_not[240];
};

/* ---- words ---- */

static void say(struct twitch_account *account, const char *words)
{
    snprintf(account->words, sizeof(account->words), "%s", words);
    account->options.on_change(account->options.data);
}

const char *twitch_account_words(const struct twitch_account *account)
{
    if (!account)
        return "";
    return *account->words ? account->words : twitch_eventsub_words(account->eventsub);
}

const char *twitch_account_remedy(const struct twitch_account *account)
{
    if (!account)
        return "";
    const char *remedy = login_remedy(account->helix.login);
    return *remedy ? remedy : twitch_eventsub_remedy(account->eventsub);
}

int64_t twitch_account_events_ms(const struct twitch_account *account)
{
    return account ? twitch_eventsub_alive_ms(account->eventsub) : 0;
}

/* ---- the channel's id ---- */

static void begin(struct twitch_account *account)
{
    const char *id = account->broadcaster_id;
    if (strcmp(id, account->account_id) == 0)
        account->options.base->pace = fast_pace;
    twitch_pictures_start(account->pictures, id);
    twitch_eventsub_start(account->eventsub, id);
    account->words[0] = '\0';
    account->options.on_change(account->options.data);
}

static void handle_channel(void *data, const struct twitch_answer *answer)
{
    struct twitch_account *account = data;
    const json_t *people = json_object_get(answer->json, "data");
    const char *id = json_get_text(json_array_get(people, 0), "id");
    char words[200];
    if (answer->error.code == ERROR_NONE && id) {
        account->broadcaster_id = xstrdup(id);
        begin(account);
    } else if (answer->error.code == ERROR_NONE) {
        timer_start(&account->lookup_timer, random_jitter(SELDOM_MS, 20));
        snprintf(words, sizeof(words), "Twitch knows no channel %s", account->options.channel);
        say(account, words);
    } else {
        bool is_passing = answer->error.code == ERROR_AGAIN;
        timer_start(&account->lookup_timer, random_jitter(is_passing ? LOOKUP_MS : SELDOM_MS, 20));
        snprintf(words, sizeof(words), "events: %.180s", answer->error.text);
        say(account, words);
    }
}

static void look_up(void *data)
{
    struct twitch_account *account = data;
    char target[64];  // a login: at most 25 letters, digits and _
    snprintf(target, sizeof(target), "/users?login=%s", account->options.channel);
    twitch_call_start(&account->lookup, &account->helix, "GET", target, NULL, handle_channel, account);
}

/* ---- the login's news ---- */

static void forget_account(struct twitch_account *account)
{
    twitch_call_cancel(&account->lookup);
    timer_stop(&account->lookup_timer);
    twitch_eventsub_stop(account->eventsub);
    twitch_pictures_stop(account->pictures);
    account->options.base->pace = account->options.base->impl->pace;
    free(account->account_id);
    free(account->broadcaster_id);
    account->account_id = account->broadcaster_id = NULL;
}

static void take_account(struct twitch_account *account)
{
    const char *id = login_account_id(account->helix.login);
    if (account->account_id && strcmp(account->account_id, id) == 0)
        return;  // a new token of the same account: what runs asks for it by itself
    forget_account(account);
    account->account_id = xstrdup(id);
    connector_set_own_author(account->options.base, id);
    look_up(account);
}

static void handle_login_turn(void *data)
{
    struct twitch_account *account = data;
    enum login_state state = login_state(account->helix.login);
    if (twitch_helix_is_ready(&account->helix)) {
        take_account(account);
        if (*twitch_account_remedy(account) == '\0' && account->broadcaster_id)
            account->words[0] = '\0';
        account->options.on_change(account->options.data);
    } else if (state == LOGIN_NONE || state == LOGIN_REVOKED) {
        bool was_there = account->account_id != NULL;
        forget_account(account);
        if (was_there || state == LOGIN_REVOKED)
            say(account, state == LOGIN_REVOKED ? "the login at Twitch has ended: chat only" : "");
    }
    // Asking or waiting: what runs goes on.
}

/* Not within the login's own call. */
static void handle_login(void *data, struct login *login)
{
    struct twitch_account *account = data;
    timer_start(&account->login_timer, 0);
}

static void handle_eventsub(void *data)
{
    struct twitch_account *account = data;
    account->options.on_change(account->options.data);
}

/* ---- roles ---- */

void twitch_account_note_line(struct twitch_account *account, const struct twitch_line *line)
{
    if (!account || !account->account_id || !str_equal(str_from(account->account_id), twitch_line_tag(line, TAG_USER_ID)))
        return;
    if (twitch_line_is(line, TAG_MOD) || twitch_line_is(line, TAG_VIP))
        account->options.base->pace = fast_pace;
}

/* ---- writing ---- */

const char *twitch_account_can(struct twitch_account *account, enum connector_act_kind kind)
{
    if (!account || !login_token(account->helix.login)) {
        const char *remedy = account ? login_remedy(account->helix.login) : "";
        return *remedy ? remedy : "nobody is logged in at Twitch: antiphon login twitch";
    }
    const char *scope = twitch_act_scope(kind);
    if (!login_has_scope(account->helix.login, scope)) {
        snprintf(account->why_not, sizeof(account->why_not), "the login lacks %s: log in again: antiphon login twitch", scope);
        return account->why_not;
    }
    if (!account->broadcaster_id)
        return *account->words ? account->words : "the channel's id is not known yet: in a moment";
    bool is_poll = kind == CONNECTOR_POLL_START || kind == CONNECTOR_POLL_END;
    if (is_poll && strcmp(account->account_id, account->broadcaster_id) != 0)
        return "only the channel's own account can have polls on Twitch";
    return NULL;
}

void twitch_account_act(struct twitch_account *account, const struct connector_task *task)
{
    twitch_act_start(&account->act, &account->helix, account->broadcaster_id, task);
}

/* ---- life ---- */

struct twitch_account *twitch_account_create(const struct twitch_account_options *options)
{
    struct twitch_account *account = xcalloc(1, sizeof(*account));
    struct connector *base = options->base;
    account->options = *options;
    account->helix = (struct twitch_helix){
        .base = base, .login = logins_find(base->options.logins, "twitch"), .url = options->api_url, .left = -1};
    account->eventsub = twitch_eventsub_create(&(struct twitch_eventsub_options){
        .base = base, .helix = &account->helix, .events = options->events, .url = options->eventsub_url,
        .alive_ms = options->events_ms, .on_change = handle_eventsub, .data = account});
    account->pictures = twitch_pictures_create(&account->helix);
    options->reader->pictures = account->pictures;
    timer_init(&account->lookup_timer, base->options.loop, look_up, account);
    timer_init(&account->login_timer, base->options.loop, handle_login_turn, account);
    account->listener = (struct login_listener){.fn = handle_login, .data = account};
    login_add_listener(account->helix.login, &account->listener);
    timer_start(&account->login_timer, 0);
    return account;
}

void twitch_account_destroy(struct twitch_account *account)
{
    if (!account)
        return;
    login_remove_listener(&account->listener);
    timer_stop(&account->login_timer);
    twitch_act_cancel(&account->act);
    forget_account(account);
    account->options.reader->pictures = NULL;
    twitch_pictures_destroy(account->pictures);
    twitch_eventsub_destroy(account->eventsub);
    free(account);
}
