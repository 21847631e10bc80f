/* kick_hook.c - the bodies of Kick's official webhooks. Who sent them was proved before: see kick_door.c. */
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/connector_impl.h"
#include "connector/kick_reader.h"

enum { RECIPIENTS_MAX = 100 };

typedef bool (*hook_fn)(struct kick_reader *reader, const json_t *body, struct error *err);

static void read_user(struct kick_reader *reader, const json_t *user)
{
    struct message_author *author = &reader->draft.author;
    const json_t *identity = json_object_get(user, "identity");
    author->id = field_id(&reader->scratch, user, "user_id");
    author->login = field_text(user, "channel_slug");
    author->name = field_text(user, "username");
    author->avatar = field_text(user, "profile_picture");
    if (author->name.len == 0 && author->id.len == 0)
        author->name = STR("Anonymous");
    if (json_get_bool(user, "is_verified", false))
        author->roles |= ROLE_VERIFIED;
    struct str color = field_text(identity, "username_color");
    if (field_is_color(color))
        author->color = color;
    kick_badges(reader, json_object_get(identity, "badges"));
}

/* The socket has brought it already. */
static void skip_if(struct kick_reader *reader, bool was_told)
{
    if (was_told)
        reader->draft.kind = MESSAGE_NONE;
}

static bool is_broadcaster(const json_t *body, const json_t *user)
{
    int64_t owner = json_get_int(json_object_get(body, "broadcaster"), "user_id", 0);
    return owner > 0 && owner == json_get_int(user, "user_id", -1);
}

/* Their positions of emotes count the brackets, in an unnamed unit: the brackets are read again. */
static bool read_chat(struct kick_reader *reader, const json_t *body, struct error *err)
{
    struct message_draft *draft = &reader->draft;
    const json_t *replied = json_object_get(body, "replies_to"), *sender = json_object_get(body, "sender");
    struct str content = field_text(body, "content"), replied_text = field_text(replied, "content");
    kick_begin(reader, MESSAGE_CHAT, content.len + replied_text.len);
    draft->native_id = draft->event_key = field_id(&reader->scratch, body, "message_id");
    if (draft->native_id.len == 0 || !content.data)
        return error_set(err, ERROR_DATA, "chat.message.sent without message_id or content");
    draft->emotes = reader->emotes;
    draft->text = kick_text(reader, content, reader->emotes, &draft->emote_count);
    read_user(reader, sender);
    if (is_broadcaster(body, sender))
        draft->author.roles |= ROLE_BROADCASTER;
    draft->reply_to.native_id = field_id(&reader->scratch, replied, "message_id");
    draft->reply_to.author = field_text(json_object_get(replied, "sender"), "username");
    draft->reply_to.text = kick_text(reader, replied_text, NULL, NULL);
    return true;
}

static bool read_followed(struct kick_reader *reader, const json_t *body, struct error *err)
{
    kick_begin(reader, MESSAGE_FOLLOW, 0);
    read_user(reader, json_object_get(body, "follower"));
    struct str name = reader->draft.author.name;
    skip_if(reader, kick_was_told(reader, "follow:%.*s", (int)name.len, name.data ? name.data : ""));
    return true;
}

static void read_subscriber(struct kick_reader *reader, const json_t *body, struct str event)
{
    kick_begin(reader, MESSAGE_MEMBERSHIP, 0);
    read_user(reader, json_object_get(body, "subscriber"));
    struct str name = reader->draft.author.name;
    skip_if(reader, kick_was_told(reader, "sub:%.*s", (int)name.len, name.data ? name.data : ""));
    field_add_text(&reader->extras, "event", event);
    field_add_int(&reader->extras, "months", json_get_int(body, "duration", 0));
}

static bool read_subscribed(struct kick_reader *reader, const json_t *body, struct error *err)
{
    read_subscriber(reader, body, STR("new"));
    return true;
}

static bool read_renewed(struct kick_reader *reader, const json_t *body, struct error *err)
{
    read_subscriber(reader, body, STR("renewed"));
    return true;
}

