#include "connector/tiktok_item.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "connector/connector_impl.h"
#include "connector/tiktok_fold.h"

/* For ids, keys, badges and filled patterns of one event, besides what the event itself brings. */
enum { SCRATCH_BYTES = 4096 };

static const char object[] = "\xef\xbf\xbc";  // U+FFFC

void tiktok_item_begin(struct tiktok_item *item, struct tiktok_reader *reader, size_t size)
{
    field_begin(&reader->scratch, 3 * size + SCRATCH_BYTES);  // an id may stand in native id and event key too
    item->reader = reader;
    item->draft = (struct message_draft){0};
    item->extras = NULL;
    item->placed_count = 0;
}

struct str tiktok_item_number(struct tiktok_item *item, uint64_t number)
{
    char digits[20], *at = digits + sizeof(digits);
    for (; number > 0; number /= 10)
        *--at = (char)('0' + number % 10);
    return field_keep(&item->reader->scratch, at, (size_t)(digits + sizeof(digits) - at));
}

void tiktok_item_set_time(struct tiktok_item *item, int64_t time)
{
    const int64_t year_5138_s = INT64_C(100000000000);  // below it the number counts seconds
    if (time <= 0)
        return;
    item->draft.time_ms = time < year_5138_s ? time * 1000 : time;
}

/* ---- badges ---- */

static const struct {
    const char *name;
    uint32_t role;
} scenes[] = {
    [1] = {"moderator", ROLE_MODERATOR}, [2] = {"first_recharge", 0}, [3] = {"friend", 0},
    [4] = {"subscriber", ROLE_SUBSCRIBER}, [5] = {"activity", 0}, [6] = {"rank_list", 0},
    [7] = {"new_subscriber", ROLE_SUBSCRIBER}, [8] = {"gifter", 0}, [9] = {"state_controlled_media", 0},
    [10] = {"fan_club", 0}, [11] = {"live_pro", 0}, [12] = {"anchor", ROLE_BROADCASTER}, [13] = {"class_rank", 0},
    [14] = {"enigma", 0},
};

void tiktok_item_add_badge(struct tiktok_item *item, int64_t scene, struct str level)
{
    struct message_author *author = &item->draft.author;
    if (scene <= 0 || scene >= (int64_t)ARRAY_LENGTH(scenes) || author->badge_count == TIKTOK_BADGES_MAX)
        return;
    struct str name = str_from(scenes[scene].name);
    char text[64];
    size_t len = name.len;
    memcpy(text, name.data, len);
    if (level.len > 0 && level.len < 16 && !str_equal(level, STR("0"))) {
        text[len++] = '/';
        memcpy(text + len, level.data, level.len);
        len += level.len;
    }
    author->roles |= scenes[scene].role;
    item->badges[author->badge_count++] = field_keep(&item->reader->scratch, text, len);
    author->badges = item->badges;
}

/* ---- texts ---- */

void tiktok_item_add_emote(struct tiktok_item *item, int64_t at, struct str id, struct str url)
{
    size_t i = item->placed_count;
    if (i == TIKTOK_EMOTES_MAX)
        return;
    for (; i > 0 && item->placed[i - 1].at > at; i--)  // sorted by place; those of one place stay in order
        item->placed[i] = item->placed[i - 1];
    item->placed[i].at = at;
    item->placed[i].id = id;
    item->placed[i].url = url;
    item->placed_count++;
}

/* The byte where UTF-16 unit `at` begins, from byte `from` and its unit on; in the middle of a character: behind it. */
static size_t byte_of_unit(struct str text, size_t from, int64_t *unit, int64_t at)
{
    while (from < text.len && *unit < at) {
        size_t size;
        uint32_t scalar = utf8_decode(text.data + from, text.len - from, &size);
        *unit += scalar > 0xffff ? 2 : 1;
        from += size;
    }
    return from;
}

void tiktok_item_set_text(struct tiktok_item *item, struct str text)
{
    struct buffer *out = &item->reader->text;
    size_t from = 0;
    int64_t unit = 0;
    if (text.len == 0)
        text = STR("");  // no arithmetic on NULL
    item->draft.text = text;
    if (item->placed_count == 0)
        return;
    buffer_clear(out);
    for (size_t i = 0; i < item->placed_count; i++) {
        size_t to = byte_of_unit(text, from, &unit, item->placed[i].at);
        buffer_add(out, text.data + from, to - from);
        item->emotes[i] = (struct emote){
            .id = item->placed[i].id, .url = item->placed[i].url, .from = (uint32_t)out->len,
            .to = (uint32_t)(out->len + sizeof(object) - 1)};
        buffer_add_string(out, object);
        from = to;
    }
    buffer_add(out, text.data + from, text.len - from);
    item->draft.text = (struct str){out->data, out->len};
    item->draft.emotes = item->emotes;
    item->draft.emote_count = item->placed_count;
}

/* A slot as "{0:user}" at the start of text: its length, and which name; 0: none. */
static size_t slot_len(struct str text, size_t *which)
{
    const char *end = text.len > 2 && text.data[0] == '{' ? memchr(text.data, '}', text.len) : NULL;
    if (!end || text.data[1] < '0' || text.data[1] > '9')
        return 0;
    *which = (size_t)(text.data[1] - '0');
    return (size_t)(end - text.data) + 1;
}

