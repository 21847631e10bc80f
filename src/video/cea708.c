#include "video/cea708.h"

#include <glib.h>
#include <string.h>

#include "video/caption_letters.h"

enum { ETX = 0x03, CR = 0x0d, EXT1 = 0x10, P16 = 0x18, DSW = 0x89, DLW = 0x8c,
    SPL = 0x92, DF0 = 0x98 };
enum { SERVICE = 1, BLOCK_MAX = 31, PAGES = 0x03, ROLL_WINDOW = 2, ROLL_BIT = 0x04, STYLE_PAGE = 1, STYLE_ROLL = 4,
    PEN_USUAL = 1, BOTTOM_CENTRE = 7 };

/* Behind EXT1, table 12 ("G2"). */
static const struct {
    uint16_t letter;
    uint8_t byte;
} extended[] = {
    {0x2026, 0x25}, {0x160, 0x2a}, {0x152, 0x2c}, {0x2588, 0x30}, {0x2018, 0x31}, {0x2019, 0x32}, {0x201c, 0x33},
    {0x201d, 0x34}, {0x2022, 0x35}, {0x2122, 0x39}, {0x161, 0x3a}, {0x153, 0x3c}, {0x2120, 0x3d}, {0x178, 0x3f},
};

void cea708_fini(struct cea708 *cea708)
{
    buffer_fini(&cea708->orders);
}

static void add_order(struct cea708 *cea708, const uint8_t *bytes, size_t len)
{
    buffer_add_char(&cea708->orders, (char)len);
    buffer_add(&cea708->orders, bytes, len);
}

#define ADD(cea708, ...) \
    add_order(cea708, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void add_letter(struct cea708 *cea708, uint32_t letter)
{
    for (size_t i = 0; i < G_N_ELEMENTS(extended); i++) {
        if (extended[i].letter == letter) {
            ADD(cea708, EXT1, extended[i].byte);
            return;
        }
    }
    if (letter == 0x266a)
        ADD(cea708, 0x7f);  // the note stands in the place of DEL
    else if ((letter >= 0x20 && letter < 0x7f) || (letter >= 0xa0 && letter <= 0xff))
        ADD(cea708, (uint8_t)letter);
    else if (letter <= 0xffff)
        ADD(cea708, P16, (uint8_t)(letter >> 8), (uint8_t)letter);
}

/*
 * A window at the bottom, its anchor 95 % down and in the middle; columns and rows locked, so that a receiver does not
 * break lines again.
 */
static void add_window(struct cea708 *cea708, unsigned window, bool is_visible, size_t rows, size_t columns,
    unsigned style)
{
    ADD(cea708, (uint8_t)(DF0 + window), (uint8_t)((is_visible ? 0x20 : 0) | 0x18), 0x80 | 95, 50,
        (uint8_t)(BOTTOM_CENTRE << 4 | (rows - 1)), (uint8_t)(columns - 1), (uint8_t)(style << 3 | PEN_USUAL));
}

void cea708_load(struct cea708 *cea708, const struct cea608_row *rows, size_t count)
{
    size_t longest = 1;
    for (size_t i = 0; i < count; i++)
        longest = MAX(longest, rows[i].count);
    unsigned window = 1 - cea708->page;
    ADD(cea708, DLW, (uint8_t)(1 << window));
    add_window(cea708, window, false, count, longest, STYLE_PAGE);
    for (size_t i = 0; i < count; i++) {
        ADD(cea708, SPL, (uint8_t)i, (uint8_t)((longest - rows[i].count) / 2));
        for (size_t k = 0; k < rows[i].count; k++)
            add_letter(cea708, rows[i].letters[k]);
    }
    ADD(cea708, ETX);
}

void cea708_show(struct cea708 *cea708)
{
    unsigned shown = 1 - cea708->page;
    ADD(cea708, DSW, (uint8_t)(1 << shown), DLW, (uint8_t)(1 << cea708->page | ROLL_BIT));
    cea708->page = shown;
}

void cea708_erase(struct cea708 *cea708)
{
    ADD(cea708, DLW, (uint8_t)(1 << cea708->page | ROLL_BIT));
}

void cea708_roll(struct cea708 *cea708)
{
    ADD(cea708, DLW, PAGES | ROLL_BIT);
    add_window(cea708, ROLL_WINDOW, true, CAPTION_ROWS, CAPTION_COLUMNS, STYLE_ROLL);
    ADD(cea708, SPL, CAPTION_ROWS - 1, 0);
}

void cea708_roll_row(struct cea708 *cea708)
{
    ADD(cea708, CR);
}

void cea708_add(struct cea708 *cea708, const uint32_t *letters, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_letter(cea708, letters[i]);
    ADD(cea708, ETX);
}

size_t cea708_packet(struct cea708 *cea708, uint8_t *out, size_t room)
{
    const uint8_t *orders = (const uint8_t *)cea708->orders.data;
    size_t taken = 0, len = 2, most = MIN(room, (size_t)BLOCK_MAX + 2);
    while (taken < cea708->orders.len && len + orders[taken] <= most) {
        memcpy(out + len, orders + taken + 1, orders[taken]);
        len += orders[taken];
        taken += 1 + (size_t)orders[taken];
    }
    if (taken == 0)
        return 0;
    buffer_consume(&cea708->orders, taken);
    out[1] = (uint8_t)(SERVICE << 5 | (len - 2));
    if (len % 2)
        out[len++] = 0;  // an empty service block fills the last half of a triplet
    out[0] = (uint8_t)(cea708->sequence++ % 4 << 6 | len / 2);
    return len;
}
