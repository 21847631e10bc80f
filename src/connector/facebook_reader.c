#include "connector/facebook_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/connector_impl.h"

enum { SCRATCH_BYTES = 16 * 1024, PAGE_ITEMS_MAX = 1000, DAY_MS = 24 * 60 * 60 * 1000 };

void facebook_reader_init(struct facebook_reader *reader, struct connector *base)
{
    reader->base = base;
    random_bytes(&reader->key, sizeof(reader->key));
}

void facebook_reader_forget(struct facebook_reader *reader)
{
    for (size_t i = 0; i < FACEBOOK_KNOWN_MAX; i++)
        free(reader->known[i].id);
    memset(reader->known, 0, sizeof(reader->known));
    reader->known_count = 0;
    reader->page = 0;
    reader->last_ms = 0;
}

void facebook_reader_fini(struct facebook_reader *reader)
{
    facebook_reader_forget(reader);
    json_decref(reader->extras);
    free(reader->page_id);
    field_fini(&reader->scratch);
}

/* ---- what was delivered ---- */

static struct facebook_known *bucket_of(struct facebook_reader *reader, uint64_t hash)
{
    return &reader->known[hash % (FACEBOOK_KNOWN_MAX / FACEBOOK_BUCKET) * FACEBOOK_BUCKET];
}

static struct facebook_known *find_known(struct facebook_reader *reader, struct str id)
{
    uint64_t hash = hash_bytes(&reader->key, id.data, id.len);
    struct facebook_known *known = bucket_of(reader, hash);
    for (size_t i = 0; i < FACEBOOK_BUCKET; i++) {
        if (known[i].id && known[i].hash == hash && str_equal(str_from(known[i].id), id))
            return &known[i];
    }
    return NULL;
}

/* In the place of the bucket's oldest. */
static void remember(struct facebook_reader *reader, struct str id, uint64_t text, int64_t time_ms)
{
    uint64_t hash = hash_bytes(&reader->key, id.data, id.len);
    struct facebook_known *bucket = bucket_of(reader, hash), *known = bucket;
    for (size_t i = 1; i < FACEBOOK_BUCKET; i++) {
        if (bucket[i].order < known->order)
            known = &bucket[i];
    }
    free(known->id);
    *known = (struct facebook_known){.id = xstrndup(id.data, id.len), .text = text, .time_ms = time_ms, .hash = hash,
                                     .page = reader->page, .order = ++reader->known_count};
}

/* ---- one comment ---- */

static void begin(struct facebook_reader *reader, enum message_kind kind)
{
    field_begin(&reader->scratch, SCRATCH_BYTES);
    json_decref(reader->extras);
    reader->extras = NULL;
    reader->draft = (struct message_draft){.kind = kind};
}

static void deliver(struct facebook_reader *reader)
{
    reader->draft.detail = reader->extras;
    connector_deliver(reader->base, &reader->draft);
}

static void read_author(struct facebook_reader *reader, const json_t *comment)
{
    const json_t *from = json_object_get(comment, "from");
    struct message_author *author = &reader->draft.author;
    author->id = field_id(&reader->scratch, from, "id");
    author->name = field_text(from, "name");
    if (author->id.len == 0 && author->name.len == 0)
        reader->nameless++;
    if (author->name.len == 0)
        author->name = STR("Facebook user");  // the token or its permissions do not reach the author
    if (reader->page_id && str_equal(author->id, str_from(reader->page_id)))
        author->roles |= ROLE_BROADCASTER;
}

static void read_attachment(struct facebook_reader *reader, const json_t *attachment)
{
    const json_t *image = json_object_get(json_object_get(attachment, "media"), "image");
    struct str source = field_text(image, "src");
    field_add_text(&reader->extras, "attachment", field_text(attachment, "type"));
    if (str_starts_with(source, STR("https://")))
        field_add_text(&reader->extras, "picture", source);
}

static void deliver_removal(struct facebook_reader *reader, struct str id, const char *reason)
{
    begin(reader, MESSAGE_DELETE);
    reader->draft.target.native_id = id;
    field_add_text(&reader->extras, "reason", str_from(reason));
    deliver(reader);
}

static void deliver_edit(struct facebook_reader *reader, struct str id, struct str text, uint64_t hash)
{
    begin(reader, MESSAGE_EDIT);
    reader->draft.target.native_id = id;
    reader->draft.text = text;
    // Facebook does not say when: the words themselves tell one edit from the next.
    reader->draft.event_key = field_make(&reader->scratch, "%.*s#edit%016llx", (int)id.len, id.data,
                                         (unsigned long long)hash);
    deliver(reader);
}

