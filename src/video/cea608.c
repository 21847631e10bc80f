#include "video/cea608.h"

#include <glib.h>
#include <string.h>

#include "base/buffer.h"
#include "video/caption_plain.h"

enum { RCL = 0x20, RU3 = 0x26, EDM = 0x2c, CR = 0x2d, ENM = 0x2e, EOC = 0x2f, CONTROL = 0x14 };

/*
 * Where the sets differ from ASCII. The basic set has some letters in the place of signs; the special set is one code;
 * a letter of the extended sets takes the place of the letter before it, which older decoders show instead.
 */
static const struct code {
    uint16_t letter;
    uint8_t set;  // 0: basic; else the first byte
    uint8_t byte;
    char plain;   // before an extended one
} codes[] = {
    {0xe1, 0, 0x2a}, {0xe9, 0, 0x5c}, {0xed, 0, 0x5e}, {0xf3, 0, 0x5f}, {0xfa, 0, 0x60}, {0xe7, 0, 0x7b},
    {0xf7, 0, 0x7c}, {0xd1, 0, 0x7d}, {0xf1, 0, 0x7e}, {0x2588, 0, 0x7f}, {0x2019, 0, 0x27},
    {'\'', 0, 0x27},
    // special
    {0xae, 0x11, 0x30}, {0xb0, 0x11, 0x31}, {0xbd, 0x11, 0x32}, {0xbf, 0x11, 0x33}, {0x2122, 0x11, 0x34},
    {0xa2, 0x11, 0x35}, {0xa3, 0x11, 0x36}, {0x266a, 0x11, 0x37}, {0xe0, 0x11, 0x38}, {0xe8, 0x11, 0x3a},
    {0xe2, 0x11, 0x3b}, {0xea, 0x11, 0x3c}, {0xee, 0x11, 0x3d}, {0xf4, 0x11, 0x3e}, {0xfb, 0x11, 0x3f},
    // Spanish, miscellaneous, French
    {0xc1, 0x12, 0x20, 'A'}, {0xc9, 0x12, 0x21, 'E'}, {0xd3, 0x12, 0x22, 'O'}, {0xda, 0x12, 0x23, 'U'},
    {0xdc, 0x12, 0x24, 'U'}, {0xfc, 0x12, 0x25, 'u'}, {0x2018, 0x12, 0x26, '\''}, {0xa1, 0x12, 0x27, '!'},
    {'*', 0x12, 0x28, '#'}, {0x2014, 0x12, 0x2a, '-'}, {0xa9, 0x12, 0x2b, 'c'},
    {0x2120, 0x12, 0x2c, 's'}, {0x2022, 0x12, 0x2d, '.'}, {0x201c, 0x12, 0x2e, '"'}, {0x201d, 0x12, 0x2f, '"'},
    {0xc0, 0x12, 0x30, 'A'}, {0xc2, 0x12, 0x31, 'A'}, {0xc7, 0x12, 0x32, 'C'}, {0xc8, 0x12, 0x33, 'E'},
    {0xca, 0x12, 0x34, 'E'}, {0xcb, 0x12, 0x35, 'E'}, {0xeb, 0x12, 0x36, 'e'}, {0xce, 0x12, 0x37, 'I'},
    {0xcf, 0x12, 0x38, 'I'}, {0xef, 0x12, 0x39, 'i'}, {0xd4, 0x12, 0x3a, 'O'}, {0xd9, 0x12, 0x3b, 'U'},
    {0xf9, 0x12, 0x3c, 'u'}, {0xdb, 0x12, 0x3d, 'U'}, {0xab, 0x12, 0x3e, '"'}, {0xbb, 0x12, 0x3f, '"'},
    // Portuguese, German, Danish
    {0xc3, 0x13, 0x20, 'A'}, {0xe3, 0x13, 0x21, 'a'}, {0xcd, 0x13, 0x22, 'I'}, {0xcc, 0x13, 0x23, 'I'},
    {0xec, 0x13, 0x24, 'i'}, {0xd2, 0x13, 0x25, 'O'}, {0xf2, 0x13, 0x26, 'o'}, {0xd5, 0x13, 0x27, 'O'},
    {0xf5, 0x13, 0x28, 'o'}, {'{', 0x13, 0x29, '('}, {'}', 0x13, 0x2a, ')'}, {'\\', 0x13, 0x2b, '/'},
    {'^', 0x13, 0x2c, '-'}, {'_', 0x13, 0x2d, '-'}, {'|', 0x13, 0x2e, '!'}, {'~', 0x13, 0x2f, '-'},
    {0xc4, 0x13, 0x30, 'A'}, {0xe4, 0x13, 0x31, 'a'}, {0xd6, 0x13, 0x32, 'O'}, {0xf6, 0x13, 0x33, 'o'},
    {0xdf, 0x13, 0x34, 's'}, {0xa5, 0x13, 0x35, 'Y'}, {0xa4, 0x13, 0x36, 'o'}, {0xa6, 0x13, 0x37, '!'},
    {0xc5, 0x13, 0x38, 'A'}, {0xe5, 0x13, 0x39, 'a'}, {0xd8, 0x13, 0x3a, 'O'}, {0xf8, 0x13, 0x3b, 'o'},
};

