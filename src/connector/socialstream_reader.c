#include "connector/socialstream_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/amount_text.h"
#include "connector/fields.h"

enum { PLATFORM_BYTES_MAX = 32, BADGES_MAX = 16, ID_BYTES_MAX = 1024, TWICE_MS = 5000 };

#define SITE "https://socialstream.ninja/"

/* ---- small helpers ---- */

static json_t *detail_of(struct socialstream_reader *reader)
{
    if (!reader->detail)
        reader->detail = json_object();
    return reader->detail;
}

void socialstream_set_text(struct socialstream_reader *reader, const char *key, struct str text)
{
    if (text.len > 0)
        json_object_set_new(detail_of(reader), key, json_stringn(text.data, text.len));
}

void socialstream_set_int(struct socialstream_reader *reader, const char *key, int64_t value)
{
    if (value > 0)
        json_object_set_new(detail_of(reader), key, json_integer(value));
}

/* Pages of our own names: the same chat read by another connector has the same ids, and counts once. */
static struct str known_platform(struct str type)
{
    static const struct {
        const char *type, *platform;
    } known[] = {{"youtubeshorts", "youtube"}, {"instagramlive", "instagram"}};
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        if (str_equal(type, str_from(known[i].type)))
            return str_from(known[i].platform);
    }
    return type;
}

/* "YouTube Shorts" would be no word of ours: lower case, and - for what is no letter or digit. */
static struct str platform_of(struct str type, char out[PLATFORM_BYTES_MAX + 1])
{
    type = known_platform(type);
    size_t len = type.len < PLATFORM_BYTES_MAX ? type.len : PLATFORM_BYTES_MAX;
    for (size_t i = 0; i < len; i++) {
        char c = type.data[i] >= 'A' && type.data[i] <= 'Z' ? (char)(type.data[i] | 0x20) : type.data[i];
        bool is_good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        out[i] = is_good ? c : '-';
    }
    out[len] = '\0';
    return (struct str){out, len};
}

/* A picture's address that others may be given: no data: URI, and nothing but the web. */
static struct str address_of(struct str text)
{
    bool is_web = str_starts_with(text, STR("https://")) || str_starts_with(text, STR("http://"));
    return is_web && text.len <= 2048 ? text : (struct str){0};
}

