/* The whole state in one message, for who comes new or lost what was queued for him. */
#include <string.h>

#include "api/api_private.h"
#include "api/client.h"
#include "api/crew.h"
#include "api/feed.h"
#include "api/gate_json.h"
#include "api/login_json.h"
#include "api/outputs.h"
#include "api/pictures.h"
#include "api/sources_json.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "chat/message.h"
#include "relay/caption_feed.h"
#include "relay/captions.h"
#include "relay/heard.h"
#include "relay/host_cards.h"
#include "relay/message_filter.h"
#include "relay/on_air.h"
#include "relay/polls.h"
#include "relay/questions.h"
#include "relay/queue.h"
#include "relay/rates.h"
#include "relay/replies.h"

static void add_on_air(const struct api *api, struct buffer *out)
{
    struct str json = on_air_json(api->relay->on_air), views = on_air_views_json(api->relay->on_air);
    buffer_add_string(out, ",\"on_air\":");
    buffer_add(out, json.data, json.len);
    buffer_add_string(out, ",\"views\":");
    buffer_add(out, views.data, views.len);
}

static void add_comma(struct buffer *out, size_t index)
{
    if (index > 0)
        buffer_add_char(out, ',');
}

static void add_sent(void *data, const struct sent *sent)
{
    struct buffer *out = data;
    if (out->data[out->len - 1] == '}')
        buffer_add_char(out, ',');
    sent_write_json(sent, out);
}

static void add_desk(const struct api *api, struct buffer *out)
{
    const struct relay *relay = api->relay;
    buffer_add_string(out, ",\"questions\":[");
    for (size_t i = 0; i < questions_count(relay->questions); i++) {
        add_comma(out, i);
        question_write_warned(api, questions_at(relay->questions, i), out);
    }
    buffer_add_string(out, "],\"heard\":");
    heard_write_json(relay->heard, relay->questions, out);
    buffer_add_string(out, ",\"polls\":[");
    for (size_t i = 0; i < polls_count(relay->polls); i++) {
        add_comma(out, i);
        poll_write_json(polls_at(relay->polls, i), out);
    }
    buffer_add_string(out, "],\"saved_polls\":");
    polls_write_saved(relay->polls, out);
    buffer_add_string(out, ",\"native_polls\":");
    polls_write_natives(relay->polls, out);
    buffer_add_string(out, ",\"captions\":[");
    for (size_t i = 0; i < captions_count(relay->captions); i++) {
        add_comma(out, i);
        caption_track_write_json(captions_at(relay->captions, i), out);
    }
    buffer_add_string(out, "],\"host_cards\":[");
    for (size_t i = 0; i < host_cards_count(relay->host_cards); i++) {
        add_comma(out, i);
        host_card_write_json(host_cards_at(relay->host_cards, i), out);
    }
    buffer_add_string(out, "],\"sent\":[");
    replies_each(relay->replies, add_sent, out);
    buffer_add_char(out, ']');
    gate_write_snapshot(api, out);
    pictures_write(api->pictures, out);
    crew_write_snapshot(api->crew, out);
}

/* The newest messages of the queue that pass, oldest first. */
static void add_feed(const struct api *api, const struct message_filter *filter, struct buffer *out)
{
    const struct message *messages[FEED_SNAPSHOT];
    size_t count = 0;
    const struct message *message = queue_previous(api->relay->queue, 0);
    for (; message && count < FEED_SNAPSHOT; message = queue_previous(api->relay->queue, message->id)) {
        if (message_filter_passes(filter, message, NULL))
            messages[count++] = message;
    }
    buffer_add_string(out, ",\"feed\":[");
    for (size_t i = count; i-- > 0;) {
        message_write_json(messages[i], out);
        if (i > 0)
            buffer_add_char(out, ',');
    }
    buffer_add_char(out, ']');
}

void snapshot_write_caption_lines(const struct api *api, struct buffer *out)
{
    if (on_air_is_blank(api->relay->on_air))
        buffer_add_string(out, "[]");
    else
        caption_feed_write(api->relay->captions, clock_unix_ms(), out);
}

void snapshot_write(const struct api *api, const struct client *client, struct buffer *out)
{
    unsigned topics = client->topics;
    buffer_printf(out, "{\"type\":\"snapshot\",\"revision\":\"%s\"", on_air_revision(api->relay->on_air));
    if (topics & TOPIC_ON_AIR)
        add_on_air(api, out);
    if (topics & TOPIC_DESK)
        add_desk(api, out);
    if (topics & TOPIC_SOURCES) {
        sources_write_snapshot(api->relay, out);
        buffer_add_string(out, ",\"rates\":");
        rates_write_json(api->relay->rates, out);
        logins_write_snapshot(api->relay, client->who.role, out);
    }
    if (topics & TOPIC_OUTPUTS)
        outputs_write(api->outputs, out);
    if (topics & TOPIC_CAPTIONS) {
        buffer_add_string(out, ",\"caption_lines\":");
        snapshot_write_caption_lines(api, out);
    }
    if (topics & TOPIC_FEED)
        add_feed(api, feed_filter_of(client), out);
    buffer_add_char(out, '}');
}
