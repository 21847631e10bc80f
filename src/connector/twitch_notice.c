/* twitch_notice.c - USERNOTICE: members, gifts, raids, and whatever Twitch invents next. */
#include "base/error.h"
#include "base/memory.h"
#include "chat/money.h"
#include "connector/twitch_reader.h"

typedef void (*notice_fn)(struct twitch_reader *reader, const struct twitch_line *line, struct message_draft *draft);

struct str twitch_plan_name(struct str plan)
{
    return str_equal(plan, STR("1000")) ? STR("Tier 1") : str_equal(plan, STR("2000")) ? STR("Tier 2")
         : str_equal(plan, STR("3000")) ? STR("Tier 3") : plan;
}

static void set_event(struct twitch_reader *reader, const char *event)
{
    twitch_reader_set_text(reader, "event", str_from(event));
}

static void begin_membership(struct twitch_reader *reader, const struct twitch_line *line,
                             struct message_draft *draft, const char *event)
{
    draft->kind = MESSAGE_MEMBERSHIP;
    draft->money.item = twitch_plan_name(twitch_line_tag(line, TAG_P_SUB_PLAN));
    set_event(reader, event);
}

static void read_sub(struct twitch_reader *reader, const struct twitch_line *line, struct message_draft *draft)
{
    bool is_new = str_equal(twitch_line_tag(line, TAG_MSG_ID), STR("sub"));
    begin_membership(reader, line, draft, is_new ? "new" : "renewed");
    twitch_reader_set_int(reader, "months", twitch_line_int(line, TAG_P_CUMULATIVE_MONTHS, -1));
    twitch_reader_set_int(reader, "streak_months", twitch_line_int(line, TAG_P_STREAK_MONTHS, -1));
    if (twitch_line_int(line, TAG_P_MULTIMONTH, 0) > 1)
        twitch_reader_set_int(reader, "bought_months", twitch_line_int(line, TAG_P_MULTIMONTH, 0));
    if (!str_equal(twitch_line_tag(line, TAG_P_WAS_GIFTED), STR("true")))
        return;
    twitch_reader_set_true(reader, "was_gifted");
    if (str_equal(twitch_line_tag(line, TAG_P_ANON_GIFT), STR("true")))
        twitch_reader_set_true(reader, "anonymous");
    twitch_reader_set_text(reader, "gifter", twitch_reader_text(reader, line, TAG_P_GIFTER_NAME));
    twitch_reader_set_text(reader, "gifter_id", twitch_line_tag(line, TAG_P_GIFTER_ID));
}

/* ---- gifts: a header with the count, then a line for each recipient, perhaps seconds later ---- */

static struct str batch_of(const struct twitch_line *line)
{
    struct str batch = twitch_line_tag(line, TAG_P_COMMUNITY_GIFT_ID);
    return batch.len > 0 ? batch : twitch_line_tag(line, TAG_P_ORIGIN_ID);
}

void twitch_reader_remember_batch(struct twitch_reader *reader, struct str batch)
{
    if (batch.len == 0 || batch.len >= TWITCH_BATCH_ID_BYTES)
        return;
    char *slot = reader->batches[reader->batch_count++ % TWITCH_BATCHES];
    memcpy(slot, batch.data, batch.len);
    slot[batch.len] = '\0';
}

bool twitch_reader_knows_batch(const struct twitch_reader *reader, struct str batch)
{
    size_t count = reader->batch_count < TWITCH_BATCHES ? reader->batch_count : TWITCH_BATCHES;
    for (size_t i = 0; i < count && batch.len > 0; i++) {
        if (str_equal(batch, str_from(reader->batches[i])))
            return true;
    }
    return false;
}

/* Twitch shows an account of its own where the giver wants to stay unknown; older lines have a kind of their own. */
static void read_anonymity(struct twitch_reader *reader, const struct twitch_line *line)
{
    if (str_equal(twitch_line_tag(line, TAG_USER_ID), STR("274598607")) ||
        str_starts_with(twitch_line_tag(line, TAG_MSG_ID), STR("anon")))
        twitch_reader_set_true(reader, "anonymous");
}

/* Twitch's own sponsored gifts carry no sender-count. */
static void read_gift_batch(struct twitch_reader *reader, const struct twitch_line *line,
                            struct message_draft *draft)
{
    begin_membership(reader, line, draft, "gifted");
    read_anonymity(reader, line);
    draft->money.count = twitch_line_int(line, TAG_P_MASS_GIFT_COUNT, 1);
    struct str batch = batch_of(line);
    twitch_reader_remember_batch(reader, batch);
    twitch_reader_set_text(reader, "batch", batch);
    twitch_reader_set_int(reader, "total", twitch_line_int(line, TAG_P_SENDER_COUNT, -1));
}