struct str tiktok_item_fill(struct tiktok_item *item, struct str pattern, const struct str *names, size_t count)
{
    struct buffer filled = {0};
    for (size_t i = 0; i < pattern.len;) {
        size_t which = 0, len = slot_len((struct str){pattern.data + i, pattern.len - i}, &which);
        if (len == 0) {
            buffer_add_char(&filled, pattern.data[i++]);
            continue;
        }
        if (which < count)
            buffer_add(&filled, names[which].data, names[which].len);
        i += len;
    }
    struct str kept = field_keep(&item->reader->scratch, filled.data, filled.len);
    buffer_fini(&filled);
    return kept;
}

void tiktok_item_set_notice(struct tiktok_item *item, const char *event, struct str text)
{
    item->draft.kind = MESSAGE_NOTICE;
    item->draft.text = text;
    field_add_text(&item->extras, "event", str_from(event));
}

/* ---- gifts ---- */

static struct str join(struct tiktok_item *item, struct str a, struct str b, struct str c)
{
    return field_make(&item->reader->scratch, "%.*s:%.*s:%.*s", (int)a.len, a.data ? a.data : "", (int)b.len,
                      b.data ? b.data : "", (int)c.len, c.data ? c.data : "");
}

/* The combo's own id: its first event names it where TikTok gives no group. */
static void name_streak(struct tiktok_item *item, const struct tiktok_gift *gift)
{
    struct message_draft *draft = &item->draft;
    bool has_group = gift->group.len > 0 && !str_equal(gift->group, STR("0"));
    struct str key = join(item, draft->author.id, gift->id, has_group ? gift->group : (struct str){0});
    struct str known = has_group ? key : tiktok_fold_streak(item->reader->fold, key);
    struct str native_id = has_group ? key : join(item, draft->author.id, gift->id, draft->native_id);
    draft->native_id = known.len > 0 ? field_keep(&item->reader->scratch, known.data, known.len) : native_id;
    draft->event_key = field_make(&item->reader->scratch, "%.*s#%lld%s", (int)draft->native_id.len,
                                  draft->native_id.data ? draft->native_id.data : "", (long long)draft->money.count,
                                  draft->money.is_streak_open ? "" : "#end");
    tiktok_fold_note_streak(item->reader->fold, key, draft);
}

bool tiktok_item_set_gift(struct tiktok_item *item, const struct tiktok_gift *gift, struct error *err)
{
    struct message_draft *draft = &item->draft;
    struct money *money = &draft->money;
    draft->kind = MESSAGE_GIFT;
    money->unit = STR("diamonds");
    money->item = gift->name;
    money->count = gift->count > 0 ? gift->count : 1;
    if (gift->diamonds < 0 || __builtin_mul_overflow(gift->diamonds, money->count, &money->units))
        return error_set(err, ERROR_DATA, "a gift with an impossible number of diamonds");
    if (str_starts_with(gift->picture, STR("https://")))
        field_add_text(&item->extras, "picture", gift->picture);
    draft->detail = item->extras;
    if (gift->is_streakable) {
        money->is_streak_open = !gift->is_over;
        name_streak(item, gift);
    } else if (gift->order.len > 0) {  // the same purchase comes again under another message id
        draft->event_key = field_make(&item->reader->scratch, "order:%.*s#%lld", (int)gift->order.len, gift->order.data,
                                      (long long)money->count);
    }
    return true;
}

/* ---- the rest ---- */

void tiktok_item_set_subscription(struct tiktok_item *item, const char *event, int64_t months)
{
    item->draft.kind = MESSAGE_MEMBERSHIP;
    field_add_text(&item->extras, "event", str_from(event));
    field_add_int(&item->extras, "months", months);
}

void tiktok_item_set_like(struct tiktok_item *item, int64_t count, int64_t total)
{
    item->draft.kind = MESSAGE_LIKE;
    field_add_int(&item->extras, "count", count > 0 ? count : 1);
    field_add_int(&item->extras, "total", total);
}

/* A chat message of nothing is nothing; a subscription may be told already. */
static bool is_nothing(struct tiktok_item *item)
{
    const struct message_draft *draft = &item->draft;
    if (draft->kind != MESSAGE_MEMBERSHIP || draft->author.id.len == 0)
        return draft->kind == MESSAGE_NONE || (draft->kind == MESSAGE_CHAT && draft->text.len == 0);
    int64_t now_ms = draft->time_ms ? draft->time_ms : item->reader->last_ms;
    return !tiktok_fold_is_new_subscription(item->reader->fold, draft->author.id, now_ms);
}

void tiktok_item_deliver(struct tiktok_item *item)
{
    struct tiktok_reader *reader = item->reader;
    struct message_draft *draft = &item->draft;
    if (is_nothing(item)) {
        tiktok_item_drop(item);
        return;
    }
    draft->detail = item->extras;
    if (draft->event_key.len == 0)
        draft->event_key = draft->native_id;
    if (draft->time_ms > reader->last_ms)
        reader->last_ms = draft->time_ms;
    if (draft->kind == MESSAGE_END)
        reader->is_ended = true;
    if (draft->kind != MESSAGE_LIKE || !tiktok_fold_add_like(reader->fold, draft))
        connector_deliver(reader->base, draft);
    tiktok_item_drop(item);
}

void tiktok_item_drop(struct tiktok_item *item)
{
    json_decref(item->extras);
    item->extras = NULL;
}
