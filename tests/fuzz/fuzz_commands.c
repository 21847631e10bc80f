/*
 * fuzz_commands.c - hostile commands, one JSON object a line, against questions, polls, captions and on-air state as they
 * are in a relay. The journal, the network and the sources are stood in for below, so nothing waits and nothing is kept.
 * Parsers: api/command.c and api/commands_*.c.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/audit.h"
#include "api/client.h"
#include "api/command.h"
#include "api/crew.h"
#include "api/feed.h"
#include "api/invites.h"
#include "api/outputs.h"
#include "api/pictures.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "connector/login.h"
#include "relay/captions.h"
#include "relay/intake.h"
#include "relay/gate.h"
#include "relay/heard.h"
#include "relay/host_cards.h"
#include "relay/host_pictures.h"
#include "relay/journal.h"
#include "relay/journal_row.h"
#include "relay/on_air.h"
#include "relay/poll_recount.h"
#include "relay/polls.h"
#include "relay/questions.h"
#include "relay/relay_private.h"
#include "relay/replies.h"
#include "relay/sources.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- What stands in for the rest of the relay --- */

static size_t answers;

void client_send_json(struct client *client, struct buffer *json)
{
    struct error err;
    json_t *reply = json_parse(json->data, json->len, &err);
    const json_t *error = json_object_get(reply, "error");
    // Every answer is JSON, and every refusal says why.
    if (!reply || (error && (!json_get_text(error, "text") || *json_get_text(error, "text") == '\0')))
        abort();
    json_decref(reply);
    buffer_clear(json);
    answers++;
}

void client_end_named(struct api *api, const char *name) {}
void client_end_invite(struct api *api, uint64_t invite) {}
void client_end_expired(struct api *api, bool is_show_over) {}
void api_send(struct api *api, unsigned topics, struct buffer *json) { buffer_clear(json); }
void timer_init(struct timer *timer, struct loop *loop, loop_fn fn, void *data) {}
void timer_start(struct timer *timer, int64_t delay_ms) {}
void timer_stop(struct timer *timer) {}
bool timer_is_running(const struct timer *timer) { return false; }
void server_respond(struct server_request *request, int status, const char *content_type, const struct net_header *headers,
                    size_t header_count, const char *body, size_t len) {}
void server_request_on_gone(struct server_request *request, void (*fn)(void *data), void *data) {}

bool outputs_pass_on(struct api *api, const char *command, const char *name, const json_t *arguments, struct reply *reply,
                     struct error *err)
{
    return error_set(err, ERROR_AGAIN, "no video process is connected");
}

void outputs_watch(struct api *api, struct client *client, bool is_on) {}

char *access_url(const struct access *access)
{
    return xstrdup("http://127.0.0.1:8470");
}

void access_add_link(struct access *access, enum api_role role, const char *name, int minutes, char text[TOKEN_TEXT_BYTES])
{
    memset(text, 'x', TOKEN_TEXT_BYTES);
    text[TOKEN_TEXT_BYTES - 1] = '\0';
}

bool access_invite(struct access *access, struct invite *invite, int minutes, char text[TOKEN_TEXT_BYTES], struct error *err)
{
    return invites_add(NULL, invite, 10, text, err);
}

bool pictures_ask(struct pictures *pictures, const char *view, const char *kind, const json_t *card, struct reply *reply,
                  struct error *err)
{
    return error_set(err, ERROR_AGAIN, "no overlay is connected");
}

void journal_set_states(struct journal *journal, const struct journal_entry *entries, size_t count) {}
void journal_set_state(struct journal *journal, const char *key, const char *text) {}
const char *journal_state(const struct journal *journal, const char *key) { return NULL; }
const char *journal_next_state(const struct journal *journal, const char *prefix, const char *key) { return NULL; }
void journal_each_state(const struct journal *journal, const char *prefix,
                        void (*fn)(void *data, const char *key, const char *text), void *data) {}
const char *journal_epoch(const struct journal *journal) { return "00000000"; }
void journal_add_audit(struct journal *journal, const char *actor, const char *action, const char *text) {}
void journal_when_durable(struct journal *journal, void (*fn)(void *data), void *data) { fn(data); }

