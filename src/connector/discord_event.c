#include "connector/discord_event.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/connector_impl.h"

#define CDN "https://cdn.discordapp.com"

/* 2015-01-01, from which snowflakes count milliseconds, above 22 bits that are not time. */
#define EPOCH_MS INT64_C(1420070400000)

enum { BULK_MAX = 1000, NAMED_MAX = 10, SCRATCH_BYTES = 2048 };

/* message.type; resources/message, "Message Types". */
enum {
    TYPE_DEFAULT = 0, TYPE_JOIN = 7, TYPE_BOOST = 8, TYPE_BOOST_3 = 11, TYPE_THREAD = 18, TYPE_REPLY = 19,
    TYPE_COMMAND = 20, TYPE_MENU_COMMAND = 23, TYPE_SUBSCRIPTION = 25, TYPE_STAGE_START = 27, TYPE_STAGE_END = 28,
    TYPE_STAGE_TOPIC = 31, TYPE_PURCHASE = 44, TYPE_POLL_RESULT = 46,
};

/* One message on its way. */
struct item {
    struct discord_reader *reader;
    const json_t *message;
    const struct discord_guild *guild;  // NULL: not known
    struct message_draft draft;
    struct str badges[1];
    char color[8];
    json_t *extras;  // owned; becomes draft.detail
};

int64_t discord_id_time_ms(uint64_t id)
{
    return id ? (int64_t)(id >> 22) + EPOCH_MS : 0;
}

uint64_t discord_id_at(int64_t unix_ms)
{
    return unix_ms > EPOCH_MS ? (uint64_t)(unix_ms - EPOCH_MS) << 22 : 0;
}

bool discord_reader_wants(const struct discord_reader *reader, uint64_t channel_id)
{
    for (size_t i = 0; i < reader->channel_count; i++) {
        if (reader->channels[i] == channel_id)
            return true;
    }
    return reader->channel_count == 0;
}

/* ---- who ---- */

static void read_avatar(struct item *item, const json_t *user, const json_t *member)
{
    struct field_scratch *scratch = &item->reader->scratch;
    struct str id = field_text(user, "id"), own = field_text(member, "avatar"), hash = field_text(user, "avatar");
    struct str *avatar = &item->draft.author.avatar;
    if (own.len > 0 && item->guild)
        *avatar = field_make(scratch, CDN "/guilds/%" PRIu64 "/users/%.*s/avatars/%.*s.png?size=64", item->guild->id,
                             (int)id.len, id.data, (int)own.len, own.data);
    else if (hash.len > 0)
        *avatar = field_make(scratch, CDN "/avatars/%.*s/%.*s.png?size=64", (int)id.len, id.data, (int)hash.len, hash.data);
    else
        *avatar = field_make(scratch, CDN "/embed/avatars/%d.png", (int)((discord_id_of(id) >> 22) % 6));
}

/* The colour of the highest role that has one; whether any of them moderates. */
static void read_roles(struct item *item, const json_t *member)
{
    const json_t *roles = json_object_get(member, "roles");
    const struct discord_role *shown = NULL;
    for (size_t i = 0; i < json_array_size(roles); i++) {
        const json_t *id = json_array_get(roles, i);
        struct str text = {json_string_value(id), json_string_length(id)};
        const struct discord_role *role = discord_guild_role(item->guild, discord_id_of(text));
        if (!role)
            continue;
        if (role->may_moderate)
            item->draft.author.roles |= ROLE_MODERATOR;
        if (role->color && (!shown || role->position > shown->position))
            shown = role;
    }
    if (!shown)
        return;
    snprintf(item->color, sizeof(item->color), "#%06X", shown->color);
    item->draft.author.color = str_from(item->color);
}

