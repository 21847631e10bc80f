#include "api/feed.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/queue.h"

enum {
    BATCH_MS = 33,
    BURST = FEED_PER_SECOND / 2,      // more than that at once is a flood
    RESERVE = FEED_PER_SECOND / 5,    // kept for what is not chat
    SAMPLE_MS = 500,
};

struct feed {
    struct api *api;
    struct message *pending[FEED_PER_SECOND];  // references
    size_t count;
    struct timer timer;
    int64_t sent_ms, filled_ms, told_ms;  // monotonic
    double tokens;                         // messages that may be sent now
    uint64_t shown, skipped, skipped_before, last_id;  // since it was told; in all
};

static void flush(struct feed *feed);

static void handle_timer(void *data)
{
    flush(data);
}

struct feed *feed_create(struct api *api)
{
    struct feed *feed = xcalloc(1, sizeof(*feed));
    feed->api = api;
    feed->tokens = BURST;
    feed->filled_ms = clock_monotonic_ms();
    timer_init(&feed->timer, api->loop, handle_timer, feed);
    return feed;
}

void feed_destroy(struct feed *feed)
{
    if (!feed)
        return;
    timer_stop(&feed->timer);
    for (size_t i = 0; i < feed->count; i++)
        message_unref(feed->pending[i]);
    free(feed);
}

static void refill(struct feed *feed)
{
    int64_t now_ms = clock_monotonic_ms();
    feed->tokens += (double)(now_ms - feed->filled_ms) * FEED_PER_SECOND / 1000;
    feed->filled_ms = now_ms;
    if (feed->tokens > BURST)
        feed->tokens = BURST;
}

static bool is_chat(const struct message *message)
{
    enum message_kind kind = message->is.kind;
    return kind == MESSAGE_CHAT || kind == MESSAGE_ACTION || kind == MESSAGE_JOIN || kind == MESSAGE_LIKE;
}

static void start(struct feed *feed)
{
    if (timer_is_running(&feed->timer))
        return;
    int64_t wait_ms = feed->sent_ms + BATCH_MS - clock_monotonic_ms();
    timer_start(&feed->timer, wait_ms > 0 ? wait_ms : 0);
}

static void take(struct feed *feed, struct message *message)
{
    double needed = is_chat(message) ? 1 : 1 - RESERVE;
    if (feed->tokens < needed || feed->count == ARRAY_LENGTH(feed->pending)) {
        feed->skipped++;
        feed->last_id = message->id;
        return;
    }
    feed->tokens -= 1;
    feed->shown++;
    feed->last_id = message->id;
    feed->pending[feed->count++] = message_ref(message);
}

void feed_push(struct feed *feed, struct message *const *messages, size_t count)
{
    refill(feed);
    for (size_t i = 0; i < count; i++)
        take(feed, messages[i]);
    if (count > 0)
        start(feed);
}

void feed_push_edited(struct feed *feed, struct message *message)
{
    feed_push(feed, &message, 1);
}

/* What was deleted while it waited is not sent. Its edited form is in the queue in its place. */
static size_t write_pending(struct feed *feed, struct buffer *json)
{
    size_t written = 0;
    for (size_t i = 0; i < feed->count; i++) {
        if (queue_find(feed->api->relay->queue, feed->pending[i]->id) == feed->pending[i]) {
            if (written++ > 0)
                buffer_add_char(json, ',');
            message_write_json(feed->pending[i], json);
        }
        message_unref(feed->pending[i]);
    }
    feed->count = 0;
    return written;
}

static void send_sample(struct feed *feed)
{
    int64_t now_ms = clock_monotonic_ms();
    if (feed->skipped == 0) {
        feed->shown = 0;
        return;
    }
    if (now_ms - feed->told_ms < SAMPLE_MS)
        return;
    struct buffer json = {0};
    buffer_printf(&json, "{\"type\":\"sample\",\"shown\":%" PRIu64 ",\"skipped\":%" PRIu64 ",\"last_id\":%" PRIu64 "}",
                  feed->shown, feed->skipped, feed->last_id);
    api_send(feed->api, TOPIC_FEED, &json);
    buffer_fini(&json);
    feed->skipped_before += feed->skipped;
    feed->shown = feed->skipped = 0;
    feed->told_ms = now_ms;
}

static void flush(struct feed *feed)
{
    struct buffer json = {0};
    feed->sent_ms = clock_monotonic_ms();
    buffer_add_string(&json, "{\"type\":\"messages\",\"messages\":[");
    if (write_pending(feed, &json) > 0) {
        buffer_add_string(&json, "]}");
        api_send(feed->api, TOPIC_FEED, &json);
    }
    buffer_fini(&json);
    send_sample(feed);
    if (feed->skipped > 0)  // the last of a flood is told too
        timer_start(&feed->timer, SAMPLE_MS);
}

uint64_t feed_skipped(const struct feed *feed)
{
    return feed->skipped_before + feed->skipped;
}