uint64_t journal_read(struct journal *journal, uint64_t before, size_t limit, journal_messages_fn fn, void *data)
{
    fn(data, NULL, 0, NULL);
    return 0;
}

uint64_t journal_read_one(struct journal *journal, uint64_t id, journal_messages_fn fn, void *data)
{
    fn(data, NULL, 0, NULL);
    return 0;
}

uint64_t journal_query(struct journal *journal, const struct journal_query *query, journal_found_fn fn, void *data)
{
    fn(data, &(struct journal_found){.query = query});
    return 0;
}

uint64_t journal_read_audit(struct journal *journal, const struct journal_audit_filter *filter, size_t limit,
                            journal_audit_fn fn, void *data)
{
    fn(data, NULL, 0, NULL);
    return 0;
}

void journal_erase(struct journal *journal, const struct journal_erasure *what, const uint64_t *ids, size_t id_count,
                   journal_erased_fn fn, void *data)
{
    if (fn)
        fn(data, 0, 0);
}

void journal_cancel(struct journal *journal, uint64_t request) {}
uint64_t journal_last_id(const struct journal *journal) { return 1; }
uint64_t journal_hash(const struct journal *journal, enum journal_key kind, struct str platform, struct str key) { return key.len + 1; }
uint64_t row_hash(const struct hash_key *hash_key, char kind, struct str platform, struct str key) { return key.len + 1; }
void journal_add_vote(struct journal *journal, const struct journal_vote *vote) {}
void journal_each_vote(struct journal *journal, uint64_t poll, uint64_t after,
                       void (*fn)(void *data, const struct journal_vote *vote), void *data) {}

bool poll_recount(struct poll_recounts *recounts, uint64_t poll, const char *by, poll_recounted_fn fn, void *data,
                  struct error *err)
{
    return error_set(err, ERROR_AGAIN, "polls are being counted");
}

bool poll_export(struct poll_recounts *recounts, uint64_t poll, uint64_t next, poll_exported_fn fn, void *data,
                 struct error *err)
{
    return error_set(err, ERROR_AGAIN, "polls are being counted");
}

void poll_recounts_cancel(struct poll_recounts *recounts, const void *data) {}

bool intake_remove_message(struct intake *intake, uint64_t id, const char *actor) { return false; }
void intake_remove_rest(struct intake *intake, const struct message *message, const char *actor) {}
void intake_remove_author(struct intake *intake, const char *platform, const char *author_id, const char *actor) {}

static struct message *only_message;

struct message *queue_find(const struct queue *queue, uint64_t id)
{
    return id == 1 ? only_message : NULL;
}

struct message *queue_next(const struct queue *queue, uint64_t after)
{
    return after < 1 ? only_message : NULL;
}

bool feed_set_filter(struct feed *feed, struct client *client, struct message_filter *filter, struct error *err)
{
    return true;
}

const struct message_filter *feed_filter_of(const struct client *client)
{
    return NULL;
}

struct message *queue_previous(const struct queue *queue, uint64_t before)
{
    return before == 0 || before > 1 ? only_message : NULL;
}

/* One source, which can do nearly everything and answers after the line. */
static struct source only_source = {.id = (char[]){"twitch:anna"}, .platform = (char[]){"twitch"}};

const struct source *sources_find(const struct sources *sources, const char *id)
{
    return strcmp(id, only_source.id) == 0 ? &only_source : NULL;
}

void sources_each(const struct sources *sources, void (*fn)(void *data, const struct source *source), void *data)
{
    fn(data, &only_source);
}

bool sources_can(const struct sources *sources, const char *id, enum connector_act_kind kind, const char **why_not)
{
    if (why_not)
        *why_not = kind == CONNECTOR_CLEAR ? "not there" : NULL;
    return kind != CONNECTOR_CLEAR;
}

uint64_t sources_act(struct sources *sources, const char *id, const struct connector_act *act) { return 1; }
const char *connector_act_name(enum connector_act_kind kind) { return "act"; }
const char *connector_outcome_name(enum connector_outcome outcome) { return "outcome"; }