static bool read_gifts(struct kick_reader *reader, const json_t *body, struct error *err)
{
    const json_t *giftees = json_object_get(body, "giftees"), *first = json_array_get(giftees, 0);
    if (json_array_size(giftees) == 0)
        return error_set(err, ERROR_DATA, "channel.subscription.gifts without giftees");
    kick_begin(reader, MESSAGE_MEMBERSHIP, 0);
    const json_t *gifter = json_object_get(body, "gifter");
    struct str name = field_text(gifter, "username");
    read_user(reader, gifter);
    if (name.len == 0)
        field_add(&reader->extras, "anonymous", json_true());
    skip_if(reader, kick_was_told(reader, "gifts:%.*s:%zu", (int)name.len, name.data ? name.data : "",
                                  json_array_size(giftees)));
    reader->draft.money.count = (int64_t)json_array_size(giftees);
    field_add_text(&reader->extras, "event", STR("gifted"));
    if (json_array_size(giftees) == 1) {
        field_add_text(&reader->extras, "recipient", field_text(first, "username"));
        field_add_text(&reader->extras, "recipient_id", field_id(&reader->scratch, first, "user_id"));
        return true;
    }
    json_t *names = json_array();
    for (size_t i = 0; i < json_array_size(giftees) && i < RECIPIENTS_MAX; i++) {
        json_t *name = json_object_get(json_array_get(giftees, i), "username");
        if (json_is_string(name))
            json_array_append(names, name);
    }
    field_add(&reader->extras, "recipients", names);
    return true;
}

/* Told again when the streamer accepts or rejects it: once counts, by its id. */
static bool read_reward(struct kick_reader *reader, const json_t *body, struct error *err)
{
    const json_t *reward = json_object_get(body, "reward");
    struct message_draft *draft = &reader->draft;
    struct str input = field_text(body, "user_input"), title = field_text(reward, "title");
    kick_begin(reader, MESSAGE_NOTICE, input.len);
    struct str id = field_id(&reader->scratch, body, "id");
    if (id.len > 0)
        draft->event_key = field_make(&reader->scratch, "reward:%.*s", (int)id.len, id.data);
    read_user(reader, json_object_get(body, "redeemer"));
    draft->time_ms = field_time_ms(body, "redeemed_at");
    draft->emotes = reader->emotes;
    draft->text = kick_text(reader, input, reader->emotes, &draft->emote_count);
    field_add_text(&reader->extras, "event", STR("reward"));
    field_add_text(&reader->extras, "reward", title);
    field_add_int(&reader->extras, "cost", json_get_int(reward, "cost", 0));
    if (title.len == 0)
        return error_set(err, ERROR_DATA, "channel.reward.redemption.updated without reward.title");
    struct str name = draft->author.name;
    skip_if(reader, str_equal(field_text(body, "status"), STR("rejected")) ||
            kick_was_told(reader, "reward:%.*s:%.*s", (int)name.len, name.data ? name.data : "", (int)title.len, title.data));
    return true;
}

static bool read_status(struct kick_reader *reader, const json_t *body, struct error *err)
{
    bool is_live = json_get_bool(body, "is_live", false);
    kick_begin(reader, is_live ? MESSAGE_NOTICE : MESSAGE_END, 0);
    reader->draft.time_ms = field_time_ms(body, is_live ? "started_at" : "ended_at");
    if (is_live) {
        reader->draft.text = field_text(body, "title");
        field_add_text(&reader->extras, "event", STR("stream_start"));
        field_add_text(&reader->extras, "system", STR("The stream has begun"));
    }
    skip_if(reader, kick_was_told(reader, "%s", is_live ? "live" : "end"));
    return true;
}

static bool read_metadata(struct kick_reader *reader, const json_t *body, struct error *err)
{
    const json_t *metadata = json_object_get(body, "metadata"), *category = json_object_get(metadata, "category");
    kick_begin(reader, MESSAGE_NOTICE, 0);
    reader->draft.text = field_text(metadata, "title");
    field_add_text(&reader->extras, "event", STR("stream_info"));
    field_add_text(&reader->extras, "category", field_text(category, "name"));
    field_add_text(&reader->extras, "system", STR("The stream's title or category was changed"));
    return true;
}