static int hex_digit(char c)
{
    c = c >= 'A' && c <= 'F' ? (char)(c | 0x20) : c;
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "#7FD4FF", "#7df" or "rgb(127, 212, 255)" → "#7FD4FF"; other CSS colours are left out. */
static struct str color_of(struct str css, char out[8])
{
    unsigned red, green, blue;
    char text[32] = "";
    bool is_hex = (css.len == 7 || css.len == 4) && css.data[0] == '#';
    for (size_t i = 1; is_hex && i < css.len; i++)
        is_hex = hex_digit(css.data[i]) >= 0;
    if (is_hex && css.len == 7)
        return css;
    if (is_hex) {
        snprintf(out, 8, "#%c%c%c%c%c%c", css.data[1], css.data[1], css.data[2], css.data[2], css.data[3], css.data[3]);
        return (struct str){out, 7};
    }
    if (css.len >= sizeof(text))
        return (struct str){0};
    memcpy(text, css.data ? css.data : "", css.len);
    if (sscanf(text, "rgb(%3u,%3u,%3u)", &red, &green, &blue) != 3 || red > 255 || green > 255 || blue > 255)
        return (struct str){0};
    snprintf(out, 8, "#%02X%02X%02X", red, green, blue);
    return (struct str){out, 7};
}

/* ---- people, by name ---- */

static struct socialstream_person *place_of(struct socialstream_reader *reader, struct str platform, struct str name,
                                            uint64_t *hash)
{
    char key[256];
    int len = snprintf(key, sizeof(key), "%.*s\n%.*s", (int)platform.len, platform.data, (int)(name.len < 200 ? name.len : 200),
                       name.data);
    *hash = hash_bytes(&reader->key, key, (size_t)len) | 1;
    return &reader->people[*hash / 2 % SOCIALSTREAM_PEOPLE];
}

static void forget_person(struct socialstream_person *person)
{
    free(person->id);
    free(person->last);
    *person = (struct socialstream_person){0};
}

static void replace(char **text, struct str with)
{
    if (*text && str_equal(str_from(*text), with))
        return;
    free(*text);
    *text = with.len > 0 ? xstrndup(with.data, with.len) : NULL;
}

static void remember_person(struct socialstream_reader *reader, const struct message_draft *draft)
{
    uint64_t hash;
    if (draft->author.name.len == 0)
        return;
    struct socialstream_person *person = place_of(reader, draft->platform, draft->author.name, &hash);
    if (person->hash != hash)
        forget_person(person);
    person->hash = hash;
    replace(&person->id, draft->author.id);
    if (draft->native_id.len > 0)
        replace(&person->last, draft->native_id);
}

static const struct socialstream_person *find_person(struct socialstream_reader *reader, struct str platform, struct str name)
{
    uint64_t hash;
    const struct socialstream_person *person = place_of(reader, platform, name, &hash);
    return person->hash == hash ? person : NULL;
}

struct str socialstream_known_id(struct socialstream_reader *reader, struct str platform, struct str name)
{
    const struct socialstream_person *person = name.len > 0 ? find_person(reader, platform, name) : NULL;
    return str_from(person ? person->id : NULL);
}

/* ---- what is deleted ---- */

static void deliver_ban(struct socialstream_reader *reader, struct message_draft *draft, struct str name)
{
    struct str known = socialstream_known_id(reader, draft->platform, name);
    draft->kind = MESSAGE_BAN;
    draft->target.author_id = known.len > 0 ? known : name;
    draft->target.seconds = 1;  // his lines go; he himself may stay
    connector_deliver(reader->base, draft);
}

/* Of one site only. Where a source carries several, our "clear" would take the others' cards as well. */
static void deliver_clear(struct socialstream_reader *reader, struct message_draft *draft)
{
    if (!reader->is_mixed) {
        draft->kind = MESSAGE_CLEAR;
    } else {
        draft->kind = MESSAGE_NOTICE;
        draft->text = STR("the chat was cleared there");
        socialstream_set_text(reader, "event", STR("clear"));
        draft->detail = reader->detail;
    }
    connector_deliver(reader->base, draft);
}

static bool read_delete(struct socialstream_reader *reader, const json_t *what, struct error *err)
{
    char platform[PLATFORM_BYTES_MAX + 1];
    struct message_draft draft = {.platform = platform_of(field_text(what, "type"), platform)};
    struct str id = field_text(what, "id"), name = field_text(what, "chatname");
    if (draft.platform.len == 0)
        return error_set(err, ERROR_DATA, "a delete without type: whose message is meant?");
    bool is_internal = json_is_integer(json_object_get(what, "id"));  // the extension's own counter: not known to us
    if (id.len > 0) {
        draft.kind = MESSAGE_DELETE;
        draft.target.native_id = id;
        connector_deliver(reader->base, &draft);
    } else if (name.len > 0 && json_get_bool(what, "onlyLast", false)) {
        const struct socialstream_person *person = find_person(reader, draft.platform, name);
        draft.kind = MESSAGE_DELETE;
        draft.target.native_id = str_from(person ? person->last : NULL);
        if (draft.target.native_id.len > 0)
            connector_deliver(reader->base, &draft);
    } else if (name.len > 0) {
        deliver_ban(reader, &draft, name);
    } else if (!is_internal) {
        deliver_clear(reader, &draft);
    }
    return true;
}

/* ---- one line ---- */

/* Where a page sends a line twice under no id: TikTok's does (issues 632, 897). Others are taken at their word. */
static bool came_twice(struct socialstream_reader *reader, const struct message_draft *draft)
{
    if (draft->native_id.len > 0 || !str_equal(draft->platform, STR("tiktok")) || !reader->base->options.loop)
        return false;
    int64_t now_ms = clock_monotonic_ms();
    uint64_t parts[3] = {
        hash_bytes(&reader->key, draft->author.id.data, draft->author.id.len),
        hash_bytes(&reader->key, draft->text.data, draft->text.len), (uint64_t)draft->kind,
    };
    uint64_t hash = hash_bytes(&reader->key, parts, sizeof(parts));
    for (size_t i = 0; i < SOCIALSTREAM_RECENT; i++) {
        if (reader->recent[i].hash == hash && now_ms - reader->recent[i].at_ms < TWICE_MS)
            return true;
    }
    reader->recent[reader->recent_count].hash = hash;
    reader->recent[reader->recent_count].at_ms = now_ms;
    reader->recent_count = (reader->recent_count + 1) % SOCIALSTREAM_RECENT;
    return false;
}

static uint32_t roles_of(const json_t *object)
{
    static const struct {
        const char *key;
        uint32_t role;
    } flags[] = {{"moderator", ROLE_MODERATOR}, {"admin", ROLE_STAFF}, {"host", ROLE_BROADCASTER}, {"bot", ROLE_BOT}};
    uint32_t roles = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(flags); i++)
        roles |= json_is_true(json_object_get(object, flags[i].key)) ? flags[i].role : 0;
    if (roles & ROLE_BROADCASTER)
        roles &= ~(uint32_t)ROLE_BOT;  // some pages set both for the streamer's own lines
    struct str state = field_text(object, "membership");  // who gives, or comes along, need be no member
    bool is_member = state.len > 0 && !str_equal(state, STR("gift_giver")) && !str_equal(state, STR("REDIRECT"));
    return is_member ? roles | ROLE_SUBSCRIBER : roles;
}

