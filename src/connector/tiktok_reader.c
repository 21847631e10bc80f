/* tiktok_reader.c - the webcast's envelopes: push frames, packed payloads, batches of events. */
#include "connector/tiktok_reader.h"

#include <ctype.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "connector/connector_impl.h"
#include "connector/tiktok_event.h"
#include "connector/tiktok_fold.h"
#include "connector/tiktok_item.h"
#include "net/base64.h"
#include "net/inflate.h"

enum { FRAME_MEMORY_MAX = 48 * 1024 * 1024, EVENT_MEMORY_MAX = 4 * 1024 * 1024 };

static struct str bytes_of(ProtobufCBinaryData data)
{
    return (struct str){(const char *)data.data, data.len};
}

void tiktok_reader_init(struct tiktok_reader *reader, struct connector *base)
{
    *reader = (struct tiktok_reader){.base = base, .fold = tiktok_fold_create(base)};
    proto_arena_init(&reader->frame_arena, FRAME_MEMORY_MAX);
    proto_arena_init(&reader->event_arena, EVENT_MEMORY_MAX);
}

void tiktok_reader_start(struct tiktok_reader *reader, int64_t streak_ms, int64_t likes_ms)
{
    tiktok_fold_start(reader->fold, reader->base->options.loop, streak_ms, likes_ms);
}

void tiktok_reader_fini(struct tiktok_reader *reader)
{
    tiktok_fold_destroy(reader->fold);
    field_fini(&reader->scratch);
    buffer_fini(&reader->text);
    buffer_fini(&reader->inflated);
    proto_arena_fini(&reader->frame_arena);
    proto_arena_fini(&reader->event_arena);
}

void tiktok_reader_note_unknown(struct tiktok_reader *reader, struct str name)
{
    reader->skipped++;
    if (name.len >= sizeof(reader->unknown) || str_equal(name, str_from(reader->unknown)))
        return;
    memcpy(reader->unknown, name.data ? name.data : "", name.len);
    reader->unknown[name.len] = '\0';
    if (reader->base->options.loop)
        log_info("connector", "%s: events of the unknown kind \"%s\" are passed over", reader->base->source,
                 reader->unknown);
}

void tiktok_reader_end(struct tiktok_reader *reader, int64_t time_ms)
{
    char key[32];
    if (reader->is_ended)
        return;
    reader->is_ended = true;
    int len = snprintf(key, sizeof(key), "end:%llu", (unsigned long long)reader->room_id);
    connector_deliver(reader->base, &(struct message_draft){
        .kind = MESSAGE_END, .time_ms = time_ms,
        .event_key = reader->room_id ? (struct str){key, (size_t)len} : (struct str){0}});
}

/* ---- batches ---- */

/* Each event stands alone: one that cannot be read does not end the batch. */
static void read_event(struct tiktok_reader *reader, const Tiktok__Inner *inner, struct error *first)
{
    struct error err = {0};
    if (!connector_begin_frame(reader->base, (const char *)inner->payload.data, inner->payload.len))
        return;
    tiktok_event_read(reader, inner, &err);
    connector_end_frame(reader->base, &err);
    if (first->code == ERROR_NONE)
        *first = err;
}

static void read_route(const Tiktok__FetchResult *result, struct tiktok_envelope *envelope)
{
    for (size_t i = 0; i < result->n_route_params && envelope->route_count < 64; i++) {
        struct str key = bytes_of(result->route_params[i]->key), value = bytes_of(result->route_params[i]->value);
        if (key.len == 0 || value.len == 0)
            continue;
        envelope->route[envelope->route_count].key = key;
        envelope->route[envelope->route_count++].value = value;
    }
}

/* `result` lies in the frame's arena; the events use another. */
static void read_batch(struct tiktok_reader *reader, const Tiktok__FetchResult *result, struct tiktok_envelope *envelope,
                       struct error *err)
{
    envelope->type = TIKTOK_EVENTS;
    envelope->needs_ack = result->need_ack && !result->is_first;
    envelope->cursor = bytes_of(result->cursor);
    envelope->internal_ext = bytes_of(result->internal_ext);
    envelope->push_server = bytes_of(result->push_server);
    read_route(result, envelope);
    for (size_t i = 0; i < result->n_messages; i++)
        read_event(reader, result->messages[i], err);
}

