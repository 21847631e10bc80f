#include "video/caption_writer.h"

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "video/caption_book.h"
#include "video/caption_pages.h"
#include "video/caption_roll.h"
#include "video/caption_letters.h"
#include "video/cea608.h"
#include "video/cea708.h"

enum {
    LINES_MAX = 32,      // that stand or come; the relay shows three of a track at once
    AHEAD_S = 10,        // how far a page is looked for
    LATE_MS = 2000,      // a page that is ready later than this after its time is left out
    LEAST_MS = 1000,     // that a page stands which came late
    SHOW_LEAD_MS = 66,   // "show" takes effect with its third pair
};

enum mode { MODE_EMPTY, MODE_PAGE, MODE_ROLL };

struct caption_writer {
    struct caption_book *book;
    char *language;
    struct cc_clock clock;

    uint64_t revision;
    int64_t newest_ns;  // the last change of a text that was read
    struct caption_lines lines;  // of the book; those that can be carried are in the two lists, with their texts
    struct caption_page_line timed[LINES_MAX];
    struct caption_roll_line live[LINES_MAX];
    size_t timed_count, live_count;

    enum mode mode;  // what is on the viewer's screen
    struct caption_page shown, loaded;  // count 0: none
    int64_t shown_at_ns;
    struct caption_roll roll;
    size_t column;   // of the row that rolls
    struct buffer pairs;  // 608 that waits
    struct cea708 cea708;

    GMutex lock;  // guards the rest
    uint64_t lost;
    uint32_t lost_letter;
};

static void clear_screen(struct caption_writer *writer)
{
    cea608_erase(&writer->pairs);
    cea708_erase(&writer->cea708);
    writer->mode = MODE_EMPTY;
    writer->shown.count = 0;
}

struct caption_writer *caption_writer_create(const struct caption_writer_options *options)
{
    struct caption_writer *writer = xcalloc(1, sizeof(*writer));
    writer->book = options->book;
    writer->language = xstrdup(options->language);
    writer->revision = UINT64_MAX;
    writer->newest_ns = INT64_MIN;
    cc_clock_init(&writer->clock, options->fps_num, options->fps_den);
    g_mutex_init(&writer->lock);
    clear_screen(writer);
    return writer;
}

static void forget_lines(struct caption_writer *writer)
{
    for (size_t i = 0; i < writer->timed_count; i++)
        caption_letters_fini(&writer->timed[i].text);
    for (size_t i = 0; i < writer->live_count; i++)
        caption_letters_fini(&writer->live[i].text);
    writer->timed_count = writer->live_count = 0;
    caption_lines_fini(&writer->lines);
}

void caption_writer_destroy(struct caption_writer *writer)
{
    if (!writer)
        return;
    forget_lines(writer);
    caption_roll_fini(&writer->roll);
    cea708_fini(&writer->cea708);
    buffer_fini(&writer->pairs);
    g_mutex_clear(&writer->lock);
    free(writer->language);
    free(writer);
}

/* ---- What the book says ---- */

static void note_lost(struct caption_writer *writer, uint32_t letter)
{
    g_mutex_lock(&writer->lock);
    bool is_first = writer->lost++ == 0;
    writer->lost_letter = letter;
    g_mutex_unlock(&writer->lock);
    if (is_first)
        log_warn("video/captions", "%s: a line has the letter U+%04X, which CEA-608 does not have; such lines are not in "
            "the stream's captions (WebVTT beside HLS and beside recordings has them)", writer->language, letter);
}

static bool read_line(struct caption_writer *writer, const struct caption_line *line, struct caption_letters *text)
{
    g_autofree char *whole =
        *line->speaker ? g_strconcat(line->speaker, ": ", line->text, NULL) : g_strdup(line->text);
    uint32_t other;
    bool is_carried = caption_letters_read(whole, strlen(whole), text, &other);
    if (!is_carried && line->changed_ns > writer->newest_ns)
        note_lost(writer, other);
    return is_carried;
}