static void read_author(struct item *item)
{
    const json_t *user = json_object_get(item->message, "author"), *member = json_object_get(item->message, "member");
    struct message_author *author = &item->draft.author;
    author->id = field_text(user, "id");
    author->login = field_text(user, "username");
    author->name = discord_name(user, member);
    if (str_equal(author->login, author->name))
        author->login = (struct str){0};
    read_avatar(item, user, member);
    read_roles(item, member);
    if (item->guild && item->guild->owner_id && discord_id_of(author->id) == item->guild->owner_id)
        author->roles |= ROLE_BROADCASTER;
    // A webhook's author is nobody: it has the webhook's id and any name.
    if (json_get_bool(user, "bot", false) || field_text(item->message, "webhook_id").len > 0)
        author->roles |= ROLE_BOT;
    if (field_text(member, "premium_since").len > 0) {
        item->badges[0] = STR("booster/1");
        author->badges = item->badges;
        author->badge_count = 1;
    }
}

/* ---- what ---- */

static void add_named(struct item *item, const char *list, const char *name_key, const char *key)
{
    const json_t *things = json_object_get(item->message, list);
    if (json_array_size(things) == 0)
        return;
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(things) && i < NAMED_MAX; i++) {
        json_t *one = json_object(), *thing = json_array_get(things, i);
        struct str name = field_text(thing, name_key), url = field_text(thing, "url"), type = field_text(thing, "content_type");
        field_add_text(&one, "name", name);
        field_add_text(&one, "url", url);
        field_add_text(&one, "type", type);
        json_array_append_new(out, one);
    }
    field_add(&item->extras, key, out);
}

/* format_type: 1 and 2 are PNG, 4 is GIF, 3 is Lottie, which is no picture (resources/sticker). */
static void read_sticker(struct item *item)
{
    const json_t *sticker = json_array_get(json_object_get(item->message, "sticker_items"), 0);
    struct str name = field_text(sticker, "name"), id = field_text(sticker, "id");
    int64_t format = json_get_int(sticker, "format_type", 1);
    char url[128];
    if (item->reader->text.text_len > 0 || name.len == 0)
        return;
    if (format == 3 || id.len > 20)
        discord_text_add(&item->reader->text, "[", name, "]");
    else {
        snprintf(url, sizeof(url), "https://media.discordapp.net/stickers/%.*s.%s?size=160", (int)id.len, id.data,
                 format == 4 ? "gif" : "png");
        discord_text_picture(&item->reader->text, id, name, url);
    }
}

/* A message that is only files is named by them: an empty line says nothing. */
static void read_attachments(struct item *item)
{
    const json_t *files = json_object_get(item->message, "attachments");
    if (item->reader->text.text_len > 0)
        return;
    for (size_t i = 0; i < json_array_size(files) && i < NAMED_MAX; i++)
        discord_text_add(&item->reader->text, "[", field_text(json_array_get(files, i), "filename"), "]");
}

/* A forward has no words of its own: they are in the snapshot. */
static const json_t *worded(struct item *item)
{
    const json_t *reference = json_object_get(item->message, "message_reference");
    const json_t *snapshot = json_array_get(json_object_get(item->message, "message_snapshots"), 0);
    if (json_get_int(reference, "type", 0) != 1 || !snapshot)
        return item->message;
    field_add(&item->extras, "forwarded", json_true());
    return json_object_get(snapshot, "message");
}

static void read_text(struct item *item)
{
    struct discord_reader *reader = item->reader;
    const json_t *message = worded(item);
    discord_text_resolve(&reader->text, field_text(message, "content"), json_object_get(message, "mentions"),
                         &reader->guilds, item->guild);
    read_sticker(item);
    read_attachments(item);
    add_named(item, "attachments", "filename", "attachments");
    add_named(item, "sticker_items", "name", "stickers");
    discord_text_use(&reader->text, &item->draft);
}

static void read_reply(struct item *item)
{
    struct discord_reader *reader = item->reader;
    const json_t *reference = json_object_get(item->message, "message_reference");
    const json_t *first = json_object_get(item->message, "referenced_message");
    item->draft.reply_to.native_id = field_text(reference, "message_id");
    item->draft.reply_to.author = discord_name(json_object_get(first, "author"), NULL);
    discord_text_resolve(&reader->quoted, field_text(first, "content"), json_object_get(first, "mentions"), &reader->guilds,
                         item->guild);
    item->draft.reply_to.text = (struct str){reader->quoted.bytes.data, reader->quoted.text_len};
}

