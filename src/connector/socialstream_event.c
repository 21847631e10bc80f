/* socialstream_event.c - the `event` of an object: 150 scrapers, and several names for one thing. */
#include <ctype.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "connector/fields.h"
#include "connector/socialstream_reader.h"

typedef bool (*event_fn)(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft);

/* The first number in a text like "6 months" or "Gifted 5 memberships"; 0: none. */
static int64_t number_in(struct str text)
{
    int64_t value = 0;
    size_t i = 0;
    while (i < text.len && !isdigit((unsigned char)text.data[i]))
        i++;
    for (; i < text.len && isdigit((unsigned char)text.data[i]) && value < 1000000; i++)
        value = value * 10 + (text.data[i] - '0');
    return value;
}

static const json_t *meta_of(const json_t *object)
{
    return json_object_get(object, "meta");
}

static struct str tier_name(struct str tier)
{
    return str_equal(tier, STR("1000")) ? STR("Tier 1") : str_equal(tier, STR("2000")) ? STR("Tier 2")
         : str_equal(tier, STR("3000")) ? STR("Tier 3") : tier;
}

/* Nobody wrote it: the page's own sentence is no text of the author's. */
static void take_as_system(struct socialstream_reader *reader, struct message_draft *draft)
{
    socialstream_set_text(reader, "system", draft->text);
    draft->text = (struct str){0};
    draft->emote_count = 0;
}

static void begin_membership(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft,
                             const char *event)
{
    draft->kind = MESSAGE_MEMBERSHIP;
    draft->money.item = tier_name(field_text(meta_of(object), "tier"));
    socialstream_set_text(reader, "event", str_from(event));
}

static bool read_new(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft)
{
    begin_membership(reader, object, draft, "new");
    take_as_system(reader, draft);
    if (draft->money.item.len == 0)
        draft->money.item = field_text(object, "subtitle");
    return true;
}

static bool read_months(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft,
                        const char *event)
{
    begin_membership(reader, object, draft, event);
    int64_t months = json_get_int(meta_of(object), "cumulative", 0);
    socialstream_set_int(reader, "months", months ? months : number_in(field_text(object, "subtitle")));
    socialstream_set_int(reader, "streak_months", json_get_int(meta_of(object), "streak", 0));
    return true;
}

static bool read_renewed(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft)
{
    return read_months(reader, object, draft, "renewed");
}

static bool read_milestone(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft)
{
    return read_months(reader, object, draft, "milestone");
}

/* "subtitle":"5", meta.total 5, or only words: "Gifted 5 memberships". */
static bool read_gifted(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft)
{
    begin_membership(reader, object, draft, "gifted");
    int64_t count = json_get_int(meta_of(object), "total", 0);
    if (count <= 0)
        count = number_in(field_text(object, "subtitle"));
    if (count <= 0)
        count = number_in(draft->text);
    draft->money.count = count > 0 ? count : 1;
    take_as_system(reader, draft);
    return true;
}

static bool read_received(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft)
{
    static const char words[] = "Gifted by ";
    begin_membership(reader, object, draft, "received");
    struct str subtitle = field_text(object, "subtitle");
    if (str_starts_with(subtitle, STR(words)))
        socialstream_set_text(reader, "gifter", (struct str){subtitle.data + 10, subtitle.len - 10});
    take_as_system(reader, draft);
    return true;
}

static bool read_follow(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft)
{
    draft->kind = MESSAGE_FOLLOW;
    take_as_system(reader, draft);
    return true;
}

static bool read_raid(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft)
{
    draft->kind = MESSAGE_RAID;
    take_as_system(reader, draft);
    if (draft->author.id.len == 0)
        draft->author.id = field_text(meta_of(object), "fromId");
    socialstream_set_int(reader, "viewers", json_get_int(meta_of(object), "viewers", 0));
    return true;
}

/* Nobody wrote this: `text` is the reward's name. */
static bool read_reward(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft)
{
    draft->kind = MESSAGE_NOTICE;
    socialstream_set_text(reader, "event", STR("reward"));
    socialstream_set_text(reader, "reward", field_text(meta_of(object), "rewardId"));
    socialstream_set_int(reader, "value", json_get_int(meta_of(object), "cost", 0));
    return true;
}

static bool read_ban(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft)
{
    const json_t *meta = meta_of(object);
    struct str id = field_text(meta, "userId"), login = field_text(meta, "username");
    draft->kind = MESSAGE_BAN;
    // A page's own scraper may know its people by another id, or by name only: what it called this one last decides.
    struct str known = socialstream_known_id(reader, draft->platform, field_text(meta, "displayName"));
    draft->target.author_id = known.len > 0 ? known : id.len > 0 ? id : login;
    if (!json_get_bool(meta, "permanent", false))
        draft->target.seconds = json_get_int(meta, "durationSeconds", 0);
    socialstream_set_text(reader, "login", login);
    socialstream_set_text(reader, "name", field_text(meta, "displayName"));
    socialstream_set_text(reader, "reason", field_text(meta, "reason"));
    draft->author = (struct message_author){0};
    return draft->target.author_id.len > 0 && draft->target.seconds >= 0;
}

