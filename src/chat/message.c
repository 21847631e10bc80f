#include "chat/message.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "chat/message_private.h"

/* Every string of a draft but those in its arrays: copying, measuring and repairing walk this one table. */
static const size_t text_fields[] = {
    offsetof(struct message_draft, platform),       offsetof(struct message_draft, source),
    offsetof(struct message_draft, native_id),      offsetof(struct message_draft, event_key),
    offsetof(struct message_draft, author.id),      offsetof(struct message_draft, author.login),
    offsetof(struct message_draft, author.name),    offsetof(struct message_draft, author.color),
    offsetof(struct message_draft, author.avatar),  offsetof(struct message_draft, text),
    offsetof(struct message_draft, reply_to.native_id), offsetof(struct message_draft, reply_to.author),
    offsetof(struct message_draft, reply_to.text),  offsetof(struct message_draft, money.currency),
    offsetof(struct message_draft, money.unit),     offsetof(struct message_draft, money.item),
    offsetof(struct message_draft, target.native_id), offsetof(struct message_draft, target.author_id),
};

static struct str *field_at(struct message_draft *draft, size_t i)
{
    return (struct str *)(void *)((char *)draft + text_fields[i]);
}

static size_t image_count(const struct message_draft *draft)
{
    return draft->author.badge_images ? draft->author.badge_count : 0;
}

/* Bytes of all strings, with the NUL behind each that is not empty. */
static size_t texts_size(const struct message_draft *draft)
{
    size_t size = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(text_fields); i++) {
        size_t len = field_at((struct message_draft *)draft, i)->len;
        size += len + (len > 0);
    }
    for (size_t i = 0; i < draft->author.badge_count; i++)
        size += draft->author.badges[i].len + 1;
    for (size_t i = 0; i < image_count(draft); i++)
        size += draft->author.badge_images[i].len + 1;
    for (size_t i = 0; i < draft->emote_count; i++) {
        const struct emote *emote = &draft->emotes[i];
        size += emote->id.len + emote->name.len + emote->url.len + 3;
    }
    return size;
}

static char *put(char *at, struct str *text)
{
    if (text->len == 0) {
        *text = (struct str){"", 0};
        return at;
    }
    memcpy(at, text->data, text->len);
    at[text->len] = '\0';
    text->data = at;
    return at + text->len + 1;
}

static bool is_boundary(struct str text, uint32_t offset)
{
    return offset == text.len || ((unsigned char)text.data[offset] & 0xc0) != 0x80;
}

static bool is_sound(struct str text, const struct emote *emote)
{
    return emote->from < emote->to && emote->to <= text.len && is_boundary(text, emote->from) &&
           is_boundary(text, emote->to);
}

static char *put_emotes(char *at, struct message_draft *is, const struct message_draft *from, struct emote *emotes)
{
    is->emotes = emotes;
    is->emote_count = 0;
    for (size_t i = 0; i < from->emote_count; i++) {
        if (!is_sound(is->text, &from->emotes[i]))
            continue;
        struct emote *emote = &emotes[is->emote_count++];
        *emote = from->emotes[i];
        at = put(at, &emote->id);
        at = put(at, &emote->name);
        at = put(at, &emote->url);
    }
    return at;
}

/* False: some string is no valid UTF-8. All were copied behind one another, so one pass checks all. */
static bool fill(struct message *message, const struct message_draft *draft, char *text_area,
                 struct emote *emotes, struct str *badges)
{
    struct message_draft *is = &message->is;
    *is = *draft;
    char *at = text_area;
    for (size_t i = 0; i < ARRAY_LENGTH(text_fields); i++)
        at = put(at, field_at(is, i));
    for (size_t i = 0; i < draft->author.badge_count; i++) {
        badges[i] = draft->author.badges[i];
        at = put(at, &badges[i]);
    }
    is->author.badges = badges;
    for (size_t i = 0; i < image_count(draft); i++) {
        struct str *image = &badges[draft->author.badge_count + i];
        *image = draft->author.badge_images[i];
        at = put(at, image);
    }
    if (draft->author.badge_images)
        is->author.badge_images = badges + draft->author.badge_count;
    at = put_emotes(at, is, draft, emotes);
    return utf8_is_valid(text_area, (size_t)(at - text_area));
}