static void add_line(struct caption_writer *writer, const struct caption_line *line)
{
    struct caption_letters text;
    if ((line->is_live ? writer->live_count : writer->timed_count) == LINES_MAX || !read_line(writer, line, &text))
        return;
    if (line->is_live)
        writer->live[writer->live_count++] = (struct caption_roll_line){line, text};
    else
        writer->timed[writer->timed_count++] = (struct caption_page_line){text, line->from_ns, line->until_ns};
}

static void look(struct caption_writer *writer, int64_t now_ns)
{
    uint64_t revision = writer->book ? caption_book_revision(writer->book) : writer->revision;
    if (revision == writer->revision)
        return;
    writer->revision = revision;
    forget_lines(writer);
    writer->lines = caption_book_find(writer->book, writer->language, now_ns - LATE_MS * NS_PER_MS,
        now_ns + AHEAD_S * NS_PER_S);
    for (size_t i = 0; i < writer->lines.count; i++)
        add_line(writer, &writer->lines.items[i]);
    for (size_t i = 0; i < writer->lines.count; i++)
        writer->newest_ns = MAX(writer->newest_ns, writer->lines.items[i].changed_ns);
    caption_roll_note(&writer->roll, writer->live, writer->live_count);
}

/* ---- Rows that roll ---- */

static bool has_live(const struct caption_writer *writer, int64_t now_ns)
{
    for (size_t i = 0; i < writer->live_count; i++) {
        const struct caption_line *line = writer->live[i].line;
        if (line->from_ns <= now_ns && line->until_ns > now_ns)
            return true;
    }
    return false;
}

static void begin_row(struct caption_writer *writer)
{
    cea608_roll_row(&writer->pairs);
    cea708_roll_row(&writer->cea708);
    writer->column = 0;
}

static void add_letters(struct caption_writer *writer, const uint32_t *letters, size_t count)
{
    cea608_add(&writer->pairs, letters, count);
    cea708_add(&writer->cea708, letters, count);
    writer->column += count;
}

/* With the space before it. A word that is longer than a row is parted. */
static void add_word(struct caption_writer *writer, const struct caption_roll_word *word)
{
    uint32_t letters[CAPTION_COLUMNS] = {' '};
    if (writer->column > 0 && (word->is_first || writer->column + 1 + word->count > CAPTION_COLUMNS))
        begin_row(writer);
    size_t space = writer->column > 0;
    for (size_t at = 0; at < word->count; space = 0) {
        if (writer->column == CAPTION_COLUMNS)
            begin_row(writer);
        size_t part = MIN(word->count - at, (size_t)CAPTION_COLUMNS - writer->column - space);
        memcpy(letters + space, word->letters + at, part * sizeof(*letters));
        add_letters(writer, letters, space + part);
        at += part;
    }
}

static void go_on_rolling(struct caption_writer *writer, int64_t now_ns)
{
    struct caption_roll_word word;
    if (!caption_roll_next(&writer->roll, writer->live, writer->live_count, now_ns, &word))
        return;
    if (writer->mode != MODE_ROLL) {
        cea608_roll(&writer->pairs);
        cea708_roll(&writer->cea708);
        writer->mode = MODE_ROLL;
        writer->shown.count = writer->loaded.count = writer->column = 0;
    }
    add_word(writer, &word);
}

/* ---- Pages ---- */

static struct caption_page page_at(const struct caption_writer *writer, int64_t at_ns)
{
    return caption_page_at(writer->timed, writer->timed_count, at_ns);
}

static void load(struct caption_writer *writer, const struct caption_page *page)
{
    struct cea608_row rows[CAPTION_ROWS];
    for (size_t i = 0; i < page->count; i++)
        rows[i] = (struct cea608_row){page->letters[i], page->lens[i]};
    cea608_load(&writer->pairs, rows, page->count);
    cea708_load(&writer->cea708, rows, page->count);
    writer->loaded = *page;
}