/* One recipient. Of a batch that was announced: counted there, so no count here, and no alert. */
static void read_gift(struct twitch_reader *reader, const struct twitch_line *line, struct message_draft *draft)
{
    struct str batch = batch_of(line);
    bool is_counted = twitch_reader_knows_batch(reader, batch);
    begin_membership(reader, line, draft, is_counted ? "received" : "gifted");
    read_anonymity(reader, line);
    if (is_counted) {
        twitch_reader_set_text(reader, "batch", batch);
    } else {
        draft->money.count = 1;
        twitch_reader_set_int(reader, "total", twitch_line_int(line, TAG_P_SENDER_COUNT, -1));
    }
    struct str name = twitch_reader_text(reader, line, TAG_P_RECIPIENT_NAME);
    twitch_reader_set_text(reader, "recipient", name.len > 0 ? name : twitch_line_tag(line, TAG_P_RECIPIENT_LOGIN));
    twitch_reader_set_text(reader, "recipient_id", twitch_line_tag(line, TAG_P_RECIPIENT_ID));
    twitch_reader_set_int(reader, "months", twitch_line_int(line, TAG_P_MONTHS, -1));
    twitch_reader_set_int(reader, "gift_months", twitch_line_int(line, TAG_P_GIFT_MONTHS, -1));
}

/* A gift that the recipient now pays for, or Prime turned into a paid one. */
static void read_upgrade(struct twitch_reader *reader, const struct twitch_line *line, struct message_draft *draft)
{
    begin_membership(reader, line, draft, "upgraded");
    read_anonymity(reader, line);
    struct str sender = twitch_reader_text(reader, line, TAG_P_SENDER_NAME);
    twitch_reader_set_text(reader, "gifter", sender.len > 0 ? sender : twitch_line_tag(line, TAG_P_SENDER_LOGIN));
    twitch_reader_set_text(reader, "promotion", twitch_reader_text(reader, line, TAG_P_PROMO_NAME));
}

static void read_extension(struct twitch_reader *reader, const struct twitch_line *line, struct message_draft *draft)
{
    begin_membership(reader, line, draft, "renewed");
    twitch_reader_set_int(reader, "months", twitch_line_int(line, TAG_P_CUMULATIVE_MONTHS, -1));
    twitch_reader_set_int(reader, "end_month", twitch_line_int(line, TAG_P_BENEFIT_END, -1));
}

/* ---- the rest ---- */

/* The address may hold a literal "%s" where a size belongs. */
static struct str read_avatar(struct twitch_reader *reader, const struct twitch_line *line)
{
    struct str url = twitch_reader_text(reader, line, TAG_P_PROFILE_IMAGE);
    if (!str_starts_with(url, STR("https://")))
        return (struct str){0};
    const char *hole = memmem(url.data, url.len, "%s", 2);
    static const char size[] = "70x70";
    size_t len = url.len - 2 + sizeof(size) - 1;
    char *out = hole ? twitch_reader_take(reader, len) : NULL;
    if (!out)
        return hole ? (struct str){0} : url;
    size_t before = (size_t)(hole - url.data);
    memcpy(out, url.data, before);
    memcpy(out + before, size, sizeof(size) - 1);
    memcpy(out + before + sizeof(size) - 1, hole + 2, url.len - before - 2);
    return (struct str){out, len};
}

static void read_raid(struct twitch_reader *reader, const struct twitch_line *line, struct message_draft *draft)
{
    draft->kind = MESSAGE_RAID;
    draft->author.avatar = read_avatar(reader, line);
    twitch_reader_set_int(reader, "viewers", twitch_line_int(line, TAG_P_VIEWER_COUNT, 0));
}

static void read_paid(struct twitch_reader *reader, const struct twitch_line *line, struct message_draft *draft,
                      enum twitch_tag amount_tag, enum twitch_tag currency_tag)
{
    int64_t amount = twitch_line_int(line, amount_tag, 0), micros;
    struct str currency = twitch_line_tag(line, currency_tag);
    if (amount > 0 && money_is_currency(currency) &&
        money_from_exponent(amount, twitch_line_int(line, TAG_P_EXPONENT, 2), &micros)) {
        draft->kind = MESSAGE_GIFT;
        draft->money.micros = micros;
        draft->money.currency = currency;
    }
}

static void read_charity(struct twitch_reader *reader, const struct twitch_line *line, struct message_draft *draft)
{
    read_paid(reader, line, draft, TAG_P_DONATION_AMOUNT, TAG_P_DONATION_CURRENCY);
    struct str charity = twitch_reader_text(reader, line, TAG_P_CHARITY);
    if (draft->kind == MESSAGE_GIFT) {
        draft->money.item = charity;
    } else {
        twitch_reader_set_text(reader, "charity", charity);
    }
    set_event(reader, "charitydonation");
}

static void read_shout(struct twitch_reader *reader, const struct twitch_line *line, struct message_draft *draft)
{
    read_paid(reader, line, draft, TAG_P_AMOUNT, TAG_P_CURRENCY);
    set_event(reader, "midnightsquid");
}

