#include "connector/reddit_item.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/connector_impl.h"

enum { KNOWN_MAX = 1 << 17, KNOWN_FIRST = 1 << 10, DEPTH_MAX = 24, EMOTES_MAX = 32, CHILDREN_MAX = 5000, SCRATCH_BYTES = 9000 };

#define SECONDS_MAX INT64_C(253402300799)  // the year 9999

/* ---- ids ---- */

uint64_t reddit_id_of(struct str text)
{
    uint64_t id = 0;
    if (text.len == 0 || text.len > 13)
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        uint64_t digit = c >= '0' && c <= '9' ? (uint64_t)(c - '0') : c >= 'a' && c <= 'z' ? (uint64_t)(c - 'a') + 10 : 36;
        if (digit == 36 || __builtin_mul_overflow(id, UINT64_C(36), &id) || __builtin_add_overflow(id, digit, &id))
            return 0;
    }
    return id;
}

void reddit_id_write(uint64_t id, char text[16])
{
    char digits[16], *at = digits + sizeof(digits) - 1;
    *at = '\0';
    do
        *--at = "0123456789abcdefghijklmnopqrstuvwxyz"[id % 36];
    while (id /= 36);
    strcpy(text, at);
}

/* ---- what was seen ---- */

static struct reddit_known *slot_of(const struct reddit_reader *reader, uint64_t id)
{
    size_t at = (size_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (reader->capacity - 1);
    while (reader->table[at].id && reader->table[at].id != id)
        at = (at + 1) & (reader->capacity - 1);
    return &reader->table[at];
}

const struct reddit_known *reddit_reader_find(const struct reddit_reader *reader, uint64_t id)
{
    const struct reddit_known *known = reader->capacity ? slot_of(reader, id) : NULL;
    return known && known->id ? known : NULL;
}

static void grow(struct reddit_reader *reader)
{
    struct reddit_known *old = reader->table;
    size_t old_capacity = reader->capacity;
    reader->capacity = old_capacity ? 2 * old_capacity : KNOWN_FIRST;
    reader->table = xcalloc(reader->capacity, sizeof(*reader->table));
    for (size_t i = 0; i < old_capacity; i++) {
        if (old[i].id)
            *slot_of(reader, old[i].id) = old[i];
    }
    free(old);
}

/* NULL: it was known, or there are too many; intake drops what comes again. */
static struct reddit_known *add_known(struct reddit_reader *reader, uint64_t id)
{
    if (id > reader->newest)
        reader->newest = id;
    if (reader->count >= KNOWN_MAX)
        return NULL;
    if (2 * reader->count >= reader->capacity)
        grow(reader);
    struct reddit_known *known = slot_of(reader, id);
    if (known->id)
        return NULL;
    *known = (struct reddit_known){.id = id};
    reader->count++;
    return known;
}

size_t reddit_reader_list(const struct reddit_reader *reader, size_t place, uint64_t *ids, size_t *count, size_t count_max)
{
    for (; place < reader->capacity && *count < count_max; place++) {
        if (reader->table[place].id && !reader->table[place].is_gone)
            ids[(*count)++] = reader->table[place].id;
    }
    return place < reader->capacity ? place : 0;
}

/* ---- a comment's words ---- */

struct item {
    struct reddit_reader *reader;
    const json_t *comment, *parent;  // parent: NULL: the thread itself
    struct message_draft draft;
    struct emote emotes[EMOTES_MAX];
    struct str badge;
};

/* media_metadata tells where the picture lies, as `u`, `gif` or `mp4` of its `s`. */
static struct str picture_url(const json_t *media, struct str key)
{
    char name[128];
    if (key.len >= sizeof(name))
        return (struct str){0};
    memcpy(name, key.data, key.len);
    name[key.len] = '\0';
    const json_t *source = json_object_get(json_object_get(media, name), "s");
    struct str url = field_text(source, "u");
    return url.len ? url : field_text(source, "gif");
}

/* "emote|t5_2qh0u|4271" → "4271", "giphy|abc" → "gif", anything else → "image". */
static struct str picture_name(struct str key)
{
    const char *bar = memrchr(key.data, '|', key.len);
    if (bar && str_starts_with(key, STR("emote|")))
        return (struct str){bar + 1, key.len - (size_t)(bar + 1 - key.data)};
    return bar && str_starts_with(key, STR("giphy|")) ? STR("gif") : STR("image");
}

/* "![img](KEY)" or "![gif](KEY)" at the start of text: its length, and KEY; 0: none. Only keys that came with the comment. */
static size_t picture_at(struct str text, const json_t *media, struct str *key, struct str *url)
{
    bool is_picture = str_starts_with(text, STR("![img](")) || str_starts_with(text, STR("![gif]("));
    const char *close = is_picture ? memchr(text.data + 7, ')', text.len - 7 < 140 ? text.len - 7 : 140) : NULL;
    if (!close)
        return 0;
    *key = (struct str){text.data + 7, (size_t)(close - text.data) - 7};
    *url = picture_url(media, *key);
    return url->len ? (size_t)(close - text.data) + 1 : 0;
}

/* Markdown as it came, but for pictures, which become ":name:" with an address. */
static void read_text(struct item *item)
{
    struct buffer *out = &item->reader->text;
    const json_t *media = json_object_get(item->comment, "media_metadata");
    struct str body = field_text(item->comment, "body");
    item->draft.text = body;
    if (!json_is_object(media) || body.len == 0)
        return;
    buffer_clear(out);
    buffer_reserve(out, body.len + 1);  // it only grows shorter: what points into it stays
    for (size_t i = 0; i < body.len;) {
        struct str key, url, rest = {body.data + i, body.len - i};
        size_t len = body.data[i] == '!' && item->draft.emote_count < EMOTES_MAX ? picture_at(rest, media, &key, &url) : 0;
        if (len == 0) {
            buffer_add_char(out, body.data[i++]);
            continue;
        }
        struct str name = picture_name(key);
        size_t from = out->len;
        buffer_printf(out, ":%.*s:", (int)name.len, name.data);
        item->emotes[item->draft.emote_count++] = (struct emote){
            .id = key, .name = {out->data + from, out->len - from}, .url = url, .from = (uint32_t)from, .to = (uint32_t)out->len};
        i += len;
    }
    item->draft.text = (struct str){out->data, out->len};
    item->draft.emotes = item->emotes;
}

/* ---- the envelope ---- */

static void read_author(struct item *item)
{
    const json_t *comment = item->comment;
    struct message_author *author = &item->draft.author;
    struct str distinguished = field_text(comment, "distinguished"), flair = field_text(comment, "author_flair_text");
    author->id = field_text(comment, "author_fullname");
    author->name = field_text(comment, "author");
    author->roles = (json_get_bool(comment, "is_submitter", false) ? ROLE_BROADCASTER : 0u) |
                    (str_equal(distinguished, STR("moderator")) ? ROLE_MODERATOR : 0u) |
                    (str_equal(distinguished, STR("admin")) ? ROLE_STAFF : 0u);
    if (flair.len == 0)
        return;
    item->badge = field_make(&item->reader->scratch, "flair/%.*s", (int)flair.len, flair.data);
    author->badges = &item->badge;
    author->badge_count = item->badge.len > 0;
}

static void read_reply(struct item *item)
{
    struct str parent = field_text(item->comment, "parent_id");
    if (!str_starts_with(parent, STR("t1_")))
        return;
    item->draft.reply_to.native_id = parent;
    item->draft.reply_to.author = field_text(item->parent, "author");
    item->draft.reply_to.text = field_text(item->parent, "body");
}

static struct str name_of(struct reddit_reader *reader, uint64_t id)
{
    char text[16];
    reddit_id_write(id, text);
    return field_make(&reader->scratch, "t1_%s", text);
}

static void tell_new(struct item *item, uint64_t id, int64_t written_s)
{
    struct reddit_reader *reader = item->reader;
    item->draft.kind = MESSAGE_CHAT;
    item->draft.native_id = item->draft.event_key = name_of(reader, id);
    item->draft.time_ms = written_s * 1000;
    item->draft.is_history = written_s < reader->history_before_s;
    read_author(item);
    read_text(item);
    read_reply(item);
    connector_deliver(reader->base, &item->draft);
}

static void tell_edit(struct item *item, uint64_t id, int64_t edited_s)
{
    struct reddit_reader *reader = item->reader;
    item->draft.kind = MESSAGE_EDIT;
    item->draft.target.native_id = name_of(reader, id);
    item->draft.event_key = field_make(&reader->scratch, "%.*s#edit%lld", (int)item->draft.target.native_id.len,
                                       item->draft.target.native_id.data, (long long)edited_s);
    item->draft.time_ms = edited_s * 1000;
    read_author(item);
    read_text(item);
    connector_deliver(reader->base, &item->draft);
}

/* reason: "retracted" where its author took it back. */
static void tell_gone(struct reddit_reader *reader, uint64_t id, bool is_retracted)
{
    field_begin(&reader->scratch, SCRATCH_BYTES);
    json_t *detail = is_retracted ? json_pack("{s:s}", "reason", "retracted") : NULL;
    struct message_draft draft = {.kind = MESSAGE_DELETE, .target.native_id = name_of(reader, id), .detail = detail};
    connector_deliver(reader->base, &draft);
    json_decref(detail);
}

void reddit_reader_gone(struct reddit_reader *reader, uint64_t id)
{
    struct reddit_known *known = reader->capacity ? slot_of(reader, id) : NULL;
    if (!known || !known->id || known->is_gone)
        return;
    known->is_gone = true;
    tell_gone(reader, id, false);
}

/* Unix seconds; 0: absent, no number (`edited` is false, and true in some very old comments), or no time of ours. */
static int64_t seconds_of(const json_t *comment, const char *key)
{
    int64_t seconds = json_is_number(json_object_get(comment, key)) ? json_get_int(comment, key, 0) : 0;
    return seconds > 0 && seconds <= SECONDS_MAX ? seconds : 0;
}

static void read_known(struct item *item, struct reddit_known *known, bool is_deleted, bool is_removed)
{
    int64_t edited_s = seconds_of(item->comment, "edited");
    if ((is_deleted || is_removed) && !known->is_gone) {
        known->is_gone = true;
        tell_gone(item->reader, known->id, is_deleted);
    } else if (edited_s > known->edited_s && !known->is_gone) {
        known->edited_s = edited_s;
        tell_edit(item, known->id, edited_s);
    }
}

/* "[deleted]" stands where the author took it back, "[removed]" where a moderator did. */
static bool read_comment(struct reddit_reader *reader, const json_t *comment, const json_t *parent, struct error *err)
{
    struct item item = {.reader = reader, .comment = comment, .parent = parent};
    struct str id_text = field_text(comment, "id"), body = field_text(comment, "body");
    uint64_t id = reddit_id_of(id_text);
    if (id == 0)
        return error_set(err, ERROR_DATA, "a comment without id");
    struct str link = field_text(comment, "link_id");
    uint64_t thread = str_starts_with(link, STR("t3_")) ? reddit_id_of((struct str){link.data + 3, link.len - 3}) : 0;
    if (thread && reader->thread && thread != reader->thread)
        return true;
    field_begin(&reader->scratch, SCRATCH_BYTES);
    bool is_deleted = str_equal(body, STR("[deleted]")), is_removed = str_equal(body, STR("[removed]"));
    struct reddit_known *known = add_known(reader, id);
    if (!known) {
        known = reader->capacity ? slot_of(reader, id) : NULL;
        if (known && known->id)
            read_known(&item, known, is_deleted, is_removed);
        return true;
    }
    known->edited_s = seconds_of(comment, "edited");
    known->is_gone = is_deleted || is_removed;
    if (known->is_gone) {
        // Perhaps an earlier life of ours told it: what is gone is gone.
        tell_gone(reader, id, is_deleted);
        return true;
    }
    tell_new(&item, id, seconds_of(comment, "created_utc"));
    return true;
}

/* ---- listings ---- */

static void add_pending(struct reddit_reader *reader, uint64_t id)
{
    if (reader->pending_count < REDDIT_PENDING_MAX)
        reader->pending[reader->pending_count++] = id;
    else
        reader->lost++;
}

/* Comments that the page has no room for, by name. Those from before our time are only remembered. */
static void read_more(struct reddit_reader *reader, const json_t *data)
{
    const json_t *children = json_object_get(data, "children");
    for (size_t i = 0; i < json_array_size(children) && i < CHILDREN_MAX; i++) {
        const json_t *child = json_array_get(children, i);
        uint64_t id = reddit_id_of((struct str){json_string_value(child), json_string_length(child)});
        if (id == 0 || reddit_reader_find(reader, id))
            continue;
        if (reader->is_first || id <= reader->after)
            add_known(reader, id);
        else
            add_pending(reader, id);
    }
}

static void copy(char *to, size_t size, struct str from)
{
    size_t len = from.len < size ? from.len : size - 1;
    memcpy(to, from.data ? from.data : "", len);
    to[len] = '\0';
}

static void read_thread(struct reddit_reader *reader, const json_t *data)
{
    uint64_t id = reddit_id_of(field_text(data, "id"));
    if (reader->thread && id != reader->thread)
        return;
    reader->thread = id;
    reader->is_closed = json_get_bool(data, "locked", false) || json_get_bool(data, "archived", false);
    copy(reader->title, sizeof(reader->title), field_text(data, "title"));
    copy(reader->subreddit, sizeof(reader->subreddit), field_text(data, "subreddit"));
}

static bool read_thing(struct reddit_reader *reader, const json_t *thing, const json_t *parent, int depth, struct error *err);

/* Newest first as it comes; told in the order of writing. */
static bool read_children(struct reddit_reader *reader, const json_t *listing, const json_t *parent, int depth,
                          struct error *err)
{
    const json_t *children = json_object_get(json_object_get(listing, "data"), "children");
    bool is_good = true;
    for (size_t i = json_array_size(children); i-- > 0;)
        is_good = read_thing(reader, json_array_get(children, i), parent, depth, err) && is_good;
    return is_good;
}

static bool read_thing(struct reddit_reader *reader, const json_t *thing, const json_t *parent, int depth, struct error *err)
{
    struct str kind = field_text(thing, "kind");
    const json_t *data = json_object_get(thing, "data");
    if (!json_is_object(data) || depth > DEPTH_MAX)
        return error_set(err, ERROR_DATA, depth > DEPTH_MAX ? "answers nested too deep" : "expected kind and data");
    if (str_equal(kind, STR("Listing")))
        return read_children(reader, thing, parent, depth + 1, err);
    if (str_equal(kind, STR("t3"))) {
        read_thread(reader, data);
    } else if (str_equal(kind, STR("more"))) {
        read_more(reader, data);
    } else if (str_equal(kind, STR("t1"))) {
        const json_t *replies = json_object_get(data, "replies");
        bool is_good = read_comment(reader, data, parent, err);
        return json_is_object(replies) ? read_thing(reader, replies, data, depth + 1, err) && is_good : is_good;
    }
    return true;
}

bool reddit_reader_read(struct reddit_reader *reader, const json_t *page, struct error *err)
{
    bool is_good = true;
    if (json_is_object(page))
        return read_thing(reader, page, NULL, 0, err);
    if (!json_is_array(page))
        return error_set(err, ERROR_DATA, "expected a listing");
    for (size_t i = 0; i < json_array_size(page); i++)
        is_good = read_thing(reader, json_array_get(page, i), NULL, 0, err) && is_good;
    return is_good;
}

void reddit_reader_tell_end(struct reddit_reader *reader)
{
    char id[16];
    if (!reader->is_closed || !reader->thread)
        return;
    reddit_id_write(reader->thread, id);
    field_begin(&reader->scratch, SCRATCH_BYTES);
    struct message_draft draft = {.kind = MESSAGE_END, .event_key = field_make(&reader->scratch, "end:t3_%s", id)};
    connector_deliver(reader->base, &draft);
}

void reddit_reader_fini(struct reddit_reader *reader)
{
    free(reader->table);
    buffer_fini(&reader->text);
    field_fini(&reader->scratch);
}
