/*
 * Webhooks of other programs: a self-hosted Owncast, wxlivespy (WeChat Channels) and TikFinity's actions (TikTok).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "connector/door_inside.h"
#include "connector/fields.h"
#include "net/form.h"
#include "net/inflate.h"

enum { IDS_MAX = 1000, ID_BYTES_MAX = 1024, KEY_BYTES = ID_BYTES_MAX + 64 };

/* Ids that are unique in one server only: the event key says whose they are. None of a longer id: half of it is no id. */
static struct str make_key(const struct door *door, struct str id, char key[KEY_BYTES])
{
    bool is_id = id.len > 0 && id.len <= ID_BYTES_MAX;
    int len = is_id ? snprintf(key, KEY_BYTES, "%s/%.*s", door->base.source, (int)id.len, id.data) : 0;
    return (struct str){key, len > 0 && len < KEY_BYTES ? (size_t)len : 0};
}

/* ---- Owncast: github.com/owncast/owncast, core/webhooks ---- */

static void read_owncast_user(const json_t *user, struct message_author *author)
{
    size_t index;
    json_t *scope;
    author->id = field_text(user, "id");
    author->name = field_text(user, "displayName");
    json_array_foreach (json_object_get(user, "scopes"), index, scope) {
        if (json_is_string(scope) && strcmp(json_string_value(scope), "MODERATOR") == 0)
            author->roles |= ROLE_MODERATOR;
    }
    author->roles |= json_is_true(json_object_get(user, "isBot")) ? ROLE_BOT : 0;
    author->roles |= json_is_true(json_object_get(user, "authenticated")) ? ROLE_VERIFIED : 0;
}

static void deliver_owncast(struct door *door, const json_t *data, struct message_draft *draft)
{
    char key[KEY_BYTES];
    struct str time = field_text(data, "timestamp");
    draft->platform = STR("owncast");
    draft->native_id = field_text(data, "id");
    draft->event_key = make_key(door, draft->native_id, key);
    clock_parse_rfc3339(time.data ? time.data : "", time.len, &draft->time_ms);
    connector_deliver(&door->base, draft);
}

/* Hidden: deleted. Shown again: nothing brings back what was overwritten, so nothing is said. */
static void read_owncast_visibility(struct door *door, const json_t *data)
{
    size_t index;
    json_t *id;
    if (json_is_true(json_object_get(data, "visible")))
        return;
    json_array_foreach (json_object_get(data, "ids"), index, id) {
        struct message_draft draft = {.kind = MESSAGE_DELETE, .platform = STR("owncast")};
        draft.target.native_id = (struct str){json_string_value(id), json_string_length(id)};
        if (draft.target.native_id.len > 0 && index < IDS_MAX)
            connector_deliver(&door->base, &draft);
    }
}

static void read_owncast_chat(struct door *door, const json_t *data)
{
    struct html_text html = {0};
    struct message_draft draft = {.kind = MESSAGE_CHAT, .text = field_text(data, "rawBody")};
    if (draft.text.len == 0) {
        html_text_read(&html, field_text(data, "body"), "");
        draft.text = html.text;
    }
    read_owncast_user(json_object_get(data, "user"), &draft.author);
    deliver_owncast(door, data, &draft);
    html_text_fini(&html);
}

static void read_owncast_follow(struct door *door, const json_t *data)
{
    struct message_draft draft = {.kind = MESSAGE_FOLLOW};
    draft.author.id = draft.author.name = field_text(data, "title");
    draft.author.avatar = field_text(data, "image");
    deliver_owncast(door, data, &draft);
}