/* Everything else is a notice: Twitch's word for it, and the parameters that say something. */
static void read_other(struct twitch_reader *reader, const struct twitch_line *line, struct message_draft *draft)
{
    static const struct {
        enum twitch_tag tag;
        const char *key;
    } params[] = {
        {TAG_P_COLOR, "color"}, {TAG_P_THRESHOLD, "threshold"}, {TAG_P_CATEGORY, "category"}, {TAG_P_VALUE, "value"},
        {TAG_P_MONTHS, "months"}, {TAG_P_BADGE_LEVEL, "level"}, {TAG_P_COPO_REWARD, "points"},
        {TAG_P_RITUAL, "ritual"}, {TAG_P_SELECTED_COUNT, "selected"}, {TAG_P_TOTAL_REWARDS, "total"},
        {TAG_P_TRIGGER, "trigger"}, {TAG_P_GIFT_NAME, "gift"}, {TAG_P_GIFT_RECIPIENT, "recipient"},
        {TAG_P_PRIOR_GIFTER, "gifter"}, {TAG_P_RECIPIENT_NAME, "recipient"}, {TAG_P_RECIPIENT_ID, "recipient_id"},
    };
    twitch_reader_set_text(reader, "event", twitch_line_tag(line, TAG_MSG_ID));
    for (size_t i = 0; i < ARRAY_LENGTH(params); i++) {
        if (!twitch_line_has(line, params[i].tag))
            continue;
        int64_t number = twitch_line_int(line, params[i].tag, -1);
        bool is_name = params[i].tag == TAG_P_RECIPIENT_ID || params[i].tag == TAG_P_RECIPIENT_NAME;
        if (number >= 0 && !is_name) {
            twitch_reader_set_int(reader, params[i].key, number);
        } else {
            twitch_reader_set_text(reader, params[i].key, twitch_reader_text(reader, line, params[i].tag));
        }
    }
}

static notice_fn find_notice(struct str msg_id)
{
    static const struct {
        const char *msg_id;
        notice_fn read;
    } table[] = {
        {"sub", read_sub}, {"resub", read_sub}, {"submysterygift", read_gift_batch},
        {"anonsubmysterygift", read_gift_batch}, {"subgift", read_gift}, {"anonsubgift", read_gift},
        {"giftpaidupgrade", read_upgrade}, {"anongiftpaidupgrade", read_upgrade},
        {"primepaidupgrade", read_upgrade}, {"extendsub", read_extension}, {"raid", read_raid},
        {"charitydonation", read_charity}, {"midnightsquid", read_shout},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        if (str_equal(str_from(table[i].msg_id), msg_id))
            return table[i].read;
    }
    return read_other;
}

/*
 * A partner channel's event in a shared chat: whatever it was there, here it is only told. Its real type is in
 * source-msg-id.
 */
static void read_foreign(struct twitch_reader *reader, const struct twitch_line *line, struct message_draft *draft)
{
    draft->is_foreign = true;
    struct str type = twitch_line_tag(line, TAG_SOURCE_MSG_ID);
    twitch_reader_set_text(reader, "event", type.len > 0 ? type : twitch_line_tag(line, TAG_MSG_ID));
    twitch_reader_set_text(reader, "channel_id", twitch_line_tag(line, TAG_SOURCE_ROOM_ID));
}

bool twitch_reader_read_notice(struct twitch_reader *reader, const struct twitch_line *line, struct error *err)
{
    struct str msg_id = twitch_line_tag(line, TAG_MSG_ID);
    if (msg_id.len == 0)
        return error_set(err, ERROR_DATA, "USERNOTICE without msg-id");
    struct message_draft draft;
    twitch_reader_begin(reader, line, &draft);
    draft.kind = MESSAGE_NOTICE;
    draft.text = twitch_line_trailing(line, 2);
    twitch_reader_set_author(reader, line, &draft.author);
    twitch_reader_set_emotes(reader, twitch_line_tag(line, TAG_EMOTES), &draft);
    if (reader->is_charity_elsewhere && str_equal(msg_id, STR("charitydonation")))
        return true;
    if (draft.is_foreign || str_equal(msg_id, STR("sharedchatnotice"))) {
        read_foreign(reader, line, &draft);
    } else {
        find_notice(msg_id)(reader, line, &draft);
    }
    // What Twitch says about it, in English: the text of a notice that nobody wrote anything to.
    struct str system = twitch_reader_text(reader, line, TAG_SYSTEM_MSG);
    if (draft.kind == MESSAGE_NOTICE && draft.text.len == 0) {
        draft.text = system;
    } else {
        twitch_reader_set_text(reader, "system", system);
    }
    if (draft.kind != MESSAGE_NOTICE || draft.text.len > 0)
        twitch_reader_deliver(reader, &draft);
    return true;
}
