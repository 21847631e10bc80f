#include "video/caption_book.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/utf8.h"

enum { KEPT_S = 600, JITTER_MS = 100 };

struct caption_book {
    GMutex lock;  // guards the rest
    struct caption_lines lines;  // by from_ns
    uint64_t revision;
    char languages[CAPTION_LANGUAGES_MAX][CAPTION_TAG_BYTES];
    size_t language_count;
};

struct caption_book *caption_book_create(void)
{
    struct caption_book *book = xcalloc(1, sizeof(*book));
    g_mutex_init(&book->lock);
    book->lines.items = xcalloc(CAPTION_BOOK_LINES_MAX, sizeof(*book->lines.items));
    return book;
}

static void line_fini(struct caption_line *line)
{
    free(line->text), free(line->speaker);
}

void caption_lines_fini(struct caption_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        line_fini(&lines->items[i]);
    free(lines->items);
    *lines = (struct caption_lines){0};
}

void caption_book_destroy(struct caption_book *book)
{
    if (!book)
        return;
    caption_lines_fini(&book->lines);
    g_mutex_clear(&book->lock);
    free(book);
}

/* ---- Writing ---- */

static char *copy_text(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    return xstrndup(text ? text : "", len > CAPTION_LINE_BYTES ? utf8_cut(text, CAPTION_LINE_BYTES) : len);
}

static void remove_at(struct caption_lines *lines, size_t index)
{
    line_fini(&lines->items[index]);
    lines->count--;
    memmove(&lines->items[index], &lines->items[index + 1], (lines->count - index) * sizeof(*lines->items));
}

static void insert(struct caption_lines *lines, const struct caption_line *line)
{
    size_t at = lines->count++;
    for (; at > 0 && lines->items[at - 1].from_ns > line->from_ns; at--)
        lines->items[at] = lines->items[at - 1];
    lines->items[at] = *line;
}

static void forget_old(struct caption_lines *lines, int64_t now_ns)
{
    size_t at = 0;
    while (at < lines->count) {
        if (lines->items[at].until_ns < now_ns - KEPT_S * NS_PER_S)
            remove_at(lines, at);
        else
            at++;
    }
    if (lines->count == CAPTION_BOOK_LINES_MAX)
        remove_at(lines, 0);
}

static bool is_same(const struct caption_line *one, const struct caption_line *other)
{
    return strcmp(one->id, other->id) == 0 && strcmp(one->track, other->track) == 0;
}

static bool is_among(const struct caption_line *line, const struct caption_line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_same(line, &lines[i]))
            return true;
    }
    return false;
}

static bool is_far(int64_t one_ns, int64_t other_ns)
{
    return one_ns - other_ns > JITTER_MS * NS_PER_MS || other_ns - one_ns > JITTER_MS * NS_PER_MS;
}

static void set_text(char **text, const char *given, bool *is_changed)
{
    char *copy = copy_text(given);
    *is_changed = *is_changed || strcmp(*text, copy) != 0;
    free(*text);
    *text = copy;
}

/* Times come by way of a link, so they shake a little. When a line began stays when it has begun. */
static bool update(struct caption_line *line, const struct caption_line *given, int64_t now_ns)
{
    bool is_changed = false;
    set_text(&line->text, given->text, &is_changed);
    set_text(&line->speaker, given->speaker, &is_changed);
    if (is_changed)
        line->changed_ns = now_ns;
    if (line->from_ns > now_ns && is_far(line->from_ns, given->from_ns))
        line->from_ns = given->from_ns, is_changed = true;
    if (is_far(line->until_ns, given->until_ns))
        line->until_ns = given->until_ns, is_changed = true;
    is_changed = is_changed || line->is_final != given->is_final;
    line->is_final = given->is_final;
    return is_changed;
}