void source_write_json(const struct source *source, struct buffer *out)
{
    buffer_add_string(out, "{\"id\":\"twitch:anna\"}");
}

static const struct connector_key only_keys[] = {{"channel", JSON_STRING, true, "a name", "anna"}, {NULL}};

const char *connector_name_at(size_t index) { return index == 0 ? "twitch" : NULL; }
const char *connector_title(const char *platform) { return "Twitch"; }
const struct connector_key *connector_keys(const char *platform) { return only_keys; }
const struct connector_key *connector_common_keys(void) { return only_keys; }

const struct source *relay_change_source(struct relay *relay, const char *id, const json_t *config, struct error *err)
{
    error_set(err, ERROR_DATA, "there is no source");
    return NULL;
}

const struct source *relay_add_source(struct relay *relay, const json_t *config, struct error *err)
{
    error_set(err, ERROR_DATA, "connector is missing");
    return NULL;
}

bool relay_remove_source(struct relay *relay, const char *id, struct error *err)
{
    return error_set(err, ERROR_DATA, "there is no source");
}

bool queue_is_cleared(const struct queue *queue, const struct message *message) { return false; }
const struct queue_gift *queue_find_gift(const struct queue *queue, uint64_t id) { return NULL; }

bool relay_change_gate(struct relay *relay, const json_t *settings, struct error *err)
{
    if (!gate_check_settings(settings, err))
        return false;
    gate_set(relay->gate, settings, NULL, 0);
    return true;
}

size_t relay_read_words(struct relay *relay, json_t *bad_lines)
{
    return gate_read_words(relay->gate);
}

/* One picture, whose bytes are its name. */
static const char only_picture[] = "\x89PNG\r\n\x1a\n";

struct host_pictures *host_pictures_create(const struct host_pictures_options *options) { return NULL; }
void host_pictures_destroy(struct host_pictures *pictures) {}
void host_pictures_note_use(struct host_pictures *pictures) {}
bool host_pictures_has(const struct host_pictures *pictures, const char *name) { return strcmp(name, "antiphon:1") == 0; }
const char *host_picture_type(const void *bytes, size_t len) { return "image/png"; }

bool host_pictures_read(const struct host_pictures *pictures, const char *name, size_t from, size_t max, struct buffer *out,
                        size_t *total, struct error *err)
{
    *total = sizeof(only_picture);
    if (strcmp(name, "1") != 0 || from > *total)
        return error_set(err, ERROR_DATA, "there is no picture \"%.80s\"", name);
    buffer_add(out, only_picture + from, *total - from < max ? *total - from : max);
    return true;
}

void relay_tell_host_card(struct relay *to, const struct host_card *card)
{
    struct buffer json = {0};
    struct error err;
    host_card_write_json(card, &json);
    json_t *object = json_parse(json.data, json.len, &err);
    if (!object)
        abort();
    json_decref(object);
    buffer_fini(&json);
}

void relay_tell_host_card_removed(struct relay *to, uint64_t id) {}
void relay_start_clock(struct relay *to) {}
void relay_start_flush(struct relay *to) {}

static char only_login;

struct login *logins_find(struct logins *logins, const char *platform)
{
    return strcmp(platform, "twitch") == 0 ? (struct login *)&only_login : NULL;
}

struct login *logins_at(struct logins *logins, size_t index)
{
    return index == 0 ? (struct login *)&only_login : NULL;
}

bool login_start(struct login *login, struct error *err)
{
    return error_set(err, ERROR_DATA, "there is no client id");
}

bool login_answer(struct login *login, const char *address, struct error *err)
{
    return error_set(err, ERROR_DATA, "nobody is waited for");
}

void login_forget(struct login *login, void (*fn)(void *data, const struct error *err), void *data)
{
    fn(data, NULL);
}

json_t *login_describe(const struct login *login)
{
    return json_pack("{s:s}", "platform", "twitch");
}

void login_cancel(struct login *login) {}
void logins_reload(struct logins *logins) {}

/* --- The desk --- */

static struct relay relay;
static struct api api;