static const struct code *find(uint32_t letter)
{
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        if (codes[i].letter == letter)
            return &codes[i];
    }
    return NULL;
}

/* "`" has no code in any set; 0x7f and the places that `codes` gives to others are no ASCII. */
static bool is_ascii(uint32_t letter)
{
    return letter >= 0x20 && letter < 0x7f && letter != '`';
}

bool cea608_has(uint32_t letter)
{
    return is_ascii(letter) || find(letter);
}

uint8_t cea608_parity(uint8_t byte)
{
    return (uint8_t)(byte | (__builtin_popcount(byte & 0x7f) % 2 ? 0 : 0x80));
}

/* ---- Pairs ---- */

static void add_pair(struct buffer *pairs, uint8_t first, uint8_t second)
{
    buffer_add_char(pairs, (char)first);
    buffer_add_char(pairs, (char)second);
}

/* Twice, since a decoder that lost one goes on with the other; it knows the second as the same. */
static void add_control(struct buffer *pairs, uint8_t first, uint8_t second)
{
    add_pair(pairs, first, second);
    add_pair(pairs, first, second);
}

/* An empty pair between, or a decoder would take equal letters or signs for a repetition. */
static void part_from_same(struct buffer *pairs, uint8_t first, uint8_t second)
{
    const uint8_t *last = pairs->len >= 2 ? (const uint8_t *)pairs->data + pairs->len - 2 : NULL;
    if (last && last[0] == first && last[1] == second)
        add_pair(pairs, 0, 0);
}

static void add_sign(struct buffer *pairs, uint8_t first, uint8_t second)
{
    part_from_same(pairs, first, second);
    add_control(pairs, first, second);
}

/* A letter waits for its partner; 0: none waits. */
static void flush(struct buffer *pairs, uint8_t *waiting)
{
    if (*waiting)
        add_pair(pairs, *waiting, 0);
    *waiting = 0;
}

static void add_basic(struct buffer *pairs, uint8_t *waiting, uint8_t byte)
{
    if (*waiting) {
        add_pair(pairs, *waiting, byte);
        *waiting = 0;
    } else {
        *waiting = byte;
    }
}

/* What stands for a letter that 608 does not have at all: caption_letters.c let it through because there is a plain form. */
static uint8_t plain_of(uint32_t letter)
{
    char plain[CAPTION_PLAIN_BYTES];
    uint8_t first = (uint8_t)*caption_plain(letter, plain);
    return is_ascii(first) && !find(first) ? first : ' ';
}

static void add_letter(struct buffer *pairs, uint8_t *waiting, uint32_t letter)
{
    const struct code *code = find(letter);
    if (!code) {
        add_basic(pairs, waiting, is_ascii(letter) ? (uint8_t)letter : plain_of(letter));
    } else if (code->set == 0) {
        add_basic(pairs, waiting, code->byte);
    } else {
        if (code->plain)
            add_basic(pairs, waiting, (uint8_t)code->plain);
        flush(pairs, waiting);
        add_sign(pairs, code->set, code->byte);
    }
}

void cea608_add(struct buffer *pairs, const uint32_t *letters, size_t count)
{
    uint8_t waiting = 0;
    for (size_t i = 0; i < count; i++)
        add_letter(pairs, &waiting, letters[i]);
    flush(pairs, &waiting);
}

/* ---- Pages and rows ---- */

/* The cursor to a column that four divides, white letters. Rows are counted from the last, 15. */
static void add_place(struct buffer *pairs, size_t rows_above_last, size_t column)
{
    static const uint8_t places[][2] = {{0x14, 0x70}, {0x14, 0x50}, {0x13, 0x70}};
    g_assert(rows_above_last < G_N_ELEMENTS(places));
    add_control(pairs, places[rows_above_last][0], (uint8_t)(places[rows_above_last][1] + column / 4 * 2));
}

void cea608_load(struct buffer *pairs, const struct cea608_row *rows, size_t count)
{
    size_t longest = 0;
    for (size_t i = 0; i < count; i++)
        longest = MAX(longest, rows[i].count);
    add_control(pairs, CONTROL, RCL);
    add_control(pairs, CONTROL, ENM);
    for (size_t i = 0; i < count; i++) {
        add_place(pairs, count - 1 - i, (32 - longest) / 2);
        cea608_add(pairs, rows[i].letters, rows[i].count);
    }
}

void cea608_show(struct buffer *pairs)
{
    add_control(pairs, CONTROL, RCL);  // for whoever tuned in while it was loaded
    add_control(pairs, CONTROL, EOC);
}

void cea608_erase(struct buffer *pairs)
{
    add_control(pairs, CONTROL, EDM);
}

void cea608_roll(struct buffer *pairs)
{
    add_control(pairs, CONTROL, EDM);
    add_control(pairs, CONTROL, ENM);
    add_control(pairs, CONTROL, RU3);
    add_place(pairs, 0, 0);
}

void cea608_roll_row(struct buffer *pairs)
{
    add_control(pairs, CONTROL, RU3);  // for whoever tuned in since
    add_control(pairs, CONTROL, CR);
    add_place(pairs, 0, 0);
}
