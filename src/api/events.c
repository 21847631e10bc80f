/* What the relay says, as messages to the clients: each built once, whoever gets it. */
#include <inttypes.h>
#include <string.h>

#include "api/client.h"
#include "api/command.h"
#include "api/feed.h"
#include "api/gate_json.h"
#include "api/login_json.h"
#include "api/sources_json.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "chat/message.h"
#include "relay/captions.h"
#include "relay/heard.h"
#include "relay/host_cards.h"
#include "relay/journal.h"
#include "relay/on_air.h"
#include "relay/polls.h"
#include "relay/questions.h"
#include "relay/rates.h"
#include "relay/replies.h"

static bool has_listener(const struct api *api, unsigned topics)
{
    const struct client *client;
    list_for_each(client, &api->clients, link)
    {
        if (client->topics & topics)
            return true;
    }
    return false;
}

void api_send(struct api *api, unsigned topics, struct buffer *json)
{
    if (has_listener(api, topics)) {
        struct payload *payload = payload_create(json->data, json->len);
        struct client *client, *next;
        list_for_each_safe(client, next, &api->clients, link)
        {
            if (client->topics & topics)
                client_send(client, payload);
        }
        payload_unref(payload);
    }
    buffer_clear(json);
}

static void finish(struct api *api, unsigned topics, struct buffer *json)
{
    buffer_add_char(json, '}');
    api_send(api, topics, json);
    buffer_fini(json);
}

static void handle_on_air(void *data)
{
    struct api *api = data;
    struct buffer json = {0};
    struct str state = on_air_json(api->relay->on_air);
    buffer_printf(&json, "{\"type\":\"on_air\",\"revision\":\"%s\",\"on_air\":", on_air_revision(api->relay->on_air));
    buffer_add(&json, state.data, state.len);
    finish(api, TOPIC_ON_AIR, &json);
}

/* --- Questions: those of the crowd in one message a turn, those that a person changed at once --- */

static void send_candidates(struct api *api)
{
    timer_stop(&api->candidates_timer);
    if (api->candidates.len == 0)
        return;
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"questions\",\"questions\":[");
    buffer_add(&json, api->candidates.data, api->candidates.len);
    buffer_add_char(&json, ']');
    buffer_clear(&api->candidates);
    finish(api, TOPIC_DESK, &json);
}

void api_handle_candidates(void *data)
{
    send_candidates(data);
}

static void add_candidate(struct api *api, const struct question *question)
{
    if (api->candidates.len > 0)
        buffer_add_char(&api->candidates, ',');
    question_write_warned(api, question, &api->candidates);
    timer_start(&api->candidates_timer, 0);
}

static void handle_question(void *data, const struct question *question)
{
    struct api *api = data;
    if (!has_listener(api, TOPIC_DESK))
        return;
    if (question->state == QUESTION_NEW && *question->changed_by == '\0') {
        add_candidate(api, question);
        return;
    }
    send_candidates(api);  // nobody sees an older state behind a newer one
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"question\",\"question\":");
    question_write_warned(api, question, &json);
    finish(api, TOPIC_DESK, &json);
}

static void handle_question_removed(void *data, uint64_t id)
{
    send_candidates(data);
    struct buffer json = {0};
    buffer_printf(&json, "{\"type\":\"question_removed\",\"id\":%" PRIu64, id);
    finish(data, TOPIC_DESK, &json);
}

static void handle_heard(void *data)
{
    const struct api *api = data;
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"heard\",\"heard\":");
    heard_write_json(api->relay->heard, api->relay->questions, &json);
    buffer_add_string(&json, ",\"fairness\":");
    questions_write_fairness(api->relay->questions, &json);
    finish(data, TOPIC_DESK, &json);
}

static void handle_poll(void *data, const struct poll *poll)
{
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"poll\",\"poll\":");
    poll_write_json(poll, &json);
    finish(data, TOPIC_DESK, &json);
}

static void handle_saved_polls(void *data)
{
    struct api *api = data;
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"saved_polls\",\"saved_polls\":");
    polls_write_saved(api->relay->polls, &json);
    finish(api, TOPIC_DESK, &json);
}

static void handle_native_polls(void *data)
{
    struct api *api = data;
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"native_polls\",\"native_polls\":");
    polls_write_natives(api->relay->polls, &json);
    finish(api, TOPIC_DESK, &json);
}

static void handle_captions(void *data, const struct caption_track *track)
{
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"captions\",\"captions\":");
    caption_track_write_json(track, &json);
    finish(data, TOPIC_DESK, &json);
}

static void handle_caption_lines(void *data)
{
    struct api *api = data;
    if (!has_listener(api, TOPIC_CAPTIONS))
        return;
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"caption_lines\",\"caption_lines\":");
    snapshot_write_caption_lines(api, &json);
    finish(api, TOPIC_CAPTIONS, &json);
}

static void handle_source(void *data, const struct source *source)
{
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"source\",\"source\":");
    source_write_json(source, &json);
    finish(data, TOPIC_SOURCES, &json);
}

