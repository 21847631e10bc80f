#include "video/caption_pages.h"

#include <glib.h>
#include <string.h>

enum { STANDING_ROWS_MAX = 64 };

static bool stands(const struct caption_page_line *line, int64_t at_ns)
{
    return line->from_ns <= at_ns && line->until_ns > at_ns;
}

static void narrow(struct caption_page *page, int64_t boundary_ns, int64_t at_ns)
{
    if (boundary_ns <= at_ns)
        page->from_ns = MAX(page->from_ns, boundary_ns);
    else
        page->until_ns = MIN(page->until_ns, boundary_ns);
}

struct rows {
    const uint32_t *letters[STANDING_ROWS_MAX];
    size_t lens[STANDING_ROWS_MAX], count;
};

static void add_rows(struct rows *rows, const struct caption_letters *text)
{
    for (size_t at = 0; rows->count < STANDING_ROWS_MAX;) {
        size_t begin = at, len = caption_row(text, &at);
        if (len == 0)
            break;
        rows->letters[rows->count] = text->letters + begin;
        rows->lens[rows->count++] = len;
    }
}

/* The part of the page's time, and the first row, of a text that has more rows than the screen. */
static size_t find_part(struct caption_page *page, size_t rows, int64_t at_ns)
{
    int64_t parts = (int64_t)(rows + CAPTION_ROWS - 1) / CAPTION_ROWS;
    int64_t part_ns = MAX((page->until_ns - page->from_ns) / parts, 1);
    int64_t part = MIN((at_ns - page->from_ns) / part_ns, parts - 1);
    page->from_ns += part * part_ns;
    if (part < parts - 1)
        page->until_ns = page->from_ns + part_ns;
    return (size_t)part * CAPTION_ROWS;
}

struct caption_page caption_page_at(const struct caption_page_line *lines, size_t count, int64_t at_ns)
{
    struct caption_page page = {.from_ns = INT64_MIN, .until_ns = INT64_MAX};
    struct rows rows = {.count = 0};
    for (size_t i = 0; i < count; i++) {
        narrow(&page, lines[i].from_ns, at_ns);
        narrow(&page, lines[i].until_ns, at_ns);
        if (stands(&lines[i], at_ns))
            add_rows(&rows, &lines[i].text);
    }
    size_t first = rows.count > CAPTION_ROWS ? find_part(&page, rows.count, at_ns) : 0;
    for (size_t i = first; i < rows.count && page.count < CAPTION_ROWS; i++) {
        memcpy(page.letters[page.count], rows.letters[i], rows.lens[i] * sizeof(uint32_t));
        page.lens[page.count++] = rows.lens[i];
    }
    return page;
}

bool caption_page_is_same(const struct caption_page *one, const struct caption_page *other)
{
    if (one->count != other->count)
        return false;
    for (size_t i = 0; i < one->count; i++) {
        if (one->lens[i] != other->lens[i] ||
            memcmp(one->letters[i], other->letters[i], one->lens[i] * sizeof(uint32_t)) != 0)
            return false;
    }
    return true;
}