static bool read_banned(struct kick_reader *reader, const json_t *body, struct error *err)
{
    const json_t *user = json_object_get(body, "banned_user"), *metadata = json_object_get(body, "metadata");
    int64_t created_ms = field_time_ms(metadata, "created_at"), expires_ms = field_time_ms(metadata, "expires_at");
    kick_begin(reader, MESSAGE_BAN, 0);
    reader->draft.time_ms = created_ms;
    reader->draft.target.author_id = field_id(&reader->scratch, user, "user_id");
    if (reader->draft.target.author_id.len == 0)
        return error_set(err, ERROR_DATA, "moderation.banned without banned_user.user_id");
    struct str id = reader->draft.target.author_id;
    skip_if(reader, kick_was_told(reader, "ban:%.*s", (int)id.len, id.data));
    if (expires_ms > 0)
        reader->draft.target.seconds = kick_timeout_s(reader, created_ms, expires_ms, 0);
    field_add_text(&reader->extras, "name", field_text(user, "username"));
    field_add_text(&reader->extras, "by", field_text(json_object_get(body, "moderator"), "username"));
    field_add_text(&reader->extras, "reason", field_text(metadata, "reason"));
    return true;
}

static bool read_kicks(struct kick_reader *reader, const json_t *body, struct error *err)
{
    const json_t *gift = json_object_get(body, "gift");
    struct message_draft *draft = &reader->draft;
    struct str message = field_text(gift, "message");
    int64_t amount = json_get_int(gift, "amount", 0);
    if (amount <= 0)
        return error_set(err, ERROR_DATA, "kicks.gifted without gift.amount");
    kick_begin(reader, MESSAGE_GIFT, message.len);
    read_user(reader, json_object_get(body, "sender"));
    struct str name = draft->author.name;
    skip_if(reader, kick_was_told(reader, "kicks:%.*s:%lld", (int)name.len, name.data ? name.data : "", (long long)amount));
    draft->emotes = reader->emotes;
    draft->text = kick_text(reader, message, reader->emotes, &draft->emote_count);
    draft->money = (struct money){.unit = STR("kicks"), .units = amount, .item = field_text(gift, "name")};
    field_add_text(&reader->extras, "tier", field_text(gift, "tier"));
    field_add_int(&reader->extras, "pinned_seconds", json_get_int(gift, "pinned_time_seconds", 0));
    return true;
}

static const struct hook {
    struct str type;
    hook_fn read;
} hooks[] = {
    {{"chat.message.sent", 17}, read_chat},
    {{"channel.followed", 16}, read_followed},
    {{"channel.subscription.new", 24}, read_subscribed},
    {{"channel.subscription.renewal", 28}, read_renewed},
    {{"channel.subscription.gifts", 26}, read_gifts},
    {{"channel.reward.redemption.updated", 33}, read_reward},
    {{"livestream.status.updated", 25}, read_status},
    {{"livestream.metadata.updated", 27}, read_metadata},
    {{"moderation.banned", 17}, read_banned},
    {{"kicks.gifted", 12}, read_kicks},
};

static const struct hook *find_hook(struct str type)
{
    for (size_t i = 0; i < ARRAY_LENGTH(hooks); i++) {
        if (str_equal(type, hooks[i].type))
            return &hooks[i];
    }
    return NULL;
}

bool kick_reader_webhook(struct kick_reader *reader, struct str type, struct str id, const json_t *body,
                         struct error *err)
{
    const struct hook *hook = find_hook(type);
    if (!hook) {
        reader->unknown++;
        return true;
    }
    if (!json_is_object(body))
        return error_set(err, ERROR_DATA, "%s: the body is no object", hook->type.data);
    reader->is_webhook = true;
    if (!hook->read(reader, body, err))
        return false;
    struct message_draft *draft = &reader->draft;
    if (draft->kind == MESSAGE_NONE)
        return true;
    if (draft->event_key.len == 0 && id.len > 0)
        draft->event_key = field_make(&reader->scratch, "webhook:%.*s", (int)id.len, id.data);
    if (draft->time_ms == 0)
        draft->time_ms = field_time_ms(body, "created_at");
    kick_deliver(reader);
    return true;
}
