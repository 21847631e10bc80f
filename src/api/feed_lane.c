#include "api/feed_lane.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/client.h"
#include "api/feed.h"
#include "api/feed_pick.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/message_filter.h"
#include "relay/queue.h"

enum {
    BATCH_MS = 33,
    BURST = FEED_PER_SECOND,        // a platform that is polled gives a page at once, and that is no flood
    RESERVE = FEED_PER_SECOND / 5,  // kept for what is not chat
    SAMPLE_MS = 1000,
};

enum rank { RANK_UNKNOWN, RANK_FIRST, RANK_QUESTION, RANK_CHAT };

static void flush(void *data);

struct feed_lane *feed_lane_create(struct api *api, struct message_filter *filter)
{
    struct feed_lane *lane = xcalloc(1, sizeof(*lane));
    lane->api = api;
    lane->filter = message_filter_ref(filter);
    lane->tokens = BURST;
    lane->filled_ms = clock_monotonic_ms();
    list_init(&lane->link);
    timer_init(&lane->timer, api->loop, flush, lane);
    return lane;
}

static void forget_sources(struct feed_lane *lane)
{
    for (size_t i = 0; i < lane->source_count; i++)
        free(lane->sources[i].id);
    lane->source_count = 0;
}

void feed_lane_destroy(struct feed_lane *lane)
{
    if (!lane)
        return;
    timer_stop(&lane->timer);
    for (size_t i = 0; i < lane->count; i++)
        message_unref(lane->waiting[i].message);
    forget_sources(lane);
    message_filter_unref(lane->filter);
    list_remove(&lane->link);
    free(lane);
}

uint64_t feed_lane_skipped(const struct feed_lane *lane)
{
    return lane->skipped_before + lane->skipped;
}

/* --- What comes --- */

static enum rank rank_of(const struct message *message)
{
    enum message_kind kind = message->is.kind;
    bool is_chat = kind == MESSAGE_CHAT || kind == MESSAGE_ACTION || kind == MESSAGE_JOIN || kind == MESSAGE_LIKE;
    bool is_crew = message->is.author.roles & (ROLE_BROADCASTER | ROLE_MODERATOR | ROLE_STAFF);
    if (!is_chat || is_crew || message->is.is_own || message_has_money(message))
        return RANK_FIRST;
    return message_asks(message) ? RANK_QUESTION : RANK_CHAT;
}

static enum rank rank_at(struct feed_lane *lane, size_t index)
{
    if (lane->waiting[index].rank == RANK_UNKNOWN)
        lane->waiting[index].rank = (uint8_t)rank_of(lane->waiting[index].message);
    return (enum rank)lane->waiting[index].rank;
}

/* The counts of a message's source. Those of more sources than we tell apart are counted together under "". */
static struct lane_source *source_of(struct feed_lane *lane, const struct message *message)
{
    struct str id = message->is.source;
    for (size_t i = 0; i < lane->source_count; i++) {
        if (str_equal(str_from(lane->sources[i].id), id))
            return &lane->sources[i];
    }
    if (lane->source_count == LANE_SOURCES_MAX)
        return &lane->sources[LANE_SOURCES_MAX - 1];
    bool is_last = lane->source_count == LANE_SOURCES_MAX - 1;
    struct lane_source *source = &lane->sources[lane->source_count++];
    *source = (struct lane_source){.id = is_last ? xstrdup("") : xstrndup(id.data ? id.data : "", id.len)};
    return source;
}

static void skip(struct feed_lane *lane, struct message *message)
{
    lane->skipped++;
    source_of(lane, message)->skipped++;
    if (message->id > lane->last_id)
        lane->last_id = message->id;
    message_unref(message);
}

/* More than fit between two batches: what matters takes the place of the last chat line. False: all of it matters. */
static bool make_room(struct feed_lane *lane)
{
    for (size_t i = lane->count; i-- > 0;) {
        if (rank_at(lane, i) != RANK_CHAT)
            continue;
        skip(lane, lane->waiting[i].message);
        memmove(&lane->waiting[i], &lane->waiting[i + 1], (lane->count - i - 1) * sizeof(lane->waiting[0]));
        lane->count--;
        return true;
    }
    return false;
}

static void start(struct feed_lane *lane)
{
    if (timer_is_running(&lane->timer) && lane->count > 1)
        return;
    int64_t wait_ms = lane->sent_ms + BATCH_MS - clock_monotonic_ms();
    timer_start(&lane->timer, wait_ms > 0 ? wait_ms : 0);
}

void feed_lane_push(struct feed_lane *lane, struct message *message, struct message_look *look, bool is_edited)
{
    if (!is_edited && !message_filter_passes(lane->filter, message, look))
        return;
    if (lane->count == 0 && lane->shown + lane->skipped == 0)
        lane->since_ms = clock_monotonic_ms();
    enum rank rank = is_edited ? RANK_FIRST : RANK_UNKNOWN;
    message_ref(message);
    if (lane->count == LANE_WAITING_MAX) {
        rank = rank ? rank : rank_of(message);
        if (rank == RANK_CHAT || !make_room(lane)) {
            skip(lane, message);
            return;
        }
    }
    lane->waiting[lane->count].message = message;
    lane->waiting[lane->count++].rank = (uint8_t)rank;
    start(lane);
}

/* --- What goes --- */

