#include "relay/question_reading.h"

#include "base/utf8.h"
#include "relay/letters.h"

/* Where we are in the text, besides what the reading itself holds. */
struct reader {
    struct question_reading *reading;
    uint64_t hash;
    size_t from;          // of the word that is being read
    bool in_word, in_token;  // a token is what stands between spaces: "what's", "a.example/?v=1"
    bool is_address, is_called, opens;
    uint32_t before;
    size_t marks_at;      // spoken letters when the last mark came
};

static bool is_space(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029;
}

static bool is_ascii_word(uint32_t c)
{
    return ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9') || c == '=' || c == '&';
}

/* The same steps as question_words_hash(). */
static uint64_t add_to_hash(uint64_t hash, uint32_t letter)
{
    return (hash ^ letter) * UINT64_C(0x9e3779b97f4a7c15) ^ hash >> 29;
}

static void end_word(struct reader *reader)
{
    struct question_reading *reading = reader->reading;
    if (!reader->in_word)
        return;
    reader->in_word = false;
    if (reading->word_count < READING_WORDS_MAX)
        reading->words[reading->word_count++] = (struct reading_word){
            reader->hash, (uint16_t)reader->from, (uint16_t)reading->letter_count, reader->opens, reader->is_called};
    reader->opens = false;
}

static void add_letter(struct reader *reader, uint32_t letter)
{
    struct question_reading *reading = reader->reading;
    if (reading->letter_count + 1 >= READING_LETTERS_MAX || reader->is_address) {
        end_word(reader);
        return;
    }
    if (!reader->in_word) {
        if (reading->letter_count > 0)
            reading->letters[reading->letter_count++] = ' ';
        reader->in_word = true;
        reader->from = reading->letter_count;
        reader->hash = 0;
    }
    reading->letters[reading->letter_count++] = letter;
    reader->hash = add_to_hash(reader->hash, letter);
}

/* Letters by which Persian, Arabic and Urdu differ, as they were typed. */
static void note_arabic(struct question_reading *reading, uint32_t c)
{
    switch (c) {
    case 0x067e: case 0x0686: case 0x0698: case 0x06af: reading->persian += reading->persian < 200; break;
    case 0x0629: case 0x0649: case 0x0623: case 0x0625: case 0x0643: case 0x064a: reading->arabic += reading->arabic < 200; break;
    case 0x0679: case 0x0688: case 0x0691: case 0x06ba: case 0x06d2: case 0x06be: case 0x06c1: reading->urdu += reading->urdu < 200; break;
    default: break;
    }
}

/*
 * A mark counts at the end of a word ("what?", "why?!"), never inside one: "https://a.example/?v=1" asks nothing.
 * Scripts without spaces put it between words, and they have no addresses.
 */
static void note_mark(struct reader *reader, uint32_t c, uint32_t next)
{
    if (reader->is_address || (c == '?' && is_ascii_word(next)))
        return;
    reader->reading->mark = MARK_INSIDE;
    reader->marks_at = reader->reading->spoken;
}

static void take(struct reader *reader, uint32_t c, uint32_t next, size_t end)
{
    struct question_reading *reading = reader->reading;
    if (is_space(c)) {
        end_word(reader);
        reader->is_address = reader->is_called = reader->in_token = false;
        reader->before = c;
        return;
    }
    if (!reader->in_token && c == '@')
        reader->is_called = true;
    reader->in_token = true;
    reading->end = end;
    reading->last = c;
    uint32_t letter = letter_fold(c);
    if (letter == ' ') {
        end_word(reader);
        if (c == '/' && reader->before == '/')
            reader->is_address = reading->has_address = true;
        if (letter_is_question_mark(c))
            note_mark(reader, c, next);
        reader->opens |= c != '-' && c != '@' && c != '_' && c != '#';
    } else if (letter != 0) {
        reading->spoken += letter > '9' || letter < '0';
        reading->has_dense |= letter >= 0xe01 && letter_is_dense(letter);
        reading->has_greek |= c >= 0x370 && c < 0x400;
        if (c >= 0x600 && c < 0x700)
            note_arabic(reading, c);
        add_letter(reader, letter);
    }
    reader->before = c;
}

void question_reading_fill(struct question_reading *reading, struct str text)
{
    reading->letter_count = reading->word_count = reading->spoken = reading->end = 0;
    reading->mark = MARK_NONE;
    reading->last = 0;
    reading->has_dense = reading->has_greek = reading->has_address = false;
    reading->persian = reading->arabic = reading->urdu = 0;
    struct reader reader = {.reading = reading, .before = ' ', .opens = true};
    for (size_t i = 0, size; i < text.len; i += size) {
        unsigned char first = (unsigned char)text.data[i];
        uint32_t c = first;
        size = 1;
        if (first >= 0x80)
            c = utf8_decode(text.data + i, text.len - i, &size);
        unsigned char next = i + size < text.len ? (unsigned char)text.data[i + size] : ' ';
        take(&reader, c, next, i + size);
    }
    end_word(&reader);
    if (reading->mark == MARK_INSIDE && reader.marks_at == reading->spoken)
        reading->mark = MARK_END;
}
