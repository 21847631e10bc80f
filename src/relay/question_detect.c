#include "relay/question_detect.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/utf8.h"

enum { LETTERS_MIN = 3, SPACED_WORDS_MIN = 3 };

static bool is_space(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200a);
}

/* Good enough to tell writing from noise: a letter of any script, no punctuation, symbol or emoji. */
static bool is_letter(uint32_t c)
{
    if (c < 0x80)
        return (c | 32) >= 'a' && (c | 32) <= 'z';
    return c >= 0xc0 && !(c >= 0x2000 && c < 0x2c00) && !(c >= 0x3000 && c < 0x3040) && c != 0x37e && c != 0x60c &&
           c != 0x61b && c != 0x61f && !(c >= 0xfe00 && c < 0xfe70) && !(c >= 0xff00 && c < 0xff21) && c < 0x1f000;
}

static bool is_question_mark(uint32_t c)
{
    return c == '?' || c == 0x61f || c == 0xff1f || c == 0x37e || c == 0x1367 || c == 0xa60f || c == 0x203d ||
           c == 0x2047 || c == 0x2048 || c == 0x2753 || c == 0x2754 || c == 0xfe16 || c == 0xfe56 || c == 0x55e;
}

static bool is_han_or_kana(uint32_t c)
{
    return (c >= 0x3040 && c < 0xa000) || (c >= 0x20000 && c < 0x32000) || (c >= 0xf900 && c < 0xfb00);
}

struct scan {
    size_t letters, words;
    bool has_mark, has_greek, has_dense;
    size_t end;  // behind the last thing that is no space
    uint32_t last;
};

/*
 * A mark counts at the end of a word ("what?", "why?!"), never inside one: "https://a.example/?v=1" asks nothing.
 * Scripts without spaces put it between words, and they have no addresses.
 */
static struct scan scan_text(struct str text)
{
    struct scan scan = {0};
    bool in_word = false, is_address = false;
    uint32_t before = ' ';
    for (size_t i = 0, size; i < text.len; i += size) {
        uint32_t c = utf8_decode(text.data + i, text.len - i, &size);
        if (is_space(c)) {
            in_word = is_address = false;
        } else {
            scan.words += !in_word;
            in_word = true;
            scan.end = i + size;
            scan.last = c;
        }
        if (c == '/' && before == '/')
            is_address = true;
        scan.letters += is_letter(c);
        scan.has_dense |= is_han_or_kana(c);
        scan.has_greek |= c >= 0x370 && c < 0x400 && c != 0x37e;
        if (is_question_mark(c)) {
            size_t next_size;
            uint32_t next = i + size < text.len ? utf8_decode(text.data + i + size, text.len - i - size, &next_size) : ' ';
            bool is_ascii_word = next < 0x80 && (is_letter(next) || (next >= '0' && next <= '9') || next == '=' || next == '&');
            scan.has_mark |= !is_address && !(c == '?' && is_ascii_word);
        }
        before = c;
    }
    return scan;
}

/* Words that open a question, lower case, as written. One row a language. */
static const char *const openers[] = {
    "what", "what's", "whats", "why", "how", "when", "where", "who", "which", "whose", "does", "did", "can", "could",
    "would", "will", "is", "are", "do", "have", "has", "should",
    "wer", "was", "wie", "wann", "wo", "warum", "wieso", "weshalb", "welche", "welcher", "welches", "woher", "wohin",
    "pourquoi", "comment", "quand", "où", "quel", "quelle", "quels", "combien", "est-ce", "qui",
    "qué", "por qué", "cómo", "cuándo", "dónde", "quién", "cuál", "cuánto", "porqué",
    "por que", "porque", "quando", "onde", "quem", "qual", "quanto",
    "perché", "perchè", "come", "dove", "quale", "chi",
    "что", "почему", "зачем", "когда", "где", "кто", "какой", "какая", "какие", "сколько", "откуда", "куда",
    "neden", "niçin", "nasıl", "nerede", "kim", "hangi", "kaç",
    "آیا", "ایا", "چرا", "چطور", "چگونه", "چه", "کجا", "چند", "کدام", "کدوم", "چی",
    "هل", "لماذا", "ليش", "كيف", "متى", "أين", "اين", "ماذا", "كم", "ما", "من",
    "למה", "מדוע", "איך", "מתי", "איפה", "מי", "מה", "האם", "כמה",
    "क्या", "क्यों", "कैसे", "कब", "कहाँ", "कौन", "कितना",
    "apa", "apakah", "kenapa", "mengapa", "bagaimana", "kapan", "siapa", "dimana",
    "왜", "어떻게", "언제", "어디", "누가", "무엇", "뭐",
};

/* What ends or stands in a question of a script without spaces. */
static const char *const dense_ends[] = {"嗎", "吗", "呢", "麼", "ですか", "ますか", "のか", "かな", "でしょうか", "니까", "나요", "까요", "ไหม", "หรือเปล่า"};
static const char *const dense_parts[] = {"什麼", "什么", "為什麼", "为什么", "怎麼", "怎么", "哪裡", "哪里", "哪個", "哪个", "幾點", "几点", "なぜ", "どうして", "ทำไม", "อย่างไร"};

static bool ends_with(struct str text, const char *end)
{
    size_t len = strlen(end);
    return text.len >= len && memcmp(text.data + text.len - len, end, len) == 0;
}

static bool opens_with_word(struct str text)
{
    for (size_t i = 0; i < ARRAY_LENGTH(openers); i++) {
        size_t len = strlen(openers[i]);
        if (text.len > len && strncasecmp(text.data, openers[i], len) == 0 && text.data[len] == ' ')
            return true;
    }
    return false;
}

static bool has_dense_word(struct str text)
{
    for (size_t i = 0; i < ARRAY_LENGTH(dense_ends); i++) {
        if (ends_with(text, dense_ends[i]))
            return true;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(dense_parts); i++) {
        if (memmem(text.data, text.len, dense_parts[i], strlen(dense_parts[i])))
            return true;
    }
    return false;
}

static struct str trim(struct str text)
{
    size_t size;
    while (text.len > 0 && is_space(utf8_decode(text.data, text.len, &size))) {
        text.data += size;
        text.len -= size;
    }
    text.len = scan_text(text).end;
    return text;
}

/* "!ask", "!question", "!q" with something behind it; *text becomes what is behind. */
static bool take_command(struct str *text)
{
    static const char *const commands[] = {"!ask", "!question", "!q", "!سوال", "!سؤال", "!提問", "!提问", "!問題", "!вопрос"};
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        size_t len = strlen(commands[i]);
        if (text->len > len && strncasecmp(text->data, commands[i], len) == 0 &&
            (text->data[len] == ' ' || text->data[len] == ':')) {
            *text = trim((struct str){text->data + len + 1, text->len - len - 1});
            return text->len > 0;
        }
    }
    return false;
}

struct question_hint question_detect(struct str text)
{
    text = trim(text);
    if (take_command(&text))
        return (struct question_hint){true, text};
    struct scan scan = scan_text(text);
    // Two Han or Hangul letters can ask ("誰？"); two of another script are "ok?".
    if (scan.letters < LETTERS_MIN && !(scan.has_dense && scan.letters > 0))
        return (struct question_hint){false, text};
    bool is_question = scan.has_mark || (scan.has_greek && scan.last == ';');
    if (!is_question && scan.last != '!')
        is_question = (scan.words >= SPACED_WORDS_MIN && opens_with_word(text)) || has_dense_word(text);
    return (struct question_hint){is_question, text};
}