struct badges {
    struct str names[BADGES_MAX], images[BADGES_MAX];
    size_t count;
};

/* Pictures' addresses, or {"type":"text","text":"Lv12"}. SVG is markup, and is left out. */
static void read_badges(const json_t *object, struct badges *badges)
{
    size_t index;
    json_t *badge;
    json_array_foreach (json_object_get(object, "chatbadges"), index, badge) {
        struct str image = json_is_string(badge) ? (struct str){json_string_value(badge), json_string_length(badge)}
                                                 : field_text(badge, "src");
        struct str name = field_text(badge, "text");
        image = address_of(image);
        if ((image.len == 0 && name.len == 0) || name.len > 64 || badges->count == BADGES_MAX)
            continue;
        badges->names[badges->count] = name.len > 0 ? name : STR("picture");
        badges->images[badges->count++] = image;
    }
}

static void read_author(const json_t *object, struct message_author *author, struct badges *badges, char color[8])
{
    author->name = field_text(object, "chatname");
    author->id = field_text(object, "userid");
    if (author->id.len == 0 || author->id.len > ID_BYTES_MAX)
        author->id = author->name;
    author->avatar = address_of(field_text(object, "chatimg"));
    author->color = color_of(field_text(object, "nameColor"), color);
    author->roles = roles_of(object);
    read_badges(object, badges);
    author->badges = badges->names;
    author->badge_images = badges->images;
    author->badge_count = badges->count;
}

static void read_text(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft)
{
    struct str text = field_text(object, "reply");  // YouTube: the line without the name that it answers
    struct str initial = field_text(object, "initial");
    if (text.len == 0 || initial.len == 0)
        text = field_text(object, "chatmessage");
    if (json_is_true(json_object_get(object, "textonly"))) {
        draft->text = text;
    } else {
        html_text_read(&reader->html, text, SITE);
        draft->text = reader->html.text;
        draft->emotes = reader->html.emotes;
        draft->emote_count = reader->html.emote_count;
        draft->reply_to.text = reader->html.quote;
    }
    if (initial.len > 0) {
        html_text_read(&reader->initial, initial, SITE);
        draft->reply_to.text = reader->initial.text;
    }
}

/* A donation is what has an amount: two of three sites give it no event. */
static void read_money(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft, char unit[32])
{
    const json_t *meta = json_object_get(object, "meta");
    struct str amount = field_text(object, "hasDonation");
    if (amount.len == 0)
        return;
    char number[32];
    const json_t *value = json_object_get(meta, "amount");
    struct str currency = field_text(meta, "currency"), digits = field_text(meta, "amount");
    if (json_is_number(value)) {
        int len = json_is_integer(value) ? snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value))
                                         : snprintf(number, sizeof(number), "%.2f", json_real_value(value));
        digits = (struct str){number, len > 0 && (size_t)len < sizeof(number) ? (size_t)len : 0};
    }
    draft->kind = MESSAGE_GIFT;
    bool is_known = currency.len > 0 && digits.len > 0 && amount_parts_read(digits, currency, unit, &draft->money);
    if (!is_known)
        amount_text_read(amount, unit, &draft->money);
    socialstream_set_text(reader, "amount", amount);
    socialstream_set_text(reader, "picture", address_of(field_text(object, "contentimg")));
    socialstream_set_text(reader, "title", field_text(object, "title"));
    double estimate = json_get_real(object, "donoValue", 0);
    if (draft->money.micros == 0 && estimate > 0 && estimate < 1e9)
        socialstream_set_int(reader, "estimate_usd_micros", (int64_t)(estimate * 1e6 + 0.5));
}

/* The running total of one gift: the same streak id with a growing count. */
static void read_streak(const json_t *object, struct message_draft *draft, struct buffer *key)
{
    const json_t *meta = json_object_get(object, "meta");
    struct str streak = field_text(meta, "tiktokGiftStreakId");
    int64_t count = json_get_int(meta, "tiktokGiftCount", 0);
    if (draft->kind != MESSAGE_GIFT || streak.len == 0 || streak.len > ID_BYTES_MAX || count <= 0)
        return;
    draft->native_id = streak;
    draft->money.count = count;
    draft->money.is_streak_open = true;
    buffer_add(key, streak.data, streak.len);
    buffer_printf(key, "#%lld", (long long)count);
    draft->event_key = (struct str){key->data, key->len};
}