static void show(struct caption_writer *writer, int64_t now_ns)
{
    cea608_show(&writer->pairs);
    cea708_show(&writer->cea708);
    writer->mode = MODE_PAGE;
    writer->shown = writer->loaded;
    writer->shown_at_ns = now_ns;
    writer->loaded.count = 0;
}

/* The page is still what its time asks for: it was neither corrected nor taken back. */
static bool is_wanted(const struct caption_writer *writer, const struct caption_page *page)
{
    struct caption_page there = page_at(writer, page->from_ns);
    return caption_page_is_same(page, &there);
}

static bool show_loaded(struct caption_writer *writer, int64_t now_ns)
{
    const struct caption_page *loaded = &writer->loaded;
    bool is_late = now_ns > loaded->until_ns && now_ns > loaded->from_ns + LATE_MS * NS_PER_MS;
    if (loaded->count > 0 && (is_late || !is_wanted(writer, loaded)))
        writer->loaded.count = 0;
    if (loaded->count == 0 || now_ns + SHOW_LEAD_MS * NS_PER_MS < loaded->from_ns)
        return false;
    show(writer, now_ns);
    return true;
}

/* The first page after `page` that shows something; count 0: none is known. */
static struct caption_page page_after(const struct caption_writer *writer, struct caption_page page, int64_t now_ns)
{
    do {
        if (page.until_ns > now_ns + AHEAD_S * NS_PER_S)
            return (struct caption_page){.count = 0};
        page = page_at(writer, page.until_ns);
    } while (page.count == 0);
    return page;
}

static void turn_pages(struct caption_writer *writer, int64_t now_ns)
{
    if (show_loaded(writer, now_ns))
        return;
    struct caption_page wanted = page_at(writer, now_ns);
    bool is_right = caption_page_is_same(&wanted, &writer->shown);
    bool may_stay = now_ns - writer->shown_at_ns < LEAST_MS * NS_PER_MS && writer->shown.until_ns < now_ns
        && is_wanted(writer, &writer->shown);
    if (writer->shown.count > 0 && !is_right && !may_stay)
        clear_screen(writer);
    struct caption_page next = is_right || wanted.count == 0 ? page_after(writer, wanted, now_ns) : wanted;
    if (next.count > 0 && !caption_page_is_same(&next, &writer->loaded))
        load(writer, &next);
}

/* ---- The door ---- */

static void decide(struct caption_writer *writer, int64_t now_ns)
{
    look(writer, now_ns);
    if (has_live(writer, now_ns))
        go_on_rolling(writer, now_ns);
    else if (writer->mode == MODE_ROLL)
        clear_screen(writer);
    else
        turn_pages(writer, now_ns);
}

size_t caption_writer_next(struct caption_writer *writer, int64_t at_ns, uint8_t out[CC_DATA_BYTES_MAX])
{
    static const uint8_t nothing[2];
    if (writer->pairs.len == 0)
        decide(writer, at_ns);
    unsigned fields = cc_clock_next(&writer->clock);
    bool takes_pair = (fields & 1) && writer->pairs.len > 0;
    uint8_t packet[CC_DATA_BYTES_MAX];
    size_t packet_len = cea708_packet(&writer->cea708, packet, cc_clock_room(&writer->clock, fields));
    size_t len = cc_data_write(out, &writer->clock, fields,
        takes_pair ? (const uint8_t *)writer->pairs.data : nothing, packet, packet_len);
    if (takes_pair)
        buffer_consume(&writer->pairs, 2);
    return len;
}

void caption_writer_state(struct caption_writer *writer, char *out, size_t size)
{
    g_mutex_lock(&writer->lock);
    if (writer->lost)
        snprintf(out, size, "%s: %" G_GUINT64_FORMAT " lines left out: CEA-608 has no letter U+%04X", writer->language,
            writer->lost, writer->lost_letter);
    else
        snprintf(out, size, "%s", writer->language);
    g_mutex_unlock(&writer->lock);
}