/* Ends on true with a kind, or with MESSAGE_NONE: nothing to tell. */
static bool read_chat(struct item *item, struct error *err)
{
    const json_t *message = item->message;
    if (json_object_get(message, "poll") && !json_is_null(json_object_get(message, "poll")))
        return discord_poll_read(&item->reader->polls, message, &item->draft, &item->extras, err);
    item->draft.kind = MESSAGE_CHAT;
    read_text(item);
    if (json_get_int(message, "type", 0) == TYPE_REPLY)
        read_reply(item);
    return true;
}

static bool read_boost(struct item *item, struct error *err)
{
    int64_t level = json_get_int(item->message, "type", 0) - TYPE_BOOST;
    item->draft.kind = MESSAGE_MEMBERSHIP;
    item->draft.money.item = STR("Server Boost");
    item->draft.money.count = json_get_int(item->message, "content", 1);  // "3": so many at once; usually empty
    field_add_text(&item->extras, "event", STR("boost"));
    field_add_int(&item->extras, "level", level);
    return true;
}

static bool read_subscription(struct item *item, struct error *err)
{
    const json_t *data = json_object_get(item->message, "role_subscription_data");
    item->draft.kind = MESSAGE_MEMBERSHIP;
    item->draft.money.item = field_text(data, "tier_name");
    field_add_text(&item->extras, "event", json_get_bool(data, "is_renewal", false) ? STR("renewed") : STR("new"));
    int64_t months = json_get_int(data, "total_months_subscribed", 0);
    field_add_int(&item->extras, "months", months);
    return json_is_object(data) || error_set(err, ERROR_DATA, "a message of type 25 without role_subscription_data");
}

static bool read_join(struct item *item, struct error *err)
{
    item->draft.kind = MESSAGE_JOIN;
    return true;
}

static bool read_notice(struct item *item, struct error *err)
{
    static const struct {
        int64_t type;
        struct str event;
    } events[] = {
        {TYPE_THREAD, STR("thread_created")}, {TYPE_STAGE_START, STR("stage_start")}, {TYPE_STAGE_END, STR("stage_end")},
        {TYPE_STAGE_TOPIC, STR("stage_topic")}, {TYPE_PURCHASE, STR("purchase")},
    };
    int64_t type = json_get_int(item->message, "type", 0);
    for (size_t i = 0; i < ARRAY_LENGTH(events); i++) {
        if (events[i].type == type)
            field_add_text(&item->extras, "event", events[i].event);
    }
    item->draft.kind = MESSAGE_NOTICE;
    read_text(item);
    return true;
}

static bool read_result(struct item *item, struct error *err)
{
    return discord_poll_result(&item->reader->polls, item->message, &item->draft, &item->extras, err);
}

static const struct {
    int64_t from, to;  // of message.type
    bool (*read)(struct item *item, struct error *err);
} types[] = {
    {TYPE_DEFAULT, TYPE_DEFAULT, read_chat}, {TYPE_REPLY, TYPE_REPLY, read_chat}, {TYPE_COMMAND, TYPE_COMMAND, read_chat},
    {TYPE_MENU_COMMAND, TYPE_MENU_COMMAND, read_chat}, {TYPE_JOIN, TYPE_JOIN, read_join},
    {TYPE_BOOST, TYPE_BOOST_3, read_boost}, {TYPE_SUBSCRIPTION, TYPE_SUBSCRIPTION, read_subscription},
    {TYPE_THREAD, TYPE_THREAD, read_notice}, {TYPE_STAGE_START, TYPE_STAGE_END, read_notice},
    {TYPE_STAGE_TOPIC, TYPE_STAGE_TOPIC, read_notice}, {TYPE_PURCHASE, TYPE_PURCHASE, read_notice},
    {TYPE_POLL_RESULT, TYPE_POLL_RESULT, read_result},
};

/* ---- the envelope ---- */