static bool read_start(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft)
{
    draft->kind = MESSAGE_NOTICE;
    draft->text = draft->text.len > 0 ? draft->text : STR("the broadcast has begun");
    socialstream_set_text(reader, "event", STR("stream_online"));
    return true;
}

static bool read_end(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft)
{
    draft->kind = MESSAGE_END;
    return true;
}

static bool read_question(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft)
{
    draft->kind = MESSAGE_QUESTION;
    return true;
}

static bool read_join(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft)
{
    draft->kind = MESSAGE_JOIN;
    draft->text = (struct str){0};
    return reader->wants_all;
}

static bool read_like(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft)
{
    draft->kind = MESSAGE_LIKE;
    draft->text = (struct str){0};
    return reader->wants_all;
}

/* Value and unit stand in hasDonation, which every site fills; the event only names it. */
static bool read_gift(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft)
{
    draft->kind = MESSAGE_GIFT;
    return true;
}

/* "sent Rose x5" */
static bool read_present(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft)
{
    take_as_system(reader, draft);
    return read_gift(reader, object, draft);
}

/* Counters are absolute, pages repeat them all the time, and nobody wrote them. */
static bool read_nothing(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft)
{
    return false;
}

static const struct {
    const char *name;
    event_fn read;
} events[] = {
    {"cheer", read_gift}, {"superchat", read_gift}, {"supersticker", read_gift}, {"jeweldonation", read_gift},
    {"donation", read_gift}, {"gift", read_present}, {"powerup", read_gift}, {"envelope", read_present},
    {"new_subscriber", read_new}, {"sponsorship", read_new}, {"subscription", read_new}, {"membership", read_new},
    {"new_member", read_new}, {"new_membership", read_new}, {"newmember", read_new}, {"new-membership", read_new},
    {"resub", read_renewed}, {"upgraded_membership", read_renewed}, {"upgraded-membership", read_renewed},
    {"membership_upgrade", read_renewed},
    {"membermilestone", read_milestone}, {"membership_milestone", read_milestone}, {"member_milestone", read_milestone},
    {"subscription_gift", read_gifted}, {"subgift", read_gifted}, {"giftpurchase", read_gifted},
    {"gift_membership", read_gifted}, {"membership_gift", read_gifted}, {"giftmemberships", read_gifted},
    {"gifted_memberships", read_gifted}, {"community_gift", read_gifted},
    {"giftredemption", read_received}, {"gifted_membership", read_received},
    {"new_follower", read_follow}, {"followed", read_follow},
    {"raid", read_raid}, {"redirect", read_raid},
    {"reward", read_reward}, {"channel_points", read_reward},
    {"user_banned", read_ban}, {"stream_online", read_start}, {"stream_offline", read_end},
    {"question_new", read_question}, {"joined", read_join}, {"liked", read_like},
    {"shared", read_nothing}, {"reaction", read_nothing},
    {"viewer_update", read_nothing}, {"viewer_updates", read_nothing}, {"follower_update", read_nothing},
    {"subscriber_update", read_nothing}, {"view_update", read_nothing}, {"likes_update", read_nothing},
    {"hype_train", read_nothing}, {"ad_break", read_nothing}, {"auction_update", read_nothing},
    {"commerce_update", read_nothing}, {"video_stats", read_nothing}, {"thankyou", read_nothing}, {"emote", read_nothing},
};

/* The page itself says something, in a way that its scraper has no name for. */
static bool read_notice(struct socialstream_reader *reader, struct str event, struct message_draft *draft)
{
    draft->kind = MESSAGE_NOTICE;
    socialstream_set_text(reader, "event", event);
    return draft->text.len > 0;
}

bool socialstream_read_event(struct socialstream_reader *reader, const json_t *object, struct message_draft *draft)
{
    const json_t *event = json_object_get(object, "event");
    if (json_is_true(event))
        return read_notice(reader, STR("system"), draft);
    struct str name = field_text(object, "event");
    if (name.len == 0)
        return draft->text.len > 0 || draft->kind != MESSAGE_CHAT;
    for (size_t i = 0; i < ARRAY_LENGTH(events); i++) {
        if (str_equal(name, str_from(events[i].name)))
            return events[i].read(reader, object, draft);
    }
    // A donation or a question under a name that came later stays one.
    return draft->kind != MESSAGE_CHAT || read_notice(reader, name, draft);
}
