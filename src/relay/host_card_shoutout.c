/*
 * Shout-outs stand in line: the first is on air, and when it has stood long enough to be seen and read the next one comes.
 * They name a person: what leaves the chat of that person leaves here too.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "relay/host_cards_private.h"
#include "relay/queue.h"

/*
 * As long as subtitles would stand, and never less than it takes to look up from a game. 15 letters a second of an alphabet,
 * 6 characters of Han, kana and Hangul: the paces of overlay/reading.h.
 */
enum { STAY_MS_MIN = 8000, STAY_MS_MAX = 30000, LOOK_MS = 4000, LETTER_MS = 67, HAN_MS = 167, SECONDS_MAX = 120 };

static int64_t reading_ms(struct str text)
{
    int64_t ms = 0;
    for (size_t at = 0, size; at < text.len; at += size) {
        uint32_t scalar = utf8_decode(text.data + at, text.len - at, &size);
        ms += scalar >= 0x2e80 && scalar < 0xfb00 ? HAN_MS : LETTER_MS;
    }
    return ms;
}

static int64_t stay_ms(const struct host_card *card)
{
    int64_t seconds = json_get_int(card->content, "seconds", 0);
    int64_t ms = LOOK_MS + reading_ms(host_card_text(card, "name")) + reading_ms(host_card_text(card, "text"));
    if (seconds > 0)
        return seconds * 1000;
    return ms < STAY_MS_MIN ? STAY_MS_MIN : ms > STAY_MS_MAX ? STAY_MS_MAX : ms;
}

void host_shoutouts_go_on(struct host_cards *cards, int64_t now_ms)
{
    struct host_card *first = NULL;
    for (size_t i = 0; i < cards->count && !first; i++) {
        if (cards->items[i]->kind == HOST_CARD_SHOUTOUT)
            first = cards->items[i];
    }
    if (!first || first->is_on_air)
        return;
    first->until_ms = now_ms + stay_ms(first);
    host_cards_put_on_air(cards, first, now_ms, NULL);
}

/* --- Said --- */

static void set_text(json_t *object, const char *key, struct str text, size_t max)
{
    if (text.len > 0)
        json_object_set_new(object, key, json_stringn(text.data, text.len > max ? utf8_cut(text.data, max) : text.len));
}

static json_t *describe(const struct host_shoutout *shoutout)
{
    json_t *object = json_object();
    set_text(object, "name", shoutout->name, 100);
    set_text(object, "platform", shoutout->platform, 40);
    set_text(object, "login", shoutout->login, 100);
    set_text(object, "author", shoutout->author_id, 200);
    set_text(object, "color", shoutout->color, 10);
    if (shoutout->avatar.len <= 1000)
        set_text(object, "avatar", shoutout->avatar, 1000);
    set_text(object, "text", shoutout->text, SIZE_MAX);
    if (shoutout->message)
        json_object_set_new(object, "message", json_integer((json_int_t)shoutout->message));
    if (shoutout->seconds)
        json_object_set_new(object, "seconds", json_integer(shoutout->seconds));
    return object;
}

static bool is_same_person(const struct host_card *card, const struct host_shoutout *shoutout)
{
    if (!str_equal(host_card_text(card, "platform"), shoutout->platform))
        return false;
    if (shoutout->author_id.len > 0)
        return str_equal(host_card_text(card, "author"), shoutout->author_id);
    return str_equal(host_card_text(card, "name"), shoutout->name);
}

static bool has_room(const struct host_cards *cards, const struct host_shoutout *shoutout, struct error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < cards->count; i++) {
        const struct host_card *card = cards->items[i];
        if (card->kind != HOST_CARD_SHOUTOUT)
            continue;
        count++;
        if (is_same_person(card, shoutout))
            return error_set(err, ERROR_AGAIN, "%s", card->is_on_air ? "this shout-out is on air" : "this shout-out waits already");
    }
    return count < HOST_SHOUTOUTS_MAX || error_set(err, ERROR_AGAIN, "%zu shout-outs wait already", count - 1);
}

const struct host_card *host_cards_shout_out(struct host_cards *cards, const struct host_shoutout *shoutout, const char *by,
                                             struct error *err)
{
    if (shoutout->seconds < 0 || shoutout->seconds > SECONDS_MAX) {
        error_set(err, ERROR_DATA, "seconds %" PRId64 ": 1 to %d is possible", shoutout->seconds, SECONDS_MAX);
        return NULL;
    }
    json_t *arguments = describe(shoutout);
    json_t *content = host_card_read_content(cards, HOST_CARD_SHOUTOUT, arguments, err);
    json_decref(arguments);
    if (!content || !has_room(cards, shoutout, err)) {
        json_decref(content);
        return NULL;
    }
    struct host_card *card = xcalloc(1, sizeof(*card));
    *card = (struct host_card){.id = cards->last_id + 1, .kind = HOST_CARD_SHOUTOUT, .content = content, .changed_by = xstrdup(by)};
    host_cards_insert(cards, card);
    host_cards_note_id(cards);
    host_cards_end_change(cards, card, by);
    host_shoutouts_go_on(cards, clock_unix_ms());
    return card;
}

/* --- Deleted means gone --- */

static bool is_listed(const struct queue_removal *removal, uint64_t id)
{
    for (size_t i = 0; id != 0 && i < removal->id_count; i++) {
        if (removal->ids[i] == id)
            return true;
    }
    return false;
}

static bool is_meant(const struct host_card *card, const struct queue_removal *removal)
{
    if (card->kind != HOST_CARD_SHOUTOUT)
        return false;
    if (is_listed(removal, (uint64_t)json_get_int(card->content, "message", 0)))
        return true;
    struct str author = host_card_text(card, "author");
    struct str id = author.len > 0 ? author : host_card_text(card, "name");  // typed: on IRC they are the same
    return removal->author_id.len > 0 && str_equal(id, removal->author_id) &&
           str_equal(host_card_text(card, "platform"), removal->platform);
}

void host_cards_handle_removal(struct host_cards *cards, const struct queue_removal *removal)
{
    bool has_gone = false;
    for (size_t i = cards->count; i-- > 0;) {
        if (!is_meant(cards->items[i], removal))
            continue;
        host_cards_remove_at(cards, i);
        has_gone = true;
    }
    if (has_gone)
        host_shoutouts_go_on(cards, clock_unix_ms());
}
