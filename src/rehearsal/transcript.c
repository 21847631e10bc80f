#include "rehearsal/transcript.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"

enum { FILE_BYTES_MAX = 256 << 20, EMOTES_MAX = 64 };

struct transcript {
    struct transcript_line *lines;
    size_t count, capacity;
};

/* --- Reading --- */

/* The same as another platform's; the room that it names is not one there. */
static struct message *disguise(struct message *message, const char *platform)
{
    struct message_draft draft = message->is;
    draft.platform = str_from(platform);
    draft.source = (struct str){0};
    struct message *other = message_create(&draft);
    message_unref(message);
    return other;
}

static bool add_line(struct transcript *transcript, const char *text, size_t len, const char *as, struct error *err)
{
    json_t *object = json_parse(text, len, err);
    if (!object)
        return false;
    int64_t at_ms = json_get_int(object, "at_ms", -1);
    struct message *message = message_from_json(object, err);
    json_decref(object);
    if (!message)
        return false;
    if (at_ms < 0 || message->is.platform.len == 0) {
        message_unref(message);
        return error_set(err, ERROR_DATA, at_ms < 0 ? "at_ms: expected milliseconds from the start of the show"
                                                    : "platform: expected a word, such as \"twitch\"");
    }
    if (as)
        message = disguise(message, as);
    if (transcript->count == transcript->capacity) {
        transcript->capacity = transcript->capacity ? 2 * transcript->capacity : 64;
        transcript->lines = xreallocarray(transcript->lines, transcript->capacity, sizeof(*transcript->lines));
    }
    transcript->lines[transcript->count] = (struct transcript_line){at_ms, message, transcript->count};
    transcript->count++;
    return true;
}

/* Lines of the same moment keep their order. */
static int compare(const void *a, const void *b)
{
    const struct transcript_line *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return x->place < y->place ? -1 : 1;
}

static bool read_lines(struct transcript *transcript, const struct buffer *file, const char *as, struct error *err)
{
    const char *at = file->data, *end = file->data + file->len;
    for (size_t number = 1; at < end; number++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline ? newline : end) - at);
        size_t skip = 0;
        while (skip < len && strchr(" \t\r", at[skip]))
            skip++;
        if (skip < len && at[skip] != '#' && !add_line(transcript, at + skip, len - skip, as, err))
            return error_prefix(err, "line %zu", number);
        at += len + 1;
    }
    return transcript->count > 0 || error_set(err, ERROR_DATA, "there is no message in it");
}

struct transcript *transcript_load(const char *path, const char *as, struct error *err)
{
    struct transcript *transcript = xcalloc(1, sizeof(*transcript));
    struct buffer file = {0};
    bool ok = file_read(path, FILE_BYTES_MAX, &file, err);
    if (ok && !read_lines(transcript, &file, as, err))
        ok = error_prefix(err, "%s", path);
    buffer_fini(&file);
    if (!ok) {
        transcript_destroy(transcript);
        return NULL;
    }
    qsort(transcript->lines, transcript->count, sizeof(*transcript->lines), compare);
    return transcript;
}

void transcript_destroy(struct transcript *transcript)
{
    if (!transcript)
        return;
    for (size_t i = 0; i < transcript->count; i++)
        message_unref(transcript->lines[i].message);
    free(transcript->lines);
    free(transcript);
}

const struct transcript_line *transcript_at(const struct transcript *transcript, size_t index)
{
    return index < transcript->count ? &transcript->lines[index] : NULL;
}

const char *transcript_room(const struct transcript *transcript, const char *platform)
{
    for (size_t i = 0; i < transcript->count; i++) {
        const struct message_draft *is = &transcript->lines[i].message->is;
        const char *colon = is->source.len ? memchr(is->source.data, ':', is->source.len) : NULL;
        if (colon && str_equal(is->platform, str_from(platform)))
            return colon + 1;
    }
    return NULL;
}

bool transcript_has(const struct transcript *transcript, const char *platform)
{
    for (size_t i = 0; i < transcript->count; i++) {
        if (str_equal(transcript->lines[i].message->is.platform, str_from(platform)))
            return true;
    }
    return false;
}

/* --- Ids --- */

static uint64_t hash_word(const char *word, size_t len, uint64_t pass, uint64_t salt)
{
    const struct hash_key key = {{pass, salt}};
    return hash_bytes(&key, word, len);
}

void transcript_hash_word(const char *word, size_t len, uint64_t pass, uint64_t *a, uint64_t *b)
{
    *a = hash_word(word, len, pass, 1);
    *b = hash_word(word, len, pass, 2);
}

bool transcript_keep_id(bool has_form, const char *word, size_t len, uint64_t pass, char id[TRANSCRIPT_ID_BYTES])
{
    if (!has_form || pass != 0 || len >= TRANSCRIPT_ID_BYTES)
        return false;
    memcpy(id, word, len);
    id[len] = '\0';
    return true;
}