/* False: it is of a channel that nobody asked for. The history's messages name no server. */
static bool begin(struct item *item, struct discord_reader *reader, const json_t *message)
{
    uint64_t channel_id = discord_id(message, "channel_id");
    item->reader = reader;
    item->message = message;
    item->guild = discord_guild_find(&reader->guilds, discord_id(message, "guild_id"));
    if (!item->guild)
        item->guild = discord_guild_of_channel(&reader->guilds, channel_id);
    item->extras = NULL;
    struct str id = field_text(message, "id");
    item->draft = (struct message_draft){.native_id = id, .event_key = id, .is_history = reader->is_history};
    field_begin(&reader->scratch, SCRATCH_BYTES);
    return discord_reader_wants(reader, channel_id);
}

static void read_time(struct item *item)
{
    int64_t time_ms = field_time_ms(item->message, "timestamp");
    item->draft.time_ms = time_ms ? time_ms : discord_id_time_ms(discord_id_of(item->draft.native_id));
    if (item->draft.time_ms > item->reader->newest_ms)
        item->reader->newest_ms = item->draft.time_ms;
}

/* With several channels a line says where it was written. */
static void read_channel(struct item *item)
{
    const char *name = discord_channel_name(&item->reader->guilds, discord_id(item->message, "channel_id"));
    if (item->reader->channel_count != 1 && name)
        field_add_text(&item->extras, "channel", str_from(name));
}

static void deliver(struct item *item)
{
    item->draft.detail = item->extras;
    connector_deliver(item->reader->base, &item->draft);
}

bool discord_reader_message(struct discord_reader *reader, const json_t *message, struct error *err)
{
    struct item item;
    if (!begin(&item, reader, message))
        return true;
    int64_t type = json_get_int(message, "type", 0);
    bool is_good = true;
    size_t i = 0;
    while (i < ARRAY_LENGTH(types) && (type < types[i].from || type > types[i].to))
        i++;
    if (i == ARRAY_LENGTH(types))
        return true;
    if (item.draft.native_id.len == 0)
        return error_set(err, ERROR_DATA, "a message without id");
    read_time(&item);
    read_author(&item);
    read_channel(&item);
    is_good = types[i].read(&item, err);
    if (is_good)
        deliver(&item);
    json_decref(item.extras);
    return is_good;
}

/* ---- events ---- */

/*
 * Comes for each preview of a link and each refresh of a poll, too: only with edited_timestamp did somebody change the
 * words. The same edit told twice has the same key.
 */
static bool handle_update(struct discord_reader *reader, const json_t *data, struct error *err)
{
    struct item item;
    const json_t *poll = json_object_get(data, "poll");
    struct str edited = field_text(data, "edited_timestamp");
    if (json_is_object(poll))
        return discord_reader_message(reader, data, err);
    if (!begin(&item, reader, data) || edited.len == 0 || !json_object_get(data, "content"))
        return true;
    if (item.draft.native_id.len == 0)
        return error_set(err, ERROR_DATA, "an edit without id");
    item.draft.kind = MESSAGE_EDIT;
    item.draft.event_key = field_make(&reader->scratch, "%.*s#edit%.*s", (int)item.draft.native_id.len,
                                      item.draft.native_id.data, (int)edited.len, edited.data);
    item.draft.target.native_id = item.draft.native_id;
    item.draft.native_id = (struct str){0};
    item.draft.time_ms = field_time_ms(data, "edited_timestamp");
    read_author(&item);
    read_text(&item);
    deliver(&item);
    json_decref(item.extras);
    return true;
}

static void tell_deleted(struct discord_reader *reader, struct str id)
{
    struct message_draft draft = {.kind = MESSAGE_DELETE, .target.native_id = id};
    connector_deliver(reader->base, &draft);
}

static bool handle_delete(struct discord_reader *reader, const json_t *data, struct error *err)
{
    struct str id = field_text(data, "id");
    if (!discord_reader_wants(reader, discord_id(data, "channel_id")))
        return true;
    if (id.len == 0)
        return error_set(err, ERROR_DATA, "MESSAGE_DELETE without id");
    tell_deleted(reader, id);
    return true;
}

static bool handle_bulk(struct discord_reader *reader, const json_t *data, struct error *err)
{
    const json_t *ids = json_object_get(data, "ids");
    if (!discord_reader_wants(reader, discord_id(data, "channel_id")))
        return true;
    if (json_array_size(ids) == 0)
        return error_set(err, ERROR_DATA, "MESSAGE_DELETE_BULK without ids");
    for (size_t i = 0; i < json_array_size(ids) && i < BULK_MAX; i++) {
        const json_t *id = json_array_get(ids, i);
        if (json_string_length(id) > 0)
            tell_deleted(reader, (struct str){json_string_value(id), json_string_length(id)});
    }
    return true;
}

