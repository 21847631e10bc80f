#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "chat/message.h"
#include "relay/questions_private.h"

static char *copy(struct str text)
{
    return xstrndup(text.data ? text.data : "", text.len);
}

static void add_platform(struct question *question, const char *name, uint64_t count)
{
    question->platforms =
        xreallocarray(question->platforms, question->platform_count + 1, sizeof(*question->platforms));
    size_t at = question->platform_count++;
    for (; at > 0 && strcmp(question->platforms[at - 1].name, name) > 0; at--)
        question->platforms[at] = question->platforms[at - 1];
    question->platforms[at] = (struct question_platform){xstrdup(name), count};
}

static void remove_platform(struct question *question, size_t at)
{
    free(question->platforms[at].name);
    memmove(question->platforms + at, question->platforms + at + 1,
            (--question->platform_count - at) * sizeof(*question->platforms));
}

void question_count_platform(struct question *question, const char *platform, int64_t by)
{
    for (size_t i = 0; i < question->platform_count; i++) {
        struct question_platform *known = &question->platforms[i];
        if (strcmp(known->name, platform) != 0)
            continue;
        known->count = by < 0 && known->count < (uint64_t)-by ? 0 : known->count + (uint64_t)by;
        if (known->count == 0)
            remove_platform(question, i);
        return;
    }
    if (by > 0)
        add_platform(question, platform, (uint64_t)by);
}

void question_add_ask(struct question *question, const struct message *message, struct str text)
{
    question->count++;
    char *platform = copy(message->is.platform);
    question_count_platform(question, platform, 1);
    free(platform);
    if (question->ask_count == QUESTION_ASKS_MAX)
        return;
    question->asks = xreallocarray(question->asks, question->ask_count + 1, sizeof(*question->asks));
    question->asks[question->ask_count++] = (struct question_ask){
        .message = message->id,
        .asked_ms = message->is.time_ms ? message->is.time_ms : message->received_ms,
        .platform = copy(message->is.platform),
        .source = copy(message->is.source),
        .native_id = copy(message->is.native_id),
        .author_id = copy(message->is.author.id),
        .author_name = copy(message->is.author.name.len ? message->is.author.name : message->is.author.login),
        .author_color = copy(message->is.author.color),
        .text = question_clean_text(text),
    };
}

struct question_ask question_copy_ask(const struct question_ask *ask)
{
    struct question_ask same = *ask;
    same.platform = xstrdup(ask->platform);
    same.source = xstrdup(ask->source);
    same.native_id = xstrdup(ask->native_id);
    same.author_id = xstrdup(ask->author_id);
    same.author_name = xstrdup(ask->author_name);
    same.author_color = xstrdup(ask->author_color);
    same.text = xstrdup(ask->text);
    return same;
}

void question_ask_fini(struct question_ask *ask)
{
    free(ask->platform);
    free(ask->source);
    free(ask->native_id);
    free(ask->author_id);
    free(ask->author_name);
    free(ask->author_color);
    free(ask->text);
    *ask = (struct question_ask){0};
}

bool question_has_author(const struct question *question, struct str platform, struct str author_id)
{
    for (size_t i = 0; i < question->ask_count; i++) {
        if (str_equal(str_from(question->asks[i].author_id), author_id) &&
            str_equal(str_from(question->asks[i].platform), platform))
            return true;
    }
    return false;
}

char *question_clean_text(struct str text)
{
    struct buffer clean = {0};
    bool wants_space = false;
    for (size_t i = 0, size; i < text.len; i += size) {
        uint32_t c = utf8_decode(text.data + i, text.len - i, &size);
        if (c <= 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0x2028 || c == 0x2029) {
            wants_space = clean.len > 0;
            continue;
        }
        if (clean.len + size + 1 > QUESTION_TEXT_BYTES_MAX)
            break;
        if (wants_space)
            buffer_add_char(&clean, ' ');
        wants_space = false;
        buffer_add(&clean, text.data + i, size);
    }
    return buffer_take(&clean);
}
