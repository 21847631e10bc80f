#include "rehearsal/youtube_frame.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "chat/message.h"

/* "key":"value" with a comma in front. */
static void add_text(struct buffer *out, const char *key, struct str value)
{
    buffer_printf(out, ",\"%s\":", key);
    buffer_add_json(out, value.data ? value.data : "", value.len);
}

static void add_flag(struct buffer *out, const char *key, bool value)
{
    buffer_printf(out, ",\"%s\":%s", key, value ? "true" : "false");
}

static struct str detail(const struct message *message, const char *key)
{
    return str_from(json_get_text(message->is.detail, key));
}

/* 64-bit numbers are strings. */
static void add_long(struct buffer *out, const char *key, int64_t value)
{
    buffer_printf(out, ",\"%s\":\"%lld\"", key, (long long)value);
}

/* "$5.00", "NT$200": as people see it; readers are not to compute with it. */
static void format_amount(const struct money *money, char text[64])
{
    bool is_dollar = str_equal(money->currency, STR("USD")), is_taiwan = str_equal(money->currency, STR("TWD"));
    if (is_taiwan)
        snprintf(text, 64, "NT$%lld", (long long)(money->micros / 1000000));
    else
        snprintf(text, 64, "%s%.*s%s%lld.%02lld", is_dollar ? "$" : "", is_dollar ? 0 : (int)money->currency.len,
                 money->currency.data ? money->currency.data : "", is_dollar ? "" : " ",
                 (long long)(money->micros / 1000000), (long long)(money->micros / 10000 % 100));
}

static int tier_of(const struct message *message)
{
    int64_t dollars = message->is.money.micros / 1000000;
    int64_t guessed = dollars < 2 ? 1 : dollars < 5 ? 2 : dollars < 10 ? 3 : dollars < 20 ? 4 : 5;
    return (int)json_get_int(message->is.detail, "tier", guessed);
}

static void add_amount(struct buffer *out, const struct message *message)
{
    char amount[64];
    format_amount(&message->is.money, amount);
    add_long(out, "amountMicros", message->is.money.micros);
    add_text(out, "currency", message->is.money.currency);
    add_text(out, "amountDisplayString", str_from(amount));
    buffer_printf(out, ",\"tier\":%d", tier_of(message));
}

/* Each writer adds what stands behind "type": first the display message, then the details. */
static void add_display(struct buffer *out, const char *format_name, struct str name, const char *middle, struct str text)
{
    buffer_add_string(out, ",\"displayMessage\":");
    struct buffer words = {0};
    buffer_add_string(&words, format_name);
    buffer_add(&words, name.data, name.len);
    buffer_add_string(&words, middle);
    buffer_add(&words, text.data, text.len);
    if (middle[0] && middle[strlen(middle) - 1] == '"')
        buffer_add_char(&words, '"');
    buffer_add_json(out, words.data ? words.data : "", words.len);
    buffer_fini(&words);
}

static const char *write_chat(const struct message *message, struct buffer *out)
{
    add_text(out, "displayMessage", message->is.text);
    buffer_add_string(out, ",\"textMessageDetails\":{\"messageText\":");
    buffer_add_json(out, message->is.text.data ? message->is.text.data : "", message->is.text.len);
    buffer_add_char(out, '}');
    return "textMessageEvent";
}

static const char *write_jewels(const struct message *message, struct buffer *out)
{
    const struct money *money = &message->is.money;
    long long count = money->count > 0 ? money->count : 1;
    buffer_add_string(out, ",\"giftEventDetails\":{\"giftMetadata\":{\"language\":\"en\"");
    add_text(out, "giftName", money->item);
    buffer_printf(out, ",\"jewelsAmount\":%lld,\"comboCount\":%lld", (long long)money->units / count, count);
    add_text(out, "giftUrl", STR("//www.gstatic.com/youtube/img/pdg/gift/x.png"));
    add_text(out, "altText", money->item);
    buffer_add_string(out, ",\"hasVisualEffect\":true,\"giftDuration\":\"5s\"}}");
    return "giftEvent";
}

