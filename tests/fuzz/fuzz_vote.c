/*
 * Any text as a vote in polls of ten options in two languages, and as what stands behind "!poll": an option that is there or
 * none, the same each time, and drafts within their bounds. Parsers: relay/vote.c, vote_words.c, poll_chat.c.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "relay/poll_chat.h"
#include "relay/polls.h"
#include "relay/vote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vote_options *words(void)
{
    static const struct str first[] = {STR("Chess"), STR("Café"), STR("3"), STR("🍎"), STR("green tea"), STR("no"), STR("B"), STR("7"),
        STR("x"), STR("black")};
    static const struct str second[] = {STR("شطرنج"), STR("کافه"), STR("三"), STR(""), STR("绿茶"), STR("نه"), STR(""), STR("ชา"), STR("चाय"),
        STR("")};
    static struct vote_options made;
    if (made.count == 0)
        vote_options_init(&made, first, second, ARRAY_LENGTH(first));
    return &made;
}

/* Each line is a text by itself. */
static void read_line(struct str text)
{
    static struct vote_memo memo;
    int option = vote_parse(words(), text);
    if (option < -1 || option >= VOTE_OPTIONS_MAX)
        abort();
    if (vote_parse_memo(words(), &memo, text) != option || vote_parse_memo(words(), &memo, text) != option)
        abort();
    struct poll_draft draft;
    struct error err = {0};
    poll_chat_is_end(text);
    if (poll_chat_read(text, &draft, &err) && (draft.question.len == 0 || draft.seconds < 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    // Texts of messages are valid UTF-8.
    char *text = xmalloc(size * 3 + 1);
    size_t len = utf8_repair((const char *)data, size, text);
    for (size_t from = 0, at = 0; at <= len; at++) {
        if (at < len && text[at] != '\n')
            continue;
        read_line((struct str){text + from, at - from});
        from = at + 1;
    }
    free(text);
    return 0;
}
