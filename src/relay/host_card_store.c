/* The host's cards in the journal, in the API's form and on air. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "relay/host_cards_private.h"
#include "relay/journal.h"

/* Shout-outs name people of the chat: journal_keeper.c forgets this prefix in older files. */
#define CARD_PREFIX "host_card:"
#define SHOUTOUT_PREFIX "shoutout:"
#define LAST_ID_KEY "host_cards:last_id"  // a number on a button never means another card

enum { KEY_BYTES = 40 };

static const char *const kind_names[] = {
    [HOST_CARD_SHOUTOUT] = "shoutout", [HOST_CARD_GOAL] = "goal", [HOST_CARD_COUNTDOWN] = "countdown",
    [HOST_CARD_RULES] = "rules",       [HOST_CARD_QR] = "qr",     [HOST_CARD_NOTE] = "note",
};

const char *host_card_kind_name(enum host_card_kind kind)
{
    return kind_names[kind];
}

bool host_card_kind_from_name(const char *name, enum host_card_kind *kind)
{
    for (size_t i = 0; i < ARRAY_LENGTH(kind_names); i++) {
        if (strcmp(kind_names[i], name) == 0) {
            *kind = (enum host_card_kind)i;
            return true;
        }
    }
    return false;
}

/* --- Writing --- */

static void set_int(json_t *object, const char *key, int64_t value)
{
    json_object_set_new(object, key, json_integer(value));
}

static void add_kind(const struct host_card *card, json_t *object)
{
    if (card->kind == HOST_CARD_GOAL) {
        set_int(object, "now", card->now);
        json_object_set_new(object, "is_reached", json_boolean(host_card_is_reached(card)));
    } else if (card->kind == HOST_CARD_COUNTDOWN && card->at_ms) {
        set_int(object, "at_ms", card->at_ms);
        if (card->is_over)
            json_object_set_new(object, "is_over", json_true());
    } else if (card->kind == HOST_CARD_SHOUTOUT && card->until_ms) {
        set_int(object, "since_ms", card->aired_ms);
        set_int(object, "until_ms", card->until_ms);
    }
}

static json_t *describe(const struct host_card *card)
{
    json_t *object = json_pack("{s:I,s:s}", "id", (json_int_t)card->id, "kind", host_card_kind_name(card->kind));
    host_card_add_content(card, false, object);
    add_kind(card, object);
    json_object_set_new(object, "is_on_air", json_boolean(card->is_on_air));
    if (card->aired_ms)
        set_int(object, "aired_ms", card->aired_ms);
    json_object_set_new(object, "changed_by", json_string(card->changed_by));
    return object;
}

/* Takes over the object. */
static void write_object(json_t *object, struct buffer *out)
{
    char *text = json_dumps(object, JSON_COMPACT);
    buffer_add_string(out, text);
    free(text);
    json_decref(object);
}

void host_card_write_json(const struct host_card *card, struct buffer *out)
{
    write_object(describe(card), out);
}

void host_card_write_on_air(const struct host_card *card, struct buffer *out)
{
    json_t *object = json_pack("{s:I}", "id", (json_int_t)card->id);
    host_card_add_content(card, true, object);
    add_kind(card, object);
    write_object(object, out);
}

bool host_cards_try(const struct host_cards *cards, const json_t *arguments, enum host_card_kind *kind, struct buffer *out,
                    struct error *err)
{
    const char *name = json_get_text(arguments, "kind");
    if (!name || !host_card_kind_from_name(name, kind) || *kind == HOST_CARD_SHOUTOUT)
        return error_set(err, ERROR_DATA, "kind \"%.20s\": goal, countdown, rules, qr or note is expected", name ? name : "");
    struct host_card card = {.kind = *kind, .is_on_air = true, .aired_ms = clock_unix_ms()};
    card.content = host_card_read_content(cards, *kind, arguments, err);
    bool is_good = card.content && (*kind != HOST_CARD_GOAL || host_goal_read_now(&card, arguments, err));
    if (is_good && *kind == HOST_CARD_COUNTDOWN)
        host_countdown_set(&card, card.aired_ms);
    if (is_good)
        host_card_write_on_air(&card, out);
    json_decref(card.content);
    return is_good;
}

/* --- The journal --- */

static void make_key(const struct host_card *card, char key[KEY_BYTES])
{
    snprintf(key, KEY_BYTES, "%s%020" PRIu64, card->kind == HOST_CARD_SHOUTOUT ? SHOUTOUT_PREFIX : CARD_PREFIX, card->id);
}