static const char *write_gift(const struct message *message, struct buffer *out)
{
    const struct message_draft *is = &message->is;
    if (str_equal(is->money.unit, STR("jewels")))
        return write_jewels(message, out);
    if (is->money.micros == 0)
        return NULL;
    char amount[80];
    format_amount(&is->money, amount);
    strcat(amount, " from ");
    if (is->money.item.len > 0) {
        add_display(out, amount, is->author.name, "", (struct str){0});
        buffer_add_string(out, ",\"superStickerDetails\":{\"superStickerMetadata\":{\"stickerId\":\"shiba_hi_v2\"");
        add_text(out, "altText", is->money.item);
        buffer_add_string(out, ",\"language\":\"en\"}");
        add_amount(out, message);
        buffer_add_char(out, '}');
        return "superStickerEvent";
    }
    add_display(out, amount, is->author.name, is->text.len ? ": \"" : "", is->text);
    buffer_add_string(out, ",\"superChatDetails\":{\"kind\":\"superChat\"");
    add_amount(out, message);
    if (is->text.len > 0)
        add_text(out, "userComment", is->text);
    buffer_add_char(out, '}');
    return "superChatEvent";
}

static const char *write_received(const struct message *message, struct buffer *out)
{
    add_display(out, "", message->is.author.name, " received a gift membership", (struct str){0});
    buffer_add_string(out, ",\"giftMembershipReceivedDetails\":{\"gifterChannelId\":\"UCmissLin00000000000000\"");
    add_text(out, "memberLevelName", message->is.money.item);
    add_text(out, "associatedMembershipGiftingMessageId", detail(message, "batch"));
    buffer_add_char(out, '}');
    return "giftMembershipReceivedEvent";
}

static const char *write_membership(const struct message *message, struct buffer *out)
{
    const struct message_draft *is = &message->is;
    struct str event = detail(message, "event");
    if (str_equal(event, STR("received")))
        return write_received(message, out);
    if (str_equal(event, STR("gifted"))) {
        add_display(out, "", is->author.name, " gifted memberships", (struct str){0});
        buffer_printf(out, ",\"membershipGiftingDetails\":{\"giftMembershipsCount\":%lld",
                      (long long)(is->money.count > 0 ? is->money.count : 1));
        add_text(out, "giftMembershipsLevelName", is->money.item);
        buffer_add_char(out, '}');
        return "membershipGiftingEvent";
    }
    if (str_equal(event, STR("milestone")) || str_equal(event, STR("renewed"))) {
        add_display(out, "", is->author.name, " has been a member: \"", is->text);
        buffer_printf(out, ",\"memberMilestoneChatDetails\":{\"memberMonth\":%lld",
                      (long long)json_get_int(is->detail, "months", 1));
        if (is->text.len > 0)
            add_text(out, "userComment", is->text);
        add_text(out, "memberLevelName", is->money.item);
        buffer_add_char(out, '}');
        return "memberMilestoneChatEvent";
    }
    add_display(out, "", is->author.name, " just became a member", (struct str){0});
    buffer_printf(out, ",\"newSponsorDetails\":{\"isUpgrade\":%s", str_equal(event, STR("upgraded")) ? "true" : "false");
    add_text(out, "memberLevelName", is->money.item);
    buffer_add_char(out, '}');
    return "newSponsorEvent";
}

static const char *write_poll(const struct message *message, struct buffer *out)
{
    buffer_add_string(out, ",\"pollDetails\":{\"metadata\":{\"questionText\":");
    buffer_add_json(out, message->is.text.data ? message->is.text.data : "", message->is.text.len);
    buffer_add_string(out, ",\"options\":[");
    const json_t *options = json_object_get(message->is.detail, "options");
    for (size_t i = 0; i < json_array_size(options); i++) {
        const json_t *option = json_array_get(options, i);
        struct str text = str_from(json_get_text(option, "text"));
        buffer_printf(out, "%s{\"tally\":\"%lld\"", i ? "," : "", (long long)json_get_int(option, "votes", 0));
        add_text(out, "optionText", text);
        buffer_add_char(out, '}');
    }
    bool is_closed = str_equal(detail(message, "state"), STR("closed"));
    buffer_printf(out, "]},\"status\":\"%s\"}", is_closed ? "closed" : "active");
    return "pollEvent";
}

static const char *write_delete(const struct message *message, struct buffer *out)
{
    bool is_retracted = str_equal(detail(message, "event"), STR("retracted"));
    buffer_printf(out, ",\"%s\":{\"%s\":", is_retracted ? "messageRetractedDetails" : "messageDeletedDetails",
                  is_retracted ? "retractedMessageId" : "deletedMessageId");
    buffer_add_json(out, message->is.target.native_id.data, message->is.target.native_id.len);
    buffer_add_char(out, '}');
    return is_retracted ? "messageRetractedEvent" : "messageDeletedEvent";
}