static void read_ids(const json_t *object, struct message_draft *draft)
{
    // The extension's own `id` counts from 0 in each of its lives: it names nothing for us.
    const json_t *meta = json_object_get(object, "meta");
    draft->native_id = field_text(meta, "messageId");
    if (draft->native_id.len == 0)
        draft->native_id = field_text(meta, "webhookId");  // of donations that came to it as webhooks
    if (draft->native_id.len > ID_BYTES_MAX)
        draft->native_id = (struct str){0};
    draft->event_key = draft->native_id;
    int64_t time_ms = json_get_int(object, "timestamp", 0);
    draft->time_ms = time_ms > 0 ? time_ms : 0;
}

static void note_platform(struct socialstream_reader *reader, struct str platform)
{
    if (!reader->platform[0])
        memcpy(reader->platform, platform.data, platform.len + 1);
    reader->is_mixed = reader->is_mixed || strcmp(reader->platform, platform.data) != 0;
}

static void read_line(struct socialstream_reader *reader, const json_t *object, struct str platform)
{
    char color[8], unit[32];
    struct badges badges;
    struct buffer key = {0};
    badges.count = 0;
    struct message_draft draft = {.kind = MESSAGE_CHAT, .platform = platform};
    read_author(object, &draft.author, &badges, color);
    read_text(reader, object, &draft);
    read_ids(object, &draft);
    if (json_is_true(json_object_get(object, "question")))
        draft.kind = MESSAGE_QUESTION;
    read_money(reader, object, &draft, unit);
    read_streak(object, &draft, &key);
    if (draft.kind != MESSAGE_GIFT)
        socialstream_set_text(reader, "picture", address_of(field_text(object, "contentimg")));
    if (json_is_true(json_object_get(object, "firsttime")))
        json_object_set_new(detail_of(reader), "first", json_true());
    if (socialstream_read_event(reader, object, &draft) && !came_twice(reader, &draft)) {
        note_platform(reader, platform);
        remember_person(reader, &draft);
        draft.detail = reader->detail;
        draft.is_own = socialstream_is_own(reader, &draft);
        connector_deliver(reader->base, &draft);
    }
    buffer_fini(&key);
}

bool socialstream_reader_read(struct socialstream_reader *reader, const json_t *object, struct error *err)
{
    char platform[PLATFORM_BYTES_MAX + 1];
    if (!json_is_object(object))
        return error_set(err, ERROR_DATA, "expected an object, as Social Stream Ninja sends it");
    const json_t *deleted = json_object_get(object, "delete");
    struct str type = field_text(object, "type");
    bool is_ok = true;
    if (json_is_object(deleted)) {
        is_ok = read_delete(reader, deleted, err);
    } else if (type.len > 0) {
        // What we said may come back to us as somebody's chat; what is private is nobody's to read.
        bool is_ours = str_equal(type, STR("antiphon")), is_private = json_is_true(json_object_get(object, "private"));
        if (!is_ours && !is_private)
            read_line(reader, object, platform_of(type, platform));
    } else if (json_object_get(object, "chatmessage")) {
        is_ok = error_set(err, ERROR_DATA, "a message without type: of which site is it?");
    }  // else control traffic: action, callback, counters of all sites
    json_decref(reader->detail);
    reader->detail = NULL;
    return is_ok;
}

bool socialstream_reader_parse(struct socialstream_reader *reader, const char *text, size_t len, struct error *err)
{
    if (len > SOCIALSTREAM_BYTES_MAX)
        return error_set(err, ERROR_DATA, "an object of %zu bytes; at most %d", len, SOCIALSTREAM_BYTES_MAX);
    json_t *object = json_parse(text, len, err);
    bool is_ok = object && socialstream_reader_read(reader, object, err);
    json_decref(object);
    return is_ok;
}

void socialstream_reader_init(struct socialstream_reader *reader, struct connector *base)
{
    *reader = (struct socialstream_reader){.base = base};
    random_bytes(&reader->key, sizeof(reader->key));
}

void socialstream_reader_fini(struct socialstream_reader *reader)
{
    html_text_fini(&reader->html);
    html_text_fini(&reader->initial);
    for (size_t i = 0; i < SOCIALSTREAM_PEOPLE; i++)
        forget_person(&reader->people[i]);
}
