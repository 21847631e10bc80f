#include "connector/kick_reader.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/connector_impl.h"

enum { SCRATCH_BYTES = 4096 + KICK_EMOTES_MAX * 80, MINUTE_MS = 60 * 1000, TOLD_MS = 15 * MINUTE_MS };

void kick_reader_init(struct kick_reader *reader, struct connector *base)
{
    reader->base = base;
    random_bytes(&reader->key, sizeof(reader->key));
    reader->room = (struct kick_room){-2, -2, -2, -2};
}

void kick_reader_fini(struct kick_reader *reader)
{
    kick_reader_set_pictures(reader, NULL);
    json_decref(reader->poll);
    json_decref(reader->extras);
    free(reader->poll_title);
    field_fini(&reader->scratch);
}

void kick_begin(struct kick_reader *reader, enum message_kind kind, size_t len)
{
    field_begin(&reader->scratch, SCRATCH_BYTES + len);
    json_decref(reader->extras);
    reader->extras = NULL;
    reader->draft = (struct message_draft){.kind = kind};
}

void kick_deliver(struct kick_reader *reader)
{
    struct message_draft *draft = &reader->draft;
    if (draft->time_ms > reader->last_ms)
        reader->last_ms = draft->time_ms;
    draft->detail = reader->extras;
    connector_deliver(reader->base, draft);
    json_decref(reader->extras);
    reader->extras = NULL;
}

/*
 * Kick sends an event by several channels of its five, and under its name with and without "App\Events\". The same
 * words by the same place are a second event; by another place they are the first one again.
 */
bool kick_is_new(struct kick_reader *reader, struct str what, struct str place, int64_t window_ms)
{
    uint64_t hash = hash_bytes(&reader->key, what.data, what.len);
    uint64_t place_hash = hash_bytes(&reader->key, place.data, place.len);
    int64_t now_ms = clock_monotonic_ms();
    size_t known = reader->seen_count < KICK_SEEN_MAX ? reader->seen_count : KICK_SEEN_MAX;
    for (size_t i = 0; i < known; i++) {
        struct kick_seen *seen = &reader->seen[i];
        if (seen->hash == hash && seen->place != place_hash && now_ms - seen->at_ms <= window_ms)
            return false;
    }
    reader->seen[reader->seen_count++ % KICK_SEEN_MAX] = (struct kick_seen){hash, place_hash, now_ms};
    return true;
}

bool kick_was_told(struct kick_reader *reader, const char *format, ...)
{
    char what[300];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    if (len <= 0 || (size_t)len >= sizeof(what))
        return false;
    for (char *c = what; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    uint64_t hash = hash_bytes(&reader->key, what, (size_t)len);
    int64_t now_ms = clock_monotonic_ms();
    size_t known = reader->told_count < KICK_TOLD_MAX ? reader->told_count : KICK_TOLD_MAX;
    for (size_t i = 0; i < known; i++) {
        struct kick_told *told = &reader->told[i];
        if (told->hash != hash || told->by_webhook == reader->is_webhook || told->is_met || now_ms - told->at_ms > TOLD_MS)
            continue;
        told->is_met = true;
        return true;
    }
    reader->told[reader->told_count++ % KICK_TOLD_MAX] = (struct kick_told){hash, now_ms, reader->is_webhook, false};
    return false;
}

/* Offline, a recording's own newest time is its present: it reads alike on any day. */
static int64_t present_ms(const struct kick_reader *reader)
{
    return reader->base->options.loop ? clock_unix_ms() : reader->last_ms;
}

int64_t kick_timeout_s(const struct kick_reader *reader, int64_t from_ms, int64_t expires_ms, int64_t minutes)
{
    int64_t stated_ms = minutes > 0 && minutes < INT64_MAX / MINUTE_MS ? minutes * MINUTE_MS : 0;
    if (from_ms == 0)
        from_ms = present_ms(reader);
    int64_t left_ms = expires_ms - from_ms;
    if (expires_ms == 0 || from_ms == 0 || (stated_ms > 0 && llabs(left_ms - stated_ms) < MINUTE_MS))
        left_ms = stated_ms;
    return left_ms >= 1000 ? (left_ms + 500) / 1000 : 1;
}

/* ---- chat, by the socket and from the site's history ---- */

static void read_sender(struct kick_reader *reader, const json_t *sender)
{
    struct message_author *author = &reader->draft.author;
    const json_t *identity = json_object_get(sender, "identity");
    author->id = field_id(&reader->scratch, sender, "id");
    author->login = field_text(sender, "slug");
    author->name = field_text(sender, "username");
    struct str color = field_text(identity, "color");
    if (field_is_color(color))
        author->color = color;
    kick_badges(reader, json_object_get(identity, "badges"));
}

/* The site's history has metadata as a string of JSON. The caller calls json_decref(). */
static json_t *metadata_of(const json_t *data)
{
    const json_t *metadata = json_object_get(data, "metadata");
    struct str text = field_text(data, "metadata");
    return text.len > 0 ? json_parse(text.data, text.len, NULL) : json_incref((json_t *)metadata);
}

static void read_reply(struct kick_reader *reader, const json_t *metadata)
{
    const json_t *original = json_object_get(metadata, "original_message");
    struct message_draft *draft = &reader->draft;
    draft->reply_to.native_id = field_id(&reader->scratch, original, "id");
    if (draft->reply_to.native_id.len == 0)
        return;
    draft->reply_to.author = field_text(json_object_get(metadata, "original_sender"), "username");
    draft->reply_to.text = kick_text(reader, field_text(original, "content"), NULL, NULL);
}

/* Shared on purpose by a subscriber, after the renewal itself was told: it is not counted again. */
static void read_celebration(struct kick_reader *reader, const json_t *celebration)
{
    reader->draft.kind = MESSAGE_MEMBERSHIP;
    field_add_text(&reader->extras, "event", STR("milestone"));
    field_add_int(&reader->extras, "months", json_get_int(celebration, "total_months", 0));
}

static void read_chat(struct kick_reader *reader, const json_t *data, const json_t *metadata)
{
    struct message_draft *draft = &reader->draft;
    struct str content = field_text(data, "content");
    struct str replied = field_text(json_object_get(metadata, "original_message"), "content");
    kick_begin(reader, MESSAGE_CHAT, content.len + replied.len);
    draft->native_id = draft->event_key = field_id(&reader->scratch, data, "id");
    draft->time_ms = field_time_ms(data, "created_at");
    draft->emotes = reader->emotes;
    draft->text = kick_text(reader, content, reader->emotes, &draft->emote_count);
    read_sender(reader, json_object_get(data, "sender"));
    read_reply(reader, metadata);
    if (str_equal(field_text(data, "type"), STR("celebration")))
        read_celebration(reader, json_object_get(metadata, "celebration"));
}

bool kick_read_chat(struct kick_reader *reader, const json_t *data, struct error *err)
{
    if (field_text(data, "content").data == NULL)
        return error_set(err, ERROR_DATA, "ChatMessageEvent without content");
    json_t *metadata = metadata_of(data);
    read_chat(reader, data, metadata);
    kick_deliver(reader);
    json_decref(metadata);
    return true;
}

bool kick_reader_history(struct kick_reader *reader, const json_t *item, struct error *err)
{
    if (field_text(item, "content").data == NULL)
        return error_set(err, ERROR_DATA, "a message of the history without content");
    json_t *metadata = metadata_of(item);
    read_chat(reader, item, metadata);
    reader->draft.is_history = reader->draft.time_ms < reader->history_before_ms;
    kick_deliver(reader);
    json_decref(metadata);
    return true;
}
