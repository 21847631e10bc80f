#include "relay/message_language.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "chat/message.h"
#include "relay/language_guess.h"
#include "relay/question_reading.h"
#include "relay/question_words.h"

/* Scripts whose languages share most short words, and who reads them. */
static const struct {
    const char *tag, *languages;
    uint32_t first, last;
} scripts[] = {
    {"und-Arab", " ar fa ur ps ckb ug sd ", 0x0620, 0x06d3},
    {"und-Cyrl", " ru uk bg sr mk be kk ky ", 0x0400, 0x052f},
};

/* Of a greeting alone the script is known. */
static const char *script_of(struct str text)
{
    for (size_t at = 0, size; at < text.len; at += size) {
        uint32_t c = utf8_decode(text.data + at, text.len - at, &size);
        for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++) {
            if (c >= scripts[i].first && c <= scripts[i].last)
                return scripts[i].tag;
        }
    }
    return "und";
}

void message_language(const struct message *message, char language[MESSAGE_LANGUAGE_BYTES])
{
    struct question_reading reading;
    question_reading_fill(&reading, message->is.text);
    const char *guess = language_guess(question_words_borrow(), &reading, message->is.text);
    snprintf(language, MESSAGE_LANGUAGE_BYTES, "%s", *guess ? guess : script_of(message->is.text));
    question_words_give_back();
}

/* Who reads Persian is shown "سلام", which may be Persian. */
static bool may_be(struct str wanted, const char *language)
{
    char word[MESSAGE_LANGUAGE_BYTES];
    for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++) {
        if (strcmp(scripts[i].tag, language) != 0)
            continue;
        size_t len = 0;
        while (len < wanted.len && wanted.data[len] != '-')
            len++;
        snprintf(word, sizeof(word), " %.*s ", (int)(len < 8 ? len : 8), wanted.data);
        return strstr(scripts[i].languages, word) != NULL;
    }
    return false;
}

bool language_matches(struct str wanted, const char *language)
{
    if (may_be(wanted, language))
        return true;
    struct str given = str_from(language);
    if (str_equal(wanted, given))
        return true;
    struct str shorter = wanted.len < given.len ? wanted : given, longer = wanted.len < given.len ? given : wanted;
    return shorter.len > 0 && shorter.len < longer.len && str_starts_with(longer, shorter) && longer.data[shorter.len] == '-';
}