/* A server's, for all of its channels: ours only if one of the wanted channels is there. */
static bool is_our_guild(const struct discord_reader *reader, const json_t *data)
{
    uint64_t id = discord_id(data, "guild_id");
    for (size_t i = 0; i < reader->channel_count; i++) {
        const struct discord_guild *guild = discord_guild_of_channel(&reader->guilds, reader->channels[i]);
        if (guild && guild->id == id)
            return true;
    }
    return reader->channel_count == 0;
}

static bool tell_person(struct discord_reader *reader, const json_t *data, enum message_kind kind, int64_t seconds,
                        struct error *err)
{
    const json_t *user = json_object_get(data, "user");
    struct message_draft draft = {.kind = kind};
    json_t *extras = NULL;
    draft.target.author_id = field_text(user, "id");
    draft.target.seconds = seconds;
    if (draft.target.author_id.len == 0)
        return error_set(err, ERROR_DATA, "a ban without user.id");
    field_add_text(&extras, "name", discord_name(user, NULL));
    draft.detail = extras;
    connector_deliver(reader->base, &draft);
    json_decref(extras);
    return true;
}

static bool handle_ban(struct discord_reader *reader, const json_t *data, struct error *err)
{
    return !is_our_guild(reader, data) || tell_person(reader, data, MESSAGE_BAN, 0, err);
}

static bool handle_unban(struct discord_reader *reader, const json_t *data, struct error *err)
{
    return !is_our_guild(reader, data) || tell_person(reader, data, MESSAGE_UNBAN, 0, err);
}

/* A time-out says until when. How long that is is told by Discord's clock, as far as it is known. */
static bool handle_member(struct discord_reader *reader, const json_t *data, struct error *err)
{
    int64_t until_ms = field_time_ms(data, "communication_disabled_until");
    int64_t now_ms = reader->newest_ms ? reader->newest_ms : clock_unix_ms();
    if (until_ms <= now_ms || !is_our_guild(reader, data))
        return true;
    return tell_person(reader, data, MESSAGE_BAN, (until_ms - now_ms + 999) / 1000, err);
}

static bool handle_vote(struct discord_reader *reader, const json_t *data, struct error *err)
{
    discord_poll_vote(&reader->polls, data, 1);
    return true;
}

static bool handle_vote_gone(struct discord_reader *reader, const json_t *data, struct error *err)
{
    discord_poll_vote(&reader->polls, data, -1);
    return true;
}

bool discord_reader_event(struct discord_reader *reader, struct str name, const json_t *data, struct error *err)
{
    static const struct {
        const char *name;
        bool (*handle)(struct discord_reader *reader, const json_t *data, struct error *err);
    } events[] = {
        {"MESSAGE_CREATE", discord_reader_message}, {"MESSAGE_UPDATE", handle_update}, {"MESSAGE_DELETE", handle_delete},
        {"MESSAGE_DELETE_BULK", handle_bulk}, {"MESSAGE_POLL_VOTE_ADD", handle_vote},
        {"MESSAGE_POLL_VOTE_REMOVE", handle_vote_gone}, {"GUILD_BAN_ADD", handle_ban},
        {"GUILD_BAN_REMOVE", handle_unban}, {"GUILD_MEMBER_UPDATE", handle_member},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(events); i++) {
        if (str_equal(name, str_from(events[i].name)))
            return json_is_object(data) ? events[i].handle(reader, data, err)
                                        : error_set(err, ERROR_DATA, "%s without d", events[i].name);
    }
    discord_guilds_read(&reader->guilds, name, data);
    return true;
}

void discord_reader_fini(struct discord_reader *reader)
{
    discord_guilds_fini(&reader->guilds);
    discord_polls_fini(&reader->polls);
    discord_text_fini(&reader->text);
    discord_text_fini(&reader->quoted);
    field_fini(&reader->scratch);
}
