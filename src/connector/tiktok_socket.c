/*
 * tiktok_socket.c - the webcast's websocket: we say which room, are let in, beat every few seconds and acknowledge
 * what asks for it. A signed address is good for one connection and some 30 s: after any loss all begins anew.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "connector/tiktok.pb-c.h"
#include "connector/tiktok_inside.h"
#include "net/websocket.h"

enum {
    OPEN_MS = 20 * 1000, ENTER_MS = 20 * 1000, SELDOM_MS = 10 * 60 * 1000,
};

static ProtobufCBinaryData bytes_of(const char *text)
{
    return (ProtobufCBinaryData){strlen(text), (uint8_t *)text};
}

static void send_frame(struct tiktok *tiktok, const char *type, ProtobufCBinaryData payload, int64_t log_id)
{
    struct error err = {0};
    Tiktok__PushFrame frame = TIKTOK__PUSH_FRAME__INIT;
    frame.log_id = log_id;
    frame.payload_encoding = bytes_of("pb");
    frame.payload_type = bytes_of(type);
    frame.payload = payload;
    size_t size = tiktok__push_frame__get_packed_size(&frame);
    buffer_clear(&tiktok->out);
    tiktok__push_frame__pack(&frame, (uint8_t *)buffer_reserve(&tiktok->out, size));
    websocket_send_binary(tiktok->socket, tiktok->out.data, size, &err);  // if not: the close follows
}

static int64_t room_of(const struct tiktok *tiktok)
{
    return (int64_t)strtoull(tiktok->room, NULL, 10);
}

/* ---- entering ---- */

static void handle_open(void *data)
{
    struct tiktok *tiktok = data;
    uint8_t packed[256];
    uint64_t number;
    random_bytes(&number, sizeof(number));
    Tiktok__EnterRoom enter = TIKTOK__ENTER_ROOM__INIT;
    enter.room_id = room_of(tiktok);
    enter.live_id = 12;
    enter.identity = bytes_of("audience");
    enter.enter_unique_id = (int64_t)(number >> 1);
    enter.filter_welcome_msg = bytes_of("0");
    if (tiktok__enter_room__get_packed_size(&enter) <= sizeof(packed))
        send_frame(tiktok, "im_enter_room", (ProtobufCBinaryData){tiktok__enter_room__pack(&enter, packed), packed}, 0);
    timer_start(&tiktok->deadline, ENTER_MS);
}

/* A beat before we are in makes the server close. */
static void handle_heartbeat(void *data)
{
    struct tiktok *tiktok = data;
    uint8_t packed[64];
    Tiktok__HeartBeat beat = TIKTOK__HEART_BEAT__INIT;
    beat.room_id = room_of(tiktok);
    send_frame(tiktok, "hb", (ProtobufCBinaryData){tiktok__heart_beat__pack(&beat, packed), packed}, 0);
    timer_start(&tiktok->heartbeat, tiktok->heartbeat_ms);
}

static void handle_deadline(void *data)
{
    tiktok_lose(data, tiktok_find_room, "no answer to entering the room");
}

static void handle_entered(struct tiktok *tiktok)
{
    if (tiktok->is_in)
        return;
    timer_stop(&tiktok->deadline);
    tiktok->entered_ms = clock_monotonic_ms();
    tiktok_enter(tiktok);
    timer_start(&tiktok->heartbeat, 0);
    connector_set_state(&tiktok->base, CONNECTOR_LIVE, "reading the LIVE of @%s (unofficial)", tiktok->channel);
}

/* ---- messages ---- */

/* Acknowledged when all of it was delivered. */
static void handle_events(struct tiktok *tiktok, const struct tiktok_envelope *envelope)
{
    struct str ext = envelope->internal_ext;
    if (envelope->needs_ack)
        send_frame(tiktok, "ack", (ProtobufCBinaryData){ext.len, (uint8_t *)ext.data}, envelope->log_id);
    if (envelope->cursor.len > 0)
        tiktok_set_text(&tiktok->cursor, envelope->cursor);
    if (ext.len > 0)
        tiktok_set_text(&tiktok->ext, ext);
}

static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    struct tiktok *tiktok = data;
    struct tiktok_envelope envelope;
    struct error err = {0};
    tiktok->heard_ms = clock_monotonic_ms();
    tiktok_read_push(&tiktok->reader, bytes, len, &envelope, &err);
    // Events show that we are in, should the answer to entering be lost or renamed.
    if (envelope.type != TIKTOK_OTHER)
        handle_entered(tiktok);
    if (envelope.type == TIKTOK_EVENTS)
        handle_events(tiktok, &envelope);
    if (tiktok->reader.is_ended) {
        tiktok_end_broadcast(tiktok);
    } else if (tiktok->is_in) {
        tiktok_note_alive(tiktok, clock_unix_ms());
    }
}

/* Instead of 101: TikTok says why in a header, and answers 200. */
static void handle_refusal(struct tiktok *tiktok, int status)
{
    tiktok_leave(tiktok, "refused");
    connector_set_remedy(&tiktok->base, "use TikFinity, or look for a newer antiphon: TikTok changes this way without notice");
    connector_set_state(&tiktok->base, CONNECTOR_FAILED, "TikTok does not let us in (HTTP %d): it blocks us, or the way in has "
                        "changed; again in %d min", status, SELDOM_MS / 60000);
    tiktok_later(tiktok, SELDOM_MS, tiktok_find_room);
}

static void handle_close(void *data, const struct websocket_close *end)
{
    struct tiktok *tiktok = data;
    if (end->http_status == 200 || end->http_status == 403 || end->http_status == 429) {
        handle_refusal(tiktok, end->http_status);
    } else {
        tiktok_lose(tiktok, tiktok_find_room, end->error.text);
    }
}

static const struct websocket_handler handler = {
    .on_open = handle_open, .on_message = handle_message, .on_close = handle_close,
};

void tiktok_socket_open(struct tiktok *tiktok)
{
    struct error err = {0};
    const struct net_header headers[] = {{"Cookie", tiktok->cookie}, {"User-Agent", TIKTOK_USER_AGENT}};
    struct websocket_options options = {
        .url = tiktok->push_url, .origin = "https://www.tiktok.com", .headers = headers, .header_count = 2,
        .open_timeout_ms = OPEN_MS, .message_bytes_max = TIKTOK_FRAME_BYTES_MAX,
        .handler = &handler, .data = tiktok};
    connector_fill_websocket(&tiktok->base, &options);
    timer_init(&tiktok->heartbeat, tiktok->base.options.loop, handle_heartbeat, tiktok);
    timer_init(&tiktok->deadline, tiktok->base.options.loop, handle_deadline, tiktok);
    tiktok->socket = websocket_create(tiktok->base.options.loop, &options, &err);
    if (!tiktok->socket)
        tiktok_lose(tiktok, tiktok_find_room, err.text);
}

void tiktok_socket_tick(struct tiktok *tiktok)
{
    int64_t now_ms = clock_monotonic_ms(), alive_ms = websocket_alive_ms(tiktok->socket);
    if (now_ms - tiktok->heard_ms >= tiktok->quiet_ms) {
        tiktok_lose(tiktok, tiktok_find_room, "TikTok answers no heartbeat any more");
        return;
    }
    if (alive_ms > 0)
        tiktok_note_alive(tiktok, clock_unix_ms() - (now_ms - alive_ms) - 1000);
    if (now_ms - tiktok->entered_ms >= tiktok->proved_ms) {
        backoff_reset(&tiktok->backoff);
        tiktok->sign_wait_ms = tiktok->sign_ms;
    }
}