static void deliver_comment(struct facebook_reader *reader, const json_t *comment, struct str id, struct str text)
{
    struct message_draft *draft = &reader->draft;
    begin(reader, MESSAGE_CHAT);
    draft->native_id = draft->event_key = id;
    draft->time_ms = field_time_ms(comment, "created_time");
    draft->is_history = draft->time_ms > 0 && draft->time_ms < reader->history_before_ms;
    draft->text = text;
    draft->reply_to.native_id = field_id(&reader->scratch, json_object_get(comment, "parent"), "id");
    read_author(reader, comment);
    read_attachment(reader, json_object_get(comment, "attachment"));
    // A time of tomorrow would make all that comes today look old.
    bool is_sane = !reader->base->options.loop || draft->time_ms < clock_unix_ms() + DAY_MS;
    if (is_sane && draft->time_ms > reader->last_ms)
        reader->last_ms = draft->time_ms;
    deliver(reader);
}

bool facebook_reader_comment(struct facebook_reader *reader, const json_t *comment, struct error *err)
{
    struct str id = field_text(comment, "id"), text = field_text(comment, "message");
    if (id.len == 0)
        return error_set(err, ERROR_DATA, "a comment without id");
    uint64_t hash = hash_bytes(&reader->key, text.data ? text.data : "", text.len);
    struct facebook_known *known = find_known(reader, id);
    bool is_hidden = json_get_bool(comment, "is_hidden", false);
    if (!known && is_hidden)
        return true;  // nobody has seen it
    if (!known) {
        deliver_comment(reader, comment, id, text);
        remember(reader, id, hash, reader->draft.time_ms);
        return true;
    }
    known->page = reader->page;
    known->is_doubted = false;
    if (is_hidden && !known->is_gone) {
        known->is_gone = true;
        deliver_removal(reader, id, "hidden");
    } else if (!is_hidden && known->text != hash) {
        known->text = hash;
        deliver_edit(reader, id, text, hash);
    }
    return true;
}

/* ---- pages ---- */

static int64_t oldest_of(const json_t *items)
{
    int64_t oldest_ms = 0;
    for (size_t i = 0; i < json_array_size(items); i++) {
        int64_t time_ms = field_time_ms(json_array_get(items, i), "created_time");
        if (time_ms > 0 && (oldest_ms == 0 || time_ms < oldest_ms))
            oldest_ms = time_ms;
    }
    return oldest_ms;
}

/* Comments of the page's own second may stand on the next page. */
static void doubt_missing(struct facebook_reader *reader, int64_t oldest_ms)
{
    for (size_t i = 0; oldest_ms > 0 && i < FACEBOOK_KNOWN_MAX; i++) {
        struct facebook_known *known = &reader->known[i];
        bool is_newer = reader->last_ms - known->time_ms < 2000;  // the page may be a little behind the stream
        if (known->id && !known->is_gone && known->time_ms > oldest_ms + 1000 && !is_newer)
            known->is_doubted = known->page != reader->page;
    }
}

bool facebook_reader_page(struct facebook_reader *reader, const json_t *page, bool is_newest, struct error *err)
{
    const json_t *items = json_object_get(page, "data");
    size_t count = json_array_size(items);
    bool is_good = true;
    if (!json_is_array(items))
        return error_set(err, ERROR_DATA, "a page without data");
    if (count > PAGE_ITEMS_MAX)
        return error_set(err, ERROR_DATA, "a page of %zu comments", count);
    reader->page++;
    int64_t first_ms = field_time_ms(json_array_get(items, 0), "created_time");
    bool is_falling = first_ms >= field_time_ms(json_array_get(items, count ? count - 1 : 0), "created_time");
    for (size_t i = 0; i < count; i++) {
        const json_t *comment = json_array_get(items, is_falling ? count - 1 - i : i);
        is_good &= facebook_reader_comment(reader, comment, is_good ? err : NULL);
    }
    if (is_newest)
        doubt_missing(reader, oldest_of(items));
    return is_good;
}

const char *facebook_reader_doubt(const struct facebook_reader *reader)
{
    for (size_t i = 0; i < FACEBOOK_KNOWN_MAX; i++) {
        if (reader->known[i].id && reader->known[i].is_doubted)
            return reader->known[i].id;
    }
    return NULL;
}

void facebook_reader_settle(struct facebook_reader *reader, const char *id, bool is_there)
{
    struct facebook_known *known = find_known(reader, str_from(id));
    if (!known)
        return;
    known->is_doubted = false;
    if (is_there) {
        known->time_ms = 0;  // pages leave it out, and it is there: it is not asked for again
    } else if (!known->is_gone) {
        known->is_gone = true;
        deliver_removal(reader, str_from(known->id), "removed");
    }
}

void facebook_reader_end(struct facebook_reader *reader, const char *video)
{
    begin(reader, MESSAGE_END);
    reader->draft.event_key = field_make(&reader->scratch, "end:%s", video);
    deliver(reader);
}
