#include "relay/question_rich.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/utf8.h"
#include "chat/message.h"
#include "relay/questions.h"
#include "relay/text_key.h"

/* How many bytes of the message without emotes stand before the question, spaces at their end not counted. */
static bool find_prefix(const struct message *message, struct str asked, size_t *prefix)
{
    struct buffer plain = {0};
    text_key_add_plain(&plain, message);
    bool is_found = asked.len > 0 && asked.len <= plain.len;
    size_t at = is_found ? plain.len - asked.len : 0;
    while (is_found && memcmp(plain.data + at, asked.data, asked.len) != 0) {
        is_found = at > 0;
        at -= is_found;
    }
    while (at > 0 && plain.data[at - 1] == ' ')
        at--;
    buffer_fini(&plain);
    *prefix = at;
    return is_found;
}

/* The emote that begins at this byte; only those that stand in order, as text_key_add_plain() takes them. */
static const struct emote *find_emote(const struct message *message, size_t at)
{
    for (size_t i = 0; i < message->is.emote_count; i++) {
        const struct emote *emote = &message->is.emotes[i];
        if (emote->from == at && emote->to > at && emote->to <= message->is.text.len)
            return emote;
    }
    return NULL;
}

/* The first byte of the message behind so many that are no emote. */
static size_t skip_prefix(const struct message *message, size_t prefix)
{
    size_t at = 0;
    while (prefix > 0 && at < message->is.text.len) {
        const struct emote *emote = find_emote(message, at);
        at = emote ? emote->to : at + 1;
        prefix -= !emote;
    }
    return at;
}

static void add_member(struct buffer *out, const char *key, struct str text)
{
    if (text.len == 0)
        return;
    buffer_printf(out, ",\"%s\":", key);
    buffer_add_json(out, text.data, text.len);
}

static void add_emote(struct buffer *out, const struct emote *emote, size_t from, size_t to)
{
    buffer_printf(out, "%s{\"from\":%zu,\"to\":%zu", out->len > 1 ? "," : "", from, to);
    add_member(out, "id", emote->id);
    add_member(out, "name", emote->name);
    add_member(out, "url", emote->url);
    buffer_add_char(out, '}');
}

static bool is_space(uint32_t c)
{
    return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0x2028 || c == 0x2029;
}

bool question_take_rich(const struct message *message, struct str asked, char **text, char **emotes)
{
    struct str from = message->is.text;
    struct buffer clean = {0}, list = {0};
    size_t prefix;
    if (message->is.emote_count == 0 || !find_prefix(message, asked, &prefix))
        return false;
    buffer_add_char(&list, '[');
    bool wants_space = false;
    for (size_t at = skip_prefix(message, prefix), size; at < from.len; at += size) {
        const struct emote *emote = find_emote(message, at);
        uint32_t c = utf8_decode(from.data + at, from.len - at, &size);
        size = emote ? emote->to - at : size;
        if (!emote && is_space(c)) {
            wants_space = clean.len > 0;
            continue;
        }
        if (clean.len + size + 1 > QUESTION_TEXT_BYTES_MAX)
            break;
        if (wants_space)
            buffer_add_char(&clean, ' ');
        wants_space = false;
        if (emote)
            add_emote(&list, emote, clean.len, clean.len + size);
        buffer_add(&clean, from.data + at, size);
    }
    buffer_add_char(&list, ']');
    bool is_rich = list.len > 2;
    *text = is_rich ? buffer_take(&clean) : NULL;
    *emotes = is_rich ? buffer_take(&list) : NULL;
    buffer_fini(&clean);
    buffer_fini(&list);
    return is_rich;
}