void host_card_save(const struct host_cards *cards, const struct host_card *card)
{
    if (!cards->options.journal)
        return;
    char key[KEY_BYTES];
    struct buffer out = {0};
    json_t *object = describe(card);
    if (json_object_get(card->content, "seconds"))
        json_object_del(object, "at_ms");  // counted from when it went on air
    set_int(object, "counted_id", (int64_t)card->counted_id);
    write_object(object, &out);
    char *text = buffer_take(&out);
    make_key(card, key);
    journal_set_state(cards->options.journal, key, text);
    free(text);
}

void host_card_drop(const struct host_cards *cards, const struct host_card *card)
{
    char key[KEY_BYTES];
    make_key(card, key);
    if (cards->options.journal)
        journal_set_state(cards->options.journal, key, NULL);
}

void host_cards_note_id(const struct host_cards *cards)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, cards->last_id);
    if (cards->options.journal)
        journal_set_state(cards->options.journal, LAST_ID_KEY, text);
}

/* --- Reading back --- */

static bool has_any_picture(void *data, const char *name)
{
    return true;
}

/* A picture that went meanwhile costs the picture, not the card: the overlay draws the rest. */
static json_t *read_content(const struct host_cards *cards, enum host_card_kind kind, const json_t *object, struct error *err)
{
    const struct host_cards lenient = {.options = {.has_picture = has_any_picture}};
    return host_card_read_content(&lenient, kind, object, err);
}

static struct host_card *read_card(struct host_cards *cards, const json_t *object, struct error *err)
{
    enum host_card_kind kind;
    const char *name = json_get_text(object, "kind"), *by = json_get_text(object, "changed_by");
    int64_t id = json_get_int(object, "id", 0);
    json_t *content = id > 0 && name && host_card_kind_from_name(name, &kind) ? read_content(cards, kind, object, err) : NULL;
    if (!content)
        return NULL;
    struct host_card *card = xcalloc(1, sizeof(*card));
    *card = (struct host_card){
        .id = (uint64_t)id, .kind = kind, .content = content, .changed_by = xstrdup(by ? by : ""),
        .is_on_air = json_get_bool(object, "is_on_air", false), .aired_ms = json_get_int(object, "aired_ms", 0),
        .until_ms = json_get_int(object, "until_ms", 0), .counted_id = (uint64_t)json_get_int(object, "counted_id", 0)};
    // What the journal gave back is in the journal.
    card->is_durable = card->is_shown = card->is_on_air;
    card->airing = card->is_on_air ? ++cards->last_airing : 0;
    if (kind == HOST_CARD_GOAL)
        host_goal_read_now(card, object, NULL);
    if (kind == HOST_CARD_COUNTDOWN)
        host_countdown_set(card, clock_unix_ms());
    return card;
}

static void load(void *data, const char *key, const char *text)
{
    struct host_cards *cards = data;
    struct error err = {0};
    json_t *object = json_parse(text, strlen(text), &err);
    struct host_card *card = object ? read_card(cards, object, &err) : NULL;
    if (card) {
        host_cards_insert(cards, card);
    } else {
        log_warn("relay/host_cards", "%s in the journal is damaged and left out: %s", key, err.text);
    }
    json_decref(object);
}

/* A kill may have come between one that went on air and the one that made room. */
static void leave_newest(struct host_cards *cards)
{
    for (size_t i = 0; i < cards->count; i++) {
        struct host_card *card = cards->items[i];
        for (size_t k = 0; card->is_on_air && k < cards->count; k++) {
            const struct host_card *other = cards->items[k];
            if (other->is_on_air && other->aired_ms > card->aired_ms && host_card_has_same_place(card, other))
                card->is_on_air = card->is_shown = false;
        }
    }
}

void host_cards_load(struct host_cards *cards)
{
    if (!cards->options.journal)
        return;
    journal_each_state(cards->options.journal, CARD_PREFIX, load, cards);
    journal_each_state(cards->options.journal, SHOUTOUT_PREFIX, load, cards);
    leave_newest(cards);
    const char *last = journal_state(cards->options.journal, LAST_ID_KEY);
    uint64_t last_id = last ? strtoull(last, NULL, 10) : 0;
    if (last_id > cards->last_id)
        cards->last_id = last_id;
}