/* Joins and new names are no dependable news there (issues 1302, 1711, 4950), and nobody wrote them. */
bool door_take_owncast(struct door *door, const struct door_input *input, struct buffer *out, struct error *err)
{
    json_t *object = json_parse(input->body, input->len, err);
    const json_t *data = json_object_get(object, "eventData");
    struct str type = field_text(object, "type");
    bool is_good = json_is_object(data) && type.len > 0;
    if (!is_good && object)
        error_set(err, ERROR_DATA, "owncast: expected \"type\" and \"eventData\"");
    struct message_draft draft = {0};
    if (is_good && str_equal(type, STR("CHAT"))) {
        read_owncast_chat(door, data);
    } else if (is_good && str_equal(type, STR("VISIBILITY-UPDATE"))) {
        read_owncast_visibility(door, data);
    } else if (is_good && str_equal(type, STR("FEDIVERSE_ENGAGEMENT_FOLLOW"))) {
        read_owncast_follow(door, data);
    } else if (is_good && str_equal(type, STR("STREAM_STOPPED"))) {
        draft.kind = MESSAGE_END;
        deliver_owncast(door, data, &draft);
    } else if (is_good && str_equal(type, STR("STREAM_STARTED"))) {
        draft.kind = MESSAGE_NOTICE;
        draft.text = STR("the broadcast has begun");
        deliver_owncast(door, data, &draft);
    }
    json_decref(object);
    return is_good;
}

/* ---- wxlivespy: github.com/fire4nt/wxlivespy (2024) ---- */

static enum message_kind wechat_kind(struct str type)
{
    static const struct {
        const char *type;
        enum message_kind kind;
    } known[] = {{"comment", MESSAGE_CHAT}, {"gift", MESSAGE_GIFT}, {"like", MESSAGE_LIKE}, {"enter", MESSAGE_JOIN}};
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        if (str_equal(type, str_from(known[i].type)))
            return known[i].kind;
    }
    // A combo comes as `gift` as well, with its value: counted once. Level-ups and what is unknown are nobody's words.
    return MESSAGE_NONE;
}

static void read_wechat_event(struct door *door, const json_t *event, struct str live_id)
{
    char key[KEY_BYTES];
    struct message_draft draft = {.platform = STR("wechat-channels"), .kind = wechat_kind(field_text(event, "decoded_type"))};
    if (draft.kind == MESSAGE_NONE)
        return;
    draft.native_id = field_text(event, "msg_id");
    int64_t time_ms = json_get_int(event, "msg_time", 0), seq = json_get_int(event, "seq", 0);
    draft.time_ms = time_ms > 0 ? time_ms : 0;
    struct str decoded = field_text(event, "decoded_openid");
    draft.author.id = decoded.len > 0 ? decoded : field_text(event, "sec_openid");
    draft.author.name = field_text(event, "nickname");
    draft.text = draft.kind == MESSAGE_CHAT ? field_text(event, "content") : (struct str){0};
    if (draft.kind == MESSAGE_GIFT) {
        draft.money = (struct money){.unit = STR("wecoin"), .item = field_text(event, "sec_gift_id")};
        int64_t value = json_get_int(event, "gift_value", 0), count = json_get_int(event, "gift_num", 0);
        draft.money.units = value > 0 ? value : 0;
        draft.money.count = count > 0 ? count : 0;
    }
    // The count begins anew with each broadcast: without its id it names nothing.
    bool is_named = seq > 0 && live_id.len > 0 && live_id.len <= ID_BYTES_MAX;
    int len = is_named ? snprintf(key, KEY_BYTES, "%.*s/%lld", (int)live_id.len, live_id.data, (long long)seq) : 0;
    draft.event_key = (struct str){key, len > 0 ? (size_t)len : 0};
    connector_deliver(&door->base, &draft);
}