static struct message *build(const struct message_draft *draft, bool *is_valid)
{
    size_t emotes_size = draft->emote_count * sizeof(struct emote);
    size_t badges_size = (draft->author.badge_count + image_count(draft)) * sizeof(struct str);
    struct holder *holder = xmalloc(sizeof(*holder) + emotes_size + badges_size + texts_size(draft));
    atomic_init(&holder->references, 1);
    holder->detail_text = NULL;
    struct message *message = &holder->message;
    message->id = 0;
    message->received_ms = 0;
    struct emote *emotes = (struct emote *)(void *)(holder + 1);
    struct str *badges = (struct str *)(void *)((char *)emotes + emotes_size);
    *is_valid = fill(message, draft, (char *)badges + badges_size, emotes, badges);
    return message;
}

/* The slow way, for peers that send broken UTF-8: a repaired draft whose strings lie in `scratch`. */
struct repair {
    char *scratch;  // owned
    char *at;
    struct emote *emotes;  // owned
    struct str *badges;    // owned; behind them, where there are any, their pictures' addresses
};

static void repair_text(struct repair *repair, struct str *text)
{
    if (text->len == 0)
        return;
    size_t len = utf8_repair(text->data, text->len, repair->at);
    *text = (struct str){repair->at, len};
    repair->at += len;
}

/* Where `offset` of the broken text lies in the repaired one. */
static uint32_t repaired_offset(struct str broken, uint32_t offset)
{
    size_t repaired = 0;
    for (size_t i = 0, size; i < broken.len && i < offset; i += size) {
        char out[4];
        repaired += utf8_encode(utf8_decode(broken.data + i, broken.len - i, &size), out);
    }
    return (uint32_t)repaired;
}

static void repair_emotes(struct repair *repair, struct message_draft *draft, struct str broken)
{
    repair->emotes = xcalloc(draft->emote_count + 1, sizeof(struct emote));
    for (size_t i = 0; i < draft->emote_count; i++) {
        struct emote *emote = &repair->emotes[i];
        *emote = draft->emotes[i];
        if (emote->to > broken.len || emote->from > emote->to) {
            emote->from = emote->to = 0;
        } else {
            emote->from = repaired_offset(broken, emote->from);
            emote->to = repaired_offset(broken, emote->to);
        }
        repair_text(repair, &emote->id);
        repair_text(repair, &emote->name);
        repair_text(repair, &emote->url);
    }
    draft->emotes = repair->emotes;
}

static void repair_badges(struct repair *repair, struct message_author *author, size_t image_count)
{
    size_t count = author->badge_count;
    repair->badges = xcalloc(count + image_count + 1, sizeof(struct str));
    for (size_t i = 0; i < count + image_count; i++) {
        repair->badges[i] = i < count ? author->badges[i] : author->badge_images[i - count];
        repair_text(repair, &repair->badges[i]);
    }
    author->badges = repair->badges;
    author->badge_images = image_count ? repair->badges + count : NULL;
}

static struct message *build_repaired(const struct message_draft *draft)
{
    struct message_draft fixed = *draft;
    struct repair repair = {.scratch = xmalloc(3 * texts_size(draft) + 1)};
    repair.at = repair.scratch;
    for (size_t i = 0; i < ARRAY_LENGTH(text_fields); i++)
        repair_text(&repair, field_at(&fixed, i));
    repair_badges(&repair, &fixed.author, image_count(draft));
    repair_emotes(&repair, &fixed, draft->text);
    bool is_valid;
    struct message *message = build(&fixed, &is_valid);
    assert(is_valid);
    free(repair.scratch);
    free(repair.badges);
    free(repair.emotes);
    return message;
}

struct message *message_create(const struct message_draft *draft)
{
    bool is_valid;
    struct message *message = build(draft, &is_valid);
    if (!is_valid) {
        free(holder_of(message));
        message = build_repaired(draft);
    }
    if (draft->detail) {
        json_incref((json_t *)draft->detail);
        holder_of(message)->detail_text = json_dumps(draft->detail, JSON_COMPACT);
    }
    return message;
}

struct message *message_ref(struct message *message)
{
    atomic_fetch_add_explicit(&holder_of(message)->references, 1, memory_order_relaxed);
    return message;
}

void message_unref(struct message *message)
{
    if (!message)
        return;
    struct holder *holder = holder_of(message);
    if (atomic_fetch_sub_explicit(&holder->references, 1, memory_order_acq_rel) != 1)
        return;
    json_decref((json_t *)message->is.detail);
    free(holder->detail_text);
    free(holder);
}

void message_stamp(struct message *message, uint64_t id, int64_t received_ms)
{
    assert(message->id == 0 && id != 0);
    message->id = id;
    message->received_ms = received_ms;
}

int64_t message_time_ms(const struct message *message)
{
    return message->is.time_ms ? message->is.time_ms : message->received_ms;
}

bool message_is_control(const struct message *message)
{
    return message->is.kind >= MESSAGE_EDIT;
}