/* The work on the envelope, noted as such: the events in it are noted one by one. NULL: skipped, or err is set. */
static const void *unpack(struct tiktok_reader *reader, const ProtobufCMessageDescriptor *type, const void *bytes, size_t len,
                          const char *what, struct error *err)
{
    const void *message = NULL;
    if (!connector_begin_frame(reader->base, bytes, len))
        return NULL;
    if (len > TIKTOK_FRAME_BYTES_MAX) {
        error_set(err, ERROR_DATA, "%s of %zu bytes; at most %d are read", what, len, TIKTOK_FRAME_BYTES_MAX);
    } else {
        message = proto_arena_unpack(&reader->frame_arena, type, bytes, len, what, err);
    }
    connector_end_frame(reader->base, err);
    return message;
}

bool tiktok_read_result(struct tiktok_reader *reader, const void *bytes, size_t len, struct tiktok_envelope *envelope,
                        struct error *err)
{
    *envelope = (struct tiktok_envelope){0};
    const Tiktok__FetchResult *result = unpack(reader, &tiktok__fetch_result__descriptor, bytes, len, "a batch", err);
    if (result)
        read_batch(reader, result, envelope, err);
    return err->code == ERROR_NONE;
}

/* ---- push frames ---- */

static bool is_packed(const Tiktok__PushFrame *frame)
{
    for (size_t i = 0; i < frame->n_headers; i++) {
        if (str_equal(bytes_of(frame->headers[i]->key), STR("compress_type")))
            return str_equal(bytes_of(frame->headers[i]->value), STR("gzip"));
    }
    return frame->payload.len > 2 && memcmp(frame->payload.data, "\x1f\x8b\x08", 3) == 0;
}

/* Into reader->inflated: what is packed may be a bomb, and the frame's arena is used again for what it holds. */
static bool inflate_payload(struct tiktok_reader *reader, struct str payload, bool is_packed, struct error *err)
{
    buffer_clear(&reader->inflated);
    if (!is_packed) {
        buffer_add(&reader->inflated, payload.data, payload.len);
        return true;
    }
    if (!connector_begin_frame(reader->base, payload.data, payload.len))
        return false;
    if (!inflate_bytes(INFLATE_WRAPPED, payload.data, payload.len, TIKTOK_FRAME_BYTES_MAX, &reader->inflated, err))
        error_prefix(err, "a packed batch");
    connector_end_frame(reader->base, err);
    return err->code == ERROR_NONE;
}

bool tiktok_read_push(struct tiktok_reader *reader, const void *bytes, size_t len, struct tiktok_envelope *envelope,
                      struct error *err)
{
    *envelope = (struct tiktok_envelope){0};
    const Tiktok__PushFrame *frame = unpack(reader, &tiktok__push_frame__descriptor, bytes, len, "a push frame", err);
    struct str type = frame ? bytes_of(frame->payload_type) : (struct str){0};
    int64_t log_id = frame ? frame->log_id : 0;
    if (str_equal(type, STR("msg"))) {
        if (inflate_payload(reader, bytes_of(frame->payload), is_packed(frame), err))
            tiktok_read_result(reader, reader->inflated.data, reader->inflated.len, envelope, err);
        envelope->log_id = log_id;
    } else if (str_equal(type, STR("im_enter_room_resp"))) {
        envelope->type = TIKTOK_ENTERED;
    }
    return err->code == ERROR_NONE;
}

/* ---- recordings ---- */

bool tiktok_read_recorded(struct tiktok_reader *reader, const char *text, size_t len, struct error *err)
{
    enum { FIELD_1_BYTES = 0x0a };  // a batch begins with its messages, a push frame never with bytes in field 1
    struct buffer bytes = {0};
    struct tiktok_envelope envelope;
    while (len > 0 && isspace((unsigned char)*text))
        text++, len--;
    if (len > 0 && *text == '{')
        return tiktok_read_flat(reader, text, len, err);
    if (!base64_decode(&bytes, text, len) || bytes.len == 0) {
        buffer_fini(&bytes);
        return error_set(err, ERROR_DATA, "expected a JSON object, or base64 of a push frame or a fetch result");
    }
    if (bytes.data[0] == FIELD_1_BYTES) {
        tiktok_read_result(reader, bytes.data, bytes.len, &envelope, err);
    } else {
        tiktok_read_push(reader, bytes.data, bytes.len, &envelope, err);
    }
    buffer_fini(&bytes);
    return err->code == ERROR_NONE;
}