void transcript_plain_id(const char *word, size_t len, uint64_t pass, char id[TRANSCRIPT_ID_BYTES])
{
    uint64_t a, b;
    transcript_hash_word(word, len, pass, &a, &b);
    if (!transcript_keep_id(true, word, len, pass, id))
        snprintf(id, TRANSCRIPT_ID_BYTES, "%016llx%016llx", (unsigned long long)a, (unsigned long long)b);
}

void transcript_make_uuid(const char *word, size_t len, uint64_t pass, char id[TRANSCRIPT_ID_BYTES])
{
    bool is_uuid = len == 36 && word[8] == '-' && word[13] == '-' && word[18] == '-' && word[23] == '-';
    uint64_t a, b;
    if (transcript_keep_id(is_uuid, word, len, pass, id))
        return;
    transcript_hash_word(word, len, pass, &a, &b);
    snprintf(id, TRANSCRIPT_ID_BYTES, "%08x-%04x-4%03x-a%03x-%012llx", (unsigned)(a >> 32), (unsigned)(a >> 16) & 0xffff,
             (unsigned)a & 0xfff, (unsigned)(b >> 52), (unsigned long long)(b & 0xffffffffffff));
}

static struct str map_id(const struct transcript_form *form, struct str word, uint64_t pass, char id[TRANSCRIPT_ID_BYTES])
{
    if (word.len == 0)
        return word;
    (form->make_id ? form->make_id : transcript_plain_id)(word.data, word.len, pass, id);
    return str_from(id);
}

/* Also what a platform names in `detail`. The caller calls json_decref(). */
static json_t *map_detail(const struct transcript_form *form, const struct message_draft *draft, uint64_t pass)
{
    const char *word = form->detail_id ? json_get_text(draft->detail, form->detail_id) : NULL;
    if (!word)
        return NULL;
    char id[TRANSCRIPT_ID_BYTES];
    map_id(form, str_from(word), pass, id);
    json_t *detail = json_copy((json_t *)draft->detail);
    json_object_set_new(detail, form->detail_id, json_string(id));
    return detail;
}

struct message *transcript_stamp(const struct message *line, const struct transcript_form *form, uint64_t pass, int64_t now_ms)
{
    char ids[3][TRANSCRIPT_ID_BYTES], word[64];
    struct message_draft draft = line->is;
    if (draft.native_id.len == 0) {  // a line without a name of its own
        snprintf(word, sizeof(word), "%p at %lld", (const void *)line, (long long)now_ms);
        draft.native_id = str_from(word);
    }
    draft.native_id = map_id(form, draft.native_id, pass, ids[0]);
    draft.target.native_id = map_id(form, draft.target.native_id, pass, ids[1]);
    draft.reply_to.native_id = map_id(form, draft.reply_to.native_id, pass, ids[2]);
    draft.event_key = draft.native_id;
    draft.time_ms = now_ms;
    json_t *detail = map_detail(form, &draft, pass);
    if (detail)
        draft.detail = detail;
    struct message *message = message_create(&draft);
    json_decref(detail);
    return message;
}

/* --- Load --- */

static const struct message *nth_chat(const struct transcript *transcript, const char *platform, uint64_t number)
{
    size_t count = 0;
    for (int round = 0; round < 2; round++) {
        size_t seen = 0;
        for (size_t i = 0; i < transcript->count; i++) {
            const struct message *message = transcript->lines[i].message;
            if (message->is.kind != MESSAGE_CHAT || !str_equal(message->is.platform, str_from(platform)))
                continue;
            if (round == 1 && seen == number % count)
                return message;
            seen++;
        }
        count = seen;
        if (count == 0)
            return NULL;
    }
    return NULL;
}

struct message *transcript_make(const struct transcript *transcript, const char *platform, uint64_t number)
{
    const struct message *model = nth_chat(transcript, platform, number);
    if (!model)
        return NULL;
    struct message_draft draft = model->is;
    struct emote emotes[EMOTES_MAX];
    struct buffer text = {0};
    buffer_printf(&text, "#%llu ", (unsigned long long)number);
    size_t shift = text.len;
    buffer_add(&text, draft.text.data, draft.text.len);
    draft.emote_count = draft.emote_count < EMOTES_MAX ? draft.emote_count : EMOTES_MAX;
    for (size_t i = 0; i < draft.emote_count; i++) {
        emotes[i] = model->is.emotes[i];
        emotes[i].from += (uint32_t)shift;
        emotes[i].to += (uint32_t)shift;
    }
    draft.emotes = emotes;
    draft.text = (struct str){text.data, text.len};
    char word[32];
    snprintf(word, sizeof(word), "load%llu", (unsigned long long)number);
    draft.native_id = str_from(word);
    draft.reply_to.native_id = draft.reply_to.author = draft.reply_to.text = (struct str){0};
    draft.is_history = false;
    struct message *message = message_create(&draft);
    buffer_fini(&text);
    return message;
}