static bool read_wechat(struct door *door, const json_t *object, struct error *err)
{
    size_t index;
    json_t *event;
    const json_t *events = json_object_get(object, "events"), *live = json_object_get(object, "live_info");
    if (!json_is_array(events) && !live)
        return error_set(err, ERROR_DATA, "wxlivespy: expected \"events\" or \"live_info\"");
    json_array_foreach ((json_t *)events, index, event)
        read_wechat_event(door, event, field_text(live, "live_id"));
    if (json_get_int(live, "live_status", 1) == 2) {
        char key[KEY_BYTES];
        struct str id = field_text(live, "live_id");
        struct message_draft draft = {.kind = MESSAGE_END, .platform = STR("wechat-channels")};
        bool is_id = id.len > 0 && id.len <= ID_BYTES_MAX;
        int len = is_id ? snprintf(key, KEY_BYTES, "end:%.*s", (int)id.len, id.data) : 0;
        draft.event_key = (struct str){key, (size_t)len};
        connector_deliver(&door->base, &draft);
    }
    return true;
}

bool door_take_wxlivespy(struct door *door, const struct door_input *input, struct buffer *out, struct error *err)
{
    struct buffer plain = {0};
    const char *encoding = input->request ? input->request->header(input->request, "content-encoding") : NULL;
    bool is_packed = encoding && strcmp(encoding, "gzip") == 0;
    bool is_good = !is_packed || inflate_bytes(INFLATE_WRAPPED, input->body, input->len, INFLATE_USUAL_MAX, &plain, err);
    json_t *object = is_good ? json_parse(is_packed ? plain.data : input->body, is_packed ? plain.len : input->len, err) : NULL;
    is_good = object && read_wechat(door, object, err);
    json_decref(object);
    buffer_fini(&plain);
    return is_good;
}

/* ---- TikFinity's actions: all values are texts, and there is no id ---- */

/* Half a character is no reason to lose the line. */
static void set_repaired(json_t *object, const char *name, const char *value)
{
    size_t len = strlen(value);
    char *text = xmalloc(3 * len + 1);
    json_object_set_new(object, name, json_stringn(text, utf8_repair(value, len, text)));
    free(text);
}

/* A form or JSON, by what it looks like. The caller calls json_decref(). */
static json_t *read_form(const struct door_input *input, struct error *err)
{
    static const char *const names[] = {"content", "value1", "value2", "avatar_url", "userId", "username", "nickname",
                                        "commandParams", "giftName", "coins", "repeatCount", "likeCount"};
    if (input->len > 0 && input->body[0] == '{')
        return json_parse(input->body, input->len, err);
    json_t *object = json_object();
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        char *value = form_find(input->body, input->len, names[i]);
        if (value)
            set_repaired(object, names[i], value);
        free(value);
    }
    return object;
}

bool door_take_tikfinity(struct door *door, const struct door_input *input, struct buffer *out, struct error *err)
{
    json_t *object = read_form(input, err);
    struct message_draft draft = {.kind = MESSAGE_CHAT, .platform = STR("tiktok")};
    int64_t coins = json_get_int(object, "coins", 0), count = json_get_int(object, "repeatCount", 0);
    draft.author.id = field_text(object, "userId");
    draft.author.login = field_text(object, "username");
    draft.author.name = field_text(object, "nickname");
    draft.author.avatar = field_text(object, "avatar_url");
    draft.text = field_text(object, "commandParams");
    if (draft.text.len == 0)
        draft.text = field_text(object, "content");
    if (field_text(object, "giftName").len > 0) {
        draft.kind = MESSAGE_GIFT;
        draft.text = (struct str){0};
        draft.money = (struct money){.unit = STR("coins"), .item = field_text(object, "giftName")};
        draft.money.units = coins > 0 ? coins : 0;
        draft.money.count = count > 0 ? count : 0;
    } else if (json_get_int(object, "likeCount", 0) > 0 && draft.text.len == 0) {
        draft.kind = MESSAGE_LIKE;
    }
    bool is_good = draft.author.id.len > 0 || draft.author.login.len > 0;
    if (is_good) {
        connector_deliver(&door->base, &draft);
    } else if (object) {
        error_set(err, ERROR_DATA, "tikfinity: expected userId or username");
    }
    json_decref(object);
    return is_good;
}
