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

static bool add_line(struct transcript *transcript, const char *text, size_t len, struct error *err)
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

static bool read_lines(struct transcript *transcript, const struct buffer *file, struct error *err)
{
    const char *at = file->data, *end = file->data + file->len;
    for (size_t number = 1; at < end; number++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline ? newline : end) - at);
        size_t skip = 0;
        while (skip < len && strchr(" \t\r", at[skip]))
            skip++;
        if (skip < len && at[skip] != '#' && !add_line(transcript, at + skip, len - skip, err))
            return error_prefix(err, "line %zu", number);
        at += len + 1;
    }
    return transcript->count > 0 || error_set(err, ERROR_DATA, "there is no message in it");
}

struct transcript *transcript_load(const char *path, struct error *err)
{
    struct transcript *transcript = xcalloc(1, sizeof(*transcript));
    struct buffer file = {0};
    bool ok = file_read(path, FILE_BYTES_MAX, &file, err);
    if (ok && !read_lines(transcript, &file, err))
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

static bool is_uuid(const char *word, size_t len)
{
    return len == 36 && word[8] == '-' && word[13] == '-' && word[18] == '-' && word[23] == '-';
}

/* Twitch: a UUID of version 4. YouTube: what stands behind "LCC." looks like base64 of a small protobuf. */
void transcript_make_id(const char *platform, const char *word, size_t len, uint64_t pass, char id[TRANSCRIPT_ID_BYTES])
{
    bool is_twitch = strcmp(platform, "twitch") == 0;
    bool has_form = is_twitch ? is_uuid(word, len) : len > 4 && len < TRANSCRIPT_ID_BYTES && strncmp(word, "LCC.", 4) == 0;
    if (has_form && pass == 0) {
        memcpy(id, word, len);
        id[len] = '\0';
        return;
    }
    const struct hash_key first = {{pass, 1}}, second = {{pass, 2}};
    uint64_t a = hash_bytes(&first, word, len), b = hash_bytes(&second, word, len);
    if (is_twitch)
        snprintf(id, TRANSCRIPT_ID_BYTES, "%08x-%04x-4%03x-a%03x-%012llx", (unsigned)(a >> 32), (unsigned)(a >> 16) & 0xffff,
                 (unsigned)a & 0xfff, (unsigned)(b >> 52), (unsigned long long)(b & 0xffffffffffff));
    else
        snprintf(id, TRANSCRIPT_ID_BYTES, "LCC.EhwKGkN%016llx%012llx", (unsigned long long)a,
                 (unsigned long long)(b & 0xffffffffffff));
}

static struct str map_id(const struct message_draft *draft, struct str word, uint64_t pass, char id[TRANSCRIPT_ID_BYTES])
{
    if (word.len == 0)
        return word;
    char platform[32];
    snprintf(platform, sizeof(platform), "%.*s", (int)draft->platform.len, draft->platform.data);
    transcript_make_id(platform, word.data, word.len, pass, id);
    return str_from(id);
}

/* A gift batch of YouTube is named by the id of its first message. The caller calls json_decref(). */
static json_t *map_detail(const struct message_draft *draft, uint64_t pass)
{
    const char *batch = json_get_text(draft->detail, "batch");
    if (!batch || !str_equal(draft->platform, STR("youtube")))
        return NULL;
    char id[TRANSCRIPT_ID_BYTES];
    transcript_make_id("youtube", batch, strlen(batch), pass, id);
    json_t *detail = json_copy((json_t *)draft->detail);
    json_object_set_new(detail, "batch", json_string(id));
    return detail;
}

struct message *transcript_stamp(const struct message *line, uint64_t pass, int64_t now_ms)
{
    char ids[3][TRANSCRIPT_ID_BYTES], word[64];
    struct message_draft draft = line->is;
    if (draft.native_id.len == 0) {  // a line without a name of its own
        snprintf(word, sizeof(word), "%p at %lld", (const void *)line, (long long)now_ms);
        draft.native_id = str_from(word);
    }
    draft.native_id = map_id(&draft, draft.native_id, pass, ids[0]);
    draft.target.native_id = map_id(&draft, draft.target.native_id, pass, ids[1]);
    draft.reply_to.native_id = map_id(&draft, draft.reply_to.native_id, pass, ids[2]);
    draft.event_key = draft.native_id;
    draft.time_ms = now_ms;
    json_t *detail = map_detail(&draft, pass);
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