static const char *write_ban(const struct message *message, struct buffer *out)
{
    const struct message_draft *is = &message->is;
    buffer_add_string(out, ",\"userBannedDetails\":{\"bannedUserDetails\":{\"channelId\":");
    buffer_add_json(out, is->target.author_id.data, is->target.author_id.len);
    buffer_printf(out, ",\"channelUrl\":\"http://www.youtube.com/channel/%.*s\"", (int)is->target.author_id.len,
                  is->target.author_id.data);
    add_text(out, "displayName", STR("@banned"));
    buffer_add_string(out, ",\"profileImageUrl\":\"https://yt3.ggpht.com/z\"}");
    buffer_printf(out, ",\"banType\":\"%s\"", is->target.seconds ? "temporary" : "permanent");
    if (is->target.seconds)
        add_long(out, "banDurationSeconds", is->target.seconds);
    buffer_add_char(out, '}');
    return "userBannedEvent";
}

static const char *write_details(const struct message *message, struct buffer *out)
{
    switch (message->is.kind) {
    case MESSAGE_CHAT:
    case MESSAGE_ACTION:
    case MESSAGE_QUESTION: return write_chat(message, out);
    case MESSAGE_GIFT: return write_gift(message, out);
    case MESSAGE_MEMBERSHIP: return write_membership(message, out);
    case MESSAGE_POLL: return write_poll(message, out);
    case MESSAGE_DELETE: return write_delete(message, out);
    case MESSAGE_BAN: return message->is.target.author_id.len ? write_ban(message, out) : NULL;
    case MESSAGE_END: return "chatEndedEvent";
    case MESSAGE_ROOM:
        return json_get_bool(message->is.detail, "members_only", false) ? "sponsorOnlyModeStartedEvent"
                                                                        : "sponsorOnlyModeEndedEvent";
    default: return NULL;
    }
}

static void write_author(const struct message_author *author, struct buffer *out)
{
    buffer_add_string(out, ",\"authorDetails\":{\"channelId\":");
    buffer_add_json(out, author->id.data ? author->id.data : "", author->id.len);
    buffer_printf(out, ",\"channelUrl\":\"http://www.youtube.com/channel/%.*s\"", (int)author->id.len,
                  author->id.data ? author->id.data : "");
    add_text(out, "displayName", author->name);
    add_text(out, "profileImageUrl", author->avatar.len ? author->avatar
             : STR("https://yt3.ggpht.com/rehearsal=s88-c-k-c0x00ffffff-no-rj"));
    add_flag(out, "isVerified", author->roles & ROLE_VERIFIED);
    add_flag(out, "isChatOwner", author->roles & ROLE_BROADCASTER);
    add_flag(out, "isChatSponsor", author->roles & ROLE_SUBSCRIBER);
    add_flag(out, "isChatModerator", author->roles & ROLE_MODERATOR);
    buffer_add_char(out, '}');
}

/* "2026-11-22T18:20:45.123456+00:00": with the microseconds that the API gives. */
static void add_time(struct buffer *out, int64_t time_ms)
{
    char text[CLOCK_RFC3339_BYTES];
    clock_format_rfc3339(time_ms, text);
    buffer_printf(out, ",\"publishedAt\":\"%.*s000+00:00\"", (int)strlen(text) - 1, text);
}

bool youtube_frame_write(const struct message *message, const char *chat_id, struct buffer *out)
{
    const struct message_draft *is = &message->is;
    struct buffer details = {0};
    const char *type = write_details(message, &details);
    if (!type) {
        buffer_fini(&details);
        return false;
    }
    buffer_add_string(out, "{\"kind\":\"youtube#liveChatMessage\",\"etag\":\"r\",\"id\":");
    buffer_add_json(out, is->native_id.data, is->native_id.len);
    buffer_printf(out, ",\"snippet\":{\"type\":\"%s\"", type);
    add_text(out, "liveChatId", str_from(chat_id));
    if (is->author.id.len > 0)
        add_text(out, "authorChannelId", is->author.id);
    add_time(out, is->time_ms);
    add_flag(out, "hasDisplayContent", is->kind < MESSAGE_EDIT);
    buffer_add(out, details.data, details.len);
    buffer_add_char(out, '}');
    if (is->author.id.len > 0)
        write_author(&is->author, out);
    buffer_add_char(out, '}');
    buffer_fini(&details);
    return true;
}
