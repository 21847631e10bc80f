#include "relay/poll_chat.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "relay/polls.h"
#include "relay/vote_words.h"

static struct str trim(struct str text)
{
    size_t size;
    while (text.len > 0 && u_isUWhiteSpace((UChar32)utf8_decode(text.data, text.len, &size))) {
        text.data += size;
        text.len -= size;
    }
    for (size_t at; text.len > 0; text.len = at) {
        at = utf8_cut(text.data, text.len - 1);
        if (!u_isUWhiteSpace((UChar32)utf8_decode(text.data + at, text.len - at, &size)))
            break;
    }
    return text;
}

bool poll_chat_is_end(struct str words)
{
    // As text_key.h leaves them.
    static const char *const ends[] = {"end", "stop", "close", "fin", "ende", "cerrar", "پایان", "انهاء", "结束", "终了"};
    char *key = vote_key(trim(words));
    bool is_end = false;
    for (size_t i = 0; i < ARRAY_LENGTH(ends) && !is_end; i++)
        is_end = strcmp(key, ends[i]) == 0;
    free(key);
    return is_end;
}

/* Up to the next bar of either width, which is taken as well. */
static struct str take_part(struct str *rest)
{
    size_t size = 0, at = 0;
    for (; at < rest->len; at += size) {
        uint32_t c = utf8_decode(rest->data + at, rest->len - at, &size);
        if (c == '|' || c == 0xff5c)
            break;
    }
    struct str part = {rest->data, at};
    size_t used = at < rest->len ? at + size : at;
    rest->data += used;
    rest->len -= used;
    return trim(part);
}

/* "60 Next game?": digits of any script, a space behind them. */
static int64_t take_seconds(struct str *question)
{
    int64_t seconds = 0;
    size_t at = 0, size;
    while (at < question->len) {
        UChar32 c = (UChar32)utf8_decode(question->data + at, question->len - at, &size);
        if (u_charDigitValue(c) < 0 || seconds > POLL_SECONDS_MAX)
            break;
        seconds = seconds * 10 + u_charDigitValue(c);
        at += size;
    }
    bool is_time = at > 0 && at < question->len && question->data[at] == ' ';
    if (!is_time)
        return 0;
    *question = trim((struct str){question->data + at, question->len - at});
    return seconds;
}

bool poll_chat_read(struct str words, struct poll_draft *draft, struct error *err)
{
    *draft = (struct poll_draft){.question = take_part(&words)};
    draft->seconds = take_seconds(&draft->question);
    while (words.len > 0) {
        struct str option = take_part(&words);
        if (option.len == 0)
            continue;
        if (draft->option_count < VOTE_OPTIONS_MAX)
            draft->options[draft->option_count] = option;
        draft->option_count++;
    }
    if (draft->question.len == 0 || draft->option_count == 0)
        return error_set(err, ERROR_DATA, "write it so: !poll Next game? | Chess | Go; or !poll end");
    return true;
}