void relay_update_on_air(struct relay *to)
{
    if (relay.on_air)
        on_air_update(relay.on_air, clock_unix_ms());
}

void relay_notice(struct relay *to, const char *level, const char *where, const char *format, ...) {}

static void update(void)
{
    relay_update_on_air(&relay);
}

static void handle_question(void *data, const struct question *question) { update(); }
static void handle_removed(void *data, uint64_t id) { update(); }
static void handle_poll(void *data, const struct poll *poll) { update(); }
static void handle_track(void *data, const struct caption_track *track) {}
static void handle_lines(void *data) { update(); }
static void handle_nothing(void *data) {}
static void handle_sent(void *data, const struct sent *sent) { reply_handle_sent(&api, sent); }

static void create_desk(void)
{
    struct error err;
    static char journal;  // an address; nobody looks behind it
    relay = (struct relay){.journal = (struct journal *)(void *)&journal};
    relay.replies = replies_create(&(struct replies_options){.journal = relay.journal, .changed = handle_sent});
    relay.heard = heard_create(&(struct heard_options){.journal = relay.journal, .changed = handle_nothing});
    relay.questions = questions_create(&(struct questions_options){
        .journal = relay.journal, .heard = relay.heard, .changed = handle_question, .removed = handle_removed, .dirty = handle_nothing}, &err);
    relay.polls = polls_create(&(struct polls_options){.journal = relay.journal, .changed = handle_poll, .dirty = handle_nothing}, &err);
    relay.captions = captions_create(&(struct captions_options){
        .journal = relay.journal, .changed = handle_track, .lines_changed = handle_lines}, &err);
    relay.gate = gate_create(&(struct gate_options){.is_wanted = true});
    relay_create_host_cards(&relay, &(struct relay_options){0});
    relay.on_air = on_air_create(&(struct on_air_options){
        .journal = relay.journal, .questions = relay.questions, .polls = relay.polls, .captions = relay.captions, .gate = relay.gate,
        .host_cards = relay.host_cards, .changed = handle_nothing}, &err);
    api = (struct api){.relay = &relay};
    list_init(&api.clients);
    list_init(&api.replies);
    api.audit = audit_create(NULL, relay.journal);
    api.crew = crew_create(&api);
    only_message = message_create(&(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = STR("twitch"), .source = STR("twitch:a"), .author = {.id = STR("u")}, .text = STR("hello")});
    message_stamp(only_message, 1, 1);
}

static void destroy_desk(void)
{
    crew_destroy(api.crew);
    audit_destroy(api.audit);
    on_air_destroy(relay.on_air);
    relay_destroy_host_cards(&relay);
    gate_destroy(relay.gate);
    captions_destroy(relay.captions);
    polls_destroy(relay.polls);
    replies_destroy(relay.replies);
    questions_destroy(relay.questions);
    heard_destroy(relay.heard);
    message_unref(only_message);
}

static void run_line(const char *line, size_t len)
{
    struct error err;
    json_t *message = json_parse(line, len, &err);
    if (json_is_object(message)) {
        static struct client client;
        const char *name = json_get_text(message, "command");
        // A line may say who it is: roles are refused too.
        enum api_role role = api_role_from_name(json_get_text(message, "as"));
        json_object_del(message, "as");
        struct identity who = {.role = role == API_ROLE_NONE ? API_ROLE_OWNER : role, .name = "fuzz"};
        size_t before = answers + list_count(&api.replies);
        command_run(&api, name ? name : "", message, &who, &client, json_object_get(message, "ref"), NULL);
        if (answers + list_count(&api.replies) != before + 1)
            abort();  // one command, one answer, if only when the platform has answered
    }
    json_decref(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    create_desk();
    const char *at = (const char *)data, *end = at + size;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline ? newline : end) - at);
        run_line(at, len);
        replies_handle_result(relay.replies, only_source.id, &(struct connector_result){.act = 1, .text = "", .native_id = "m"});
        at += len + (newline != NULL);
    }
    if (!list_is_empty(&api.replies))
        abort();
    destroy_desk();
    return 0;
}