static void handle_source_removed(void *data, const char *id)
{
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"source_removed\",\"source\":");
    buffer_add_json(&json, id, strlen(id));
    finish(data, TOPIC_SOURCES, &json);
}

static void handle_gap(void *data, const struct journal_gap *gap)
{
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"gap\",\"gap\":");
    gap_write_json(gap, &json);
    finish(data, TOPIC_SOURCES, &json);
}

static void handle_sent(void *data, const struct sent *sent)
{
    struct api *api = data;
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"sent\",\"sent\":");
    sent_write_json(sent, &json);
    finish(api, TOPIC_DESK, &json);
    reply_handle_sent(api, sent);
}

static void handle_messages(void *data, struct message *const *messages, size_t count)
{
    struct api *api = data;
    if (has_listener(api, TOPIC_FEED))
        feed_push(api->feed, messages, count);
}

static void handle_edited(void *data, struct message *message)
{
    struct api *api = data;
    if (has_listener(api, TOPIC_FEED))
        feed_push_edited(api->feed, message);
}

static void add_text(struct buffer *json, const char *key, struct str text)
{
    buffer_printf(json, ",\"%s\":", key);
    buffer_add_json(json, text.data, text.len);
}

static void handle_removed(void *data, const struct queue_removal *removal)
{
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"removed\",\"ids\":[");
    for (size_t i = 0; i < removal->id_count; i++)
        buffer_printf(&json, "%s%" PRIu64, i ? "," : "", removal->ids[i]);
    buffer_add_char(&json, ']');
    if (removal->author_id.len > 0) {
        buffer_add_string(&json, ",\"author\":{\"platform\":");
        buffer_add_json(&json, removal->platform.data, removal->platform.len);
        add_text(&json, "id", removal->author_id);
        buffer_add_char(&json, '}');
    }
    if (removal->native_id.len > 0) {  // the queue may have let go of it, and a client may still show it
        buffer_add_string(&json, ",\"message\":{\"platform\":");
        buffer_add_json(&json, removal->platform.data, removal->platform.len);
        add_text(&json, "native_id", removal->native_id);
        buffer_add_char(&json, '}');
    }
    add_text(&json, "reason", str_from(removal->reason ? removal->reason : ""));
    finish(data, TOPIC_FEED | TOPIC_DESK | TOPIC_ON_AIR, &json);
}

static void handle_cleared(void *data, struct str source)
{
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"cleared\"");
    add_text(&json, "source", source);
    finish(data, TOPIC_FEED | TOPIC_DESK, &json);
}

static void handle_notice(void *data, const char *level, const char *where, const char *text)
{
    struct buffer json = {0};
    buffer_printf(&json, "{\"type\":\"notice\",\"level\":\"%s\"", level);
    add_text(&json, "where", str_from(where));
    add_text(&json, "text", str_from(text));
    finish(data, TOPIC_DESK | TOPIC_SOURCES, &json);
}

static void handle_rates(void *data)
{
    struct api *api = data;
    struct buffer json = {0};
    if (!has_listener(api, TOPIC_SOURCES))
        return;
    buffer_printf(&json, "{\"type\":\"rates\",\"at_ms\":%" PRId64 ",", clock_unix_ms());
    rates_write_second(api->relay->rates, &json);
    finish(api, TOPIC_SOURCES, &json);
}

static void handle_host_card(void *data, const struct host_card *card)
{
    struct api *api = data;
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"host_card\",\"host_card\":");
    host_card_write_json(card, &json);
    finish(api, TOPIC_DESK, &json);
}

static void handle_host_card_removed(void *data, uint64_t id)
{
    struct buffer json = {0};
    buffer_printf(&json, "{\"type\":\"host_card_removed\",\"id\":%" PRIu64, id);
    finish(data, TOPIC_DESK, &json);
}

static void handle_caught(void *data, const struct gate_caught *caught)
{
    struct api *api = data;
    if (has_listener(api, TOPIC_DESK))
        caught_send(api, caught);
}

static void handle_caught_removed(void *data, uint64_t message)
{
    caught_send_removed(data, message);
}

static void handle_gate(void *data)
{
    gate_send(data);
}

static void handle_login(void *data, const struct login *login)
{
    login_send(data, login);
}

const struct relay_listener_impl api_listener = {
    .login = handle_login,
    .on_air = handle_on_air,
    .question = handle_question,
    .question_removed = handle_question_removed,
    .heard = handle_heard,
    .poll = handle_poll,
    .saved_polls = handle_saved_polls,
    .native_polls = handle_native_polls,
    .captions = handle_captions,
    .caption_lines = handle_caption_lines,
    .host_card = handle_host_card,
    .host_card_removed = handle_host_card_removed,
    .caught = handle_caught,
    .caught_removed = handle_caught_removed,
    .gate = handle_gate,
    .source = handle_source,
    .source_removed = handle_source_removed,
    .gap = handle_gap,
    .sent = handle_sent,
    .messages = handle_messages,
    .edited = handle_edited,
    .removed = handle_removed,
    .cleared = handle_cleared,
    .notice = handle_notice,
    .rates = handle_rates,
};
