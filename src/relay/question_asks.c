#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "chat/message.h"
#include "relay/question_rich.h"
#include "relay/questions_private.h"

static char *copy(struct str text)
{
    return xstrndup(text.data ? text.data : "", text.len);
}

static struct question_platform *get_platform(struct question *question, const char *name)
{
    size_t at = 0;
    while (at < question->platform_count && strcmp(question->platforms[at].name, name) < 0)
        at++;
    if (at < question->platform_count && strcmp(question->platforms[at].name, name) == 0)
        return &question->platforms[at];
    question->platforms =
        xreallocarray(question->platforms, question->platform_count + 1, sizeof(*question->platforms));
    memmove(question->platforms + at + 1, question->platforms + at,
            (question->platform_count++ - at) * sizeof(*question->platforms));
    question->platforms[at] = (struct question_platform){.name = xstrdup(name)};
    return &question->platforms[at];
}

void question_count_more(struct question *question, const char *platform, int64_t more, int64_t spill)
{
    struct question_platform *known = get_platform(question, platform);
    known->more = more < 0 && known->more < (uint64_t)-more ? 0 : known->more + (uint64_t)more;
    known->spill = spill < 0 && known->spill < (uint64_t)-spill ? 0 : known->spill + (uint64_t)spill;
}

void question_recount(struct question *question)
{
    for (size_t i = 0; i < question->platform_count; i++)
        question->platforms[i].count = question->platforms[i].more;
    for (size_t i = 0; i < question->ask_count; i++)
        get_platform(question, question->asks[i].platform)->count++;
    size_t kept = 0;
    question->count = 0;
    for (size_t i = 0; i < question->platform_count; i++) {
        struct question_platform platform = question->platforms[i];
        question->count += platform.count;
        if (platform.count + platform.spill > 0) {
            question->platforms[kept++] = platform;
        } else {
            free(platform.name);
        }
    }
    question->platform_count = kept;
}

void question_add_ask(struct question *question, const struct message *message, struct str text)
{
    char *name = copy(message->is.platform);
    struct question_platform *platform = get_platform(question, name);
    free(name);
    question->count++;
    platform->count++;
    if (question->ask_count == QUESTION_ASKS_MAX) {
        platform->more++;
        return;
    }
    char *rich = NULL, *emotes = NULL;
    question_take_rich(message, text, &rich, &emotes);
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
        .author_avatar = copy(message->is.author.avatar),
        .author_roles = message->is.author.roles,
        .text = question_clean_text(text),
        .rich = rich ? rich : xstrdup(""),
        .emotes = emotes ? emotes : xstrdup(""),
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
    same.author_avatar = xstrdup(ask->author_avatar);
    same.text = xstrdup(ask->text);
    same.rich = xstrdup(ask->rich);
    same.emotes = xstrdup(ask->emotes);
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
    free(ask->author_avatar);
    free(ask->text);
    free(ask->rich);
    free(ask->emotes);
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