static void refill(struct feed_lane *lane)
{
    int64_t now_ms = clock_monotonic_ms();
    lane->tokens += (double)(now_ms - lane->filled_ms) * FEED_PER_SECOND / 1000;
    lane->filled_ms = now_ms;
    if (lane->tokens > BURST)
        lane->tokens = BURST;
}

/* Those of one rank that go out, at most `limit`; marks them in is_chosen. Returns how many. */
static size_t choose(struct feed_lane *lane, enum rank rank, double limit, bool *is_chosen)
{
    size_t indices[LANE_WAITING_MAX], sources[LANE_WAITING_MAX] = {0}, count = 0;
    bool is_picked[LANE_WAITING_MAX];
    for (size_t i = 0; i < lane->count; i++) {
        if (rank_at(lane, i) != rank)
            continue;
        sources[count] = (size_t)(source_of(lane, lane->waiting[i].message) - lane->sources);
        indices[count++] = i;
    }
    size_t most = limit < 1 ? 0 : (size_t)limit;
    size_t picked = feed_pick(sources, count, lane->source_count, most, lane->turn++, is_picked);
    for (size_t i = 0; i < count; i++)
        is_chosen[indices[i]] = is_picked[i];
    return picked;
}

static void choose_all(struct feed_lane *lane, bool *is_chosen)
{
    if (lane->tokens >= (double)lane->count) {
        memset(is_chosen, true, lane->count);
        lane->tokens -= (double)lane->count;
        return;
    }
    lane->tokens -= (double)choose(lane, RANK_FIRST, lane->tokens + RESERVE, is_chosen);
    lane->tokens -= (double)choose(lane, RANK_QUESTION, lane->tokens + RESERVE / 2, is_chosen);
    lane->tokens -= (double)choose(lane, RANK_CHAT, lane->tokens, is_chosen);
}

/* What was deleted while it waited is not sent. Its edited form is in the queue in its place. */
static bool write_one(struct feed_lane *lane, struct message *message, bool is_first, struct buffer *json)
{
    lane->shown++;
    source_of(lane, message)->shown++;
    if (message->id > lane->last_id)
        lane->last_id = message->id;
    bool is_here = queue_find(lane->api->relay->queue, message->id) == message;
    if (is_here && !is_first)
        buffer_add_char(json, ',');
    if (is_here)
        message_write_json(message, json);
    message_unref(message);
    return is_here;
}

static size_t write_waiting(struct feed_lane *lane, struct buffer *json)
{
    bool is_chosen[LANE_WAITING_MAX];
    size_t written = 0;
    refill(lane);
    choose_all(lane, is_chosen);
    for (size_t i = 0; i < lane->count; i++) {
        if (is_chosen[i]) {
            written += write_one(lane, lane->waiting[i].message, written == 0, json);
        } else {
            skip(lane, lane->waiting[i].message);
        }
    }
    lane->count = 0;
    return written;
}

/* To the clients of this lane. The buffer is emptied. */
static void send_all(struct feed_lane *lane, struct buffer *json)
{
    struct payload *payload = payload_create(json->data, json->len);
    struct client *client, *next;
    list_for_each_safe(client, next, &lane->api->clients, link) {
        bool is_ours = client->lane == lane || (!client->lane && !lane->filter);
        if (is_ours && (client->topics & TOPIC_FEED))
            client_send(client, payload);
    }
    payload_unref(payload);
    buffer_clear(json);
}

static void write_sample(const struct feed_lane *lane, int64_t over_ms, struct buffer *json)
{
    buffer_printf(json, "{\"type\":\"sample\",\"shown\":%" PRIu64 ",\"skipped\":%" PRIu64 ",\"over_ms\":%" PRId64
                  ",\"last_id\":%" PRIu64 ",\"sources\":{", lane->shown, lane->skipped, over_ms, lane->last_id);
    for (size_t i = 0; i < lane->source_count; i++) {
        const struct lane_source *source = &lane->sources[i];
        if (i > 0)
            buffer_add_char(json, ',');
        buffer_add_json(json, source->id, strlen(source->id));
        buffer_printf(json, ":{\"shown\":%" PRIu64 ",\"skipped\":%" PRIu64 "}", source->shown, source->skipped);
    }
    buffer_add_string(json, "}}");
}

/* Once a second while there is something to tell; the last of a flood is told too. */
static void tell_sample(struct feed_lane *lane, struct buffer *json)
{
    int64_t over_ms = clock_monotonic_ms() - lane->since_ms;
    if (over_ms < SAMPLE_MS) {
        if (lane->skipped > 0)
            timer_start(&lane->timer, SAMPLE_MS - over_ms);
        return;
    }
    if (lane->skipped > 0) {
        write_sample(lane, over_ms, json);
        send_all(lane, json);
    }
    lane->skipped_before += lane->skipped;
    lane->shown = lane->skipped = 0;
    lane->since_ms += over_ms;
    forget_sources(lane);
}

static void flush(void *data)
{
    struct feed_lane *lane = data;
    struct buffer json = {0};
    lane->sent_ms = clock_monotonic_ms();
    buffer_add_string(&json, "{\"type\":\"messages\",\"messages\":[");
    if (lane->count > 0 && write_waiting(lane, &json) > 0) {
        buffer_add_string(&json, "]}");
        send_all(lane, &json);
    }
    buffer_clear(&json);
    tell_sample(lane, &json);
    buffer_fini(&json);
}