/* What is told no more: gone where it only waited, else at its end. */
static bool take_back(struct caption_lines *lines, const struct caption_line *given, size_t count, int64_t now_ns)
{
    bool is_changed = false;
    for (size_t i = lines->count; i-- > 0;) {
        struct caption_line *line = &lines->items[i];
        if (line->until_ns <= now_ns || is_among(line, given, count))
            continue;
        is_changed = true;
        if (line->from_ns > now_ns)
            remove_at(lines, i);
        else
            line->until_ns = now_ns;
    }
    return is_changed;
}

static struct caption_line *find_line(struct caption_lines *lines, const struct caption_line *like)
{
    for (size_t i = lines->count; i-- > 0;) {
        if (is_same(&lines->items[i], like))
            return &lines->items[i];
    }
    return NULL;
}

static void add(struct caption_book *book, const struct caption_line *given, int64_t now_ns)
{
    struct caption_line line = *given;
    line.text = copy_text(given->text);
    line.speaker = copy_text(given->speaker);
    line.changed_ns = now_ns;
    forget_old(&book->lines, now_ns);
    insert(&book->lines, &line);
}

static void note_language(struct caption_book *book, const char *language)
{
    for (size_t i = 0; i < book->language_count; i++) {
        if (strcmp(book->languages[i], language) == 0)
            return;
    }
    if (book->language_count < CAPTION_LANGUAGES_MAX)
        snprintf(book->languages[book->language_count++], CAPTION_TAG_BYTES, "%s", language);
}

void caption_book_set(struct caption_book *book, const struct caption_line *lines, size_t count, int64_t now_ns)
{
    g_mutex_lock(&book->lock);
    bool is_changed = take_back(&book->lines, lines, count, now_ns);
    for (size_t i = 0; i < count; i++) {
        struct caption_line *known = find_line(&book->lines, &lines[i]);
        if (known) {
            is_changed = update(known, &lines[i], now_ns) || is_changed;
        } else if (lines[i].until_ns > lines[i].from_ns) {
            add(book, &lines[i], now_ns);
            is_changed = true;
        }
        note_language(book, lines[i].language);
    }
    book->revision += is_changed;
    g_mutex_unlock(&book->lock);
}

void caption_book_expect(struct caption_book *book, const char *language)
{
    g_mutex_lock(&book->lock);
    note_language(book, language);
    g_mutex_unlock(&book->lock);
}

/* ---- Reading ---- */

uint64_t caption_book_revision(struct caption_book *book)
{
    g_mutex_lock(&book->lock);
    uint64_t revision = book->revision;
    g_mutex_unlock(&book->lock);
    return revision;
}

static bool speaks(const struct caption_line *line, const char *language)
{
    if (*language == '=')
        return g_ascii_strcasecmp(line->language, language + 1) == 0;
    size_t len = strlen(language);
    return g_ascii_strncasecmp(line->language, language, len) == 0
        && (line->language[len] == '\0' || line->language[len] == '-');
}

struct caption_lines caption_book_find(struct caption_book *book, const char *language, int64_t from_ns,
    int64_t until_ns)
{
    struct caption_lines found = {0};
    g_mutex_lock(&book->lock);
    for (size_t i = 0; i < book->lines.count; i++) {
        const struct caption_line *line = &book->lines.items[i];
        if (line->from_ns >= until_ns || line->until_ns <= from_ns || !speaks(line, language))
            continue;
        found.items = xrealloc(found.items, (found.count + 1) * sizeof(*found.items));
        struct caption_line *copy = &found.items[found.count++];
        *copy = *line;
        copy->text = xstrdup(line->text);
        copy->speaker = xstrdup(line->speaker);
    }
    g_mutex_unlock(&book->lock);
    return found;
}

size_t caption_book_languages(struct caption_book *book, char out[CAPTION_LANGUAGES_MAX][CAPTION_TAG_BYTES])
{
    g_mutex_lock(&book->lock);
    size_t count = book->language_count;
    memcpy(out, book->languages, sizeof(book->languages));
    g_mutex_unlock(&book->lock);
    return count;
}

void caption_tag_for_file(const char *language, char out[CAPTION_TAG_BYTES])
{
    snprintf(out, CAPTION_TAG_BYTES, "%s", *language ? language : "und");
    g_strcanon(out, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-", '-');
}
