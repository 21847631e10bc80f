#include "relay/question_chapters.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bidi.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/csv.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "relay/questions_private.h"

enum { SHORTEST_MS = 10 * 1000, TITLE_BYTES_MAX = 200 };

static const struct {
    const char *name, *type, *file_name;
} formats[QUESTION_CHAPTERS_FORMATS] = {
    [QUESTION_CHAPTERS_YOUTUBE] = {"youtube", "text/plain; charset=utf-8", "chapters.txt"},
    [QUESTION_CHAPTERS_WEBVTT] = {"webvtt", "text/vtt; charset=utf-8", "chapters.vtt"},
    [QUESTION_CHAPTERS_CSV] = {"csv", "text/csv; charset=utf-8", "chapters.csv"},
};

bool question_chapters_format(const char *name, enum question_chapters_format *format)
{
    for (size_t i = 0; i < QUESTION_CHAPTERS_FORMATS; i++) {
        if (strcmp(formats[i].name, name) == 0) {
            *format = (enum question_chapters_format)i;
            return true;
        }
    }
    return false;
}

const char *question_chapters_type(enum question_chapters_format format)
{
    return formats[format].type;
}

const char *question_chapters_file_name(enum question_chapters_format format)
{
    return formats[format].file_name;
}

/* --- Which --- */

struct chapter {
    const struct question *question;
    int64_t in_ms, out_ms;  // from the recording's zero
};

struct chapters {
    struct chapter *items;
    size_t count, capacity;
    int64_t zero_ms, begin_ms, end_ms, now_ms;
};

static void add_airings(struct chapters *chapters, const struct question *question)
{
    for (size_t i = 0; i < question->airing_count; i++) {
        struct question_airing airing = question->airings[i];
        int64_t out_ms = airing.out_ms ? airing.out_ms : chapters->now_ms;
        if (airing.in_ms < chapters->begin_ms || airing.in_ms >= chapters->end_ms || out_ms <= chapters->zero_ms)
            continue;
        if (chapters->count == chapters->capacity) {
            chapters->capacity = chapters->capacity ? chapters->capacity * 2 : 32;
            chapters->items = xreallocarray(chapters->items, chapters->capacity, sizeof(*chapters->items));
        }
        int64_t in_ms = airing.in_ms > chapters->zero_ms ? airing.in_ms - chapters->zero_ms : 0;
        chapters->items[chapters->count++] = (struct chapter){question, in_ms, out_ms - chapters->zero_ms};
    }
}

static int compare_chapters(const void *a, const void *b)
{
    const struct chapter *first = a, *second = b;
    return first->in_ms < second->in_ms ? -1 : first->in_ms > second->in_ms;
}

/* A show lasts until the next one begins. */
static struct chapters collect(const struct questions *questions, const struct question_chapters_options *options)
{
    struct chapters chapters = {.end_ms = INT64_MAX, .now_ms = clock_unix_ms()};
    chapters.begin_ms = options->show_ms ? options->show_ms : questions_show_ms(questions);
    chapters.zero_ms = options->zero_ms ? options->zero_ms : chapters.begin_ms;
    for (size_t i = questions->show_count; i-- > 0 && questions->shows_ms[i] > chapters.begin_ms;)
        chapters.end_ms = questions->shows_ms[i];
    for (size_t i = 0; i < questions->count; i++)
        add_airings(&chapters, questions->slots[i].question);
    for (size_t i = 0; i < questions->past.count; i++)
        add_airings(&chapters, questions->past.items[i]);
    if (chapters.count > 0)
        qsort(chapters.items, chapters.count, sizeof(*chapters.items), compare_chapters);
    return chapters;
}

/* --- How --- */

static void add_short_time(struct buffer *out, int64_t ms)
{
    int64_t seconds = ms / 1000;
    if (seconds >= 3600)
        buffer_printf(out, "%" PRId64 ":%02d:%02d", seconds / 3600, (int)(seconds / 60 % 60), (int)(seconds % 60));
    else
        buffer_printf(out, "%d:%02d", (int)(seconds / 60), (int)(seconds % 60));
}

static void add_long_time(struct buffer *out, int64_t ms)
{
    buffer_printf(out, "%02" PRId64 ":%02d:%02d.%03d", ms / 3600000, (int)(ms / 60000 % 60), (int)(ms / 1000 % 60),
                  (int)(ms % 1000));
}

/* The last one may be as short as it likes: the recording goes on. */
static size_t write_youtube(const struct chapters *chapters, struct buffer *out)
{
    size_t written = 0;
    int64_t next_free_ms = 0;
    for (size_t i = 0; i < chapters->count; i++) {
        const struct chapter *chapter = &chapters->items[i];
        bool is_last = i + 1 == chapters->count;
        int64_t in_ms = chapter->in_ms < SHORTEST_MS && written == 0 ? 0 : chapter->in_ms;
        if (in_ms < next_free_ms || (!is_last && chapters->items[i + 1].in_ms - in_ms < SHORTEST_MS))
            continue;
        if (written == 0 && in_ms > 0)
            buffer_add_string(out, "0:00 Start\n");
        add_short_time(out, in_ms);
        const char *text = chapter->question->text;
        size_t len = strlen(text);
        buffer_add_char(out, ' ');
        bidi_add_plain(out, (struct str){text, len > TITLE_BYTES_MAX ? utf8_cut(text, TITLE_BYTES_MAX) : len});
        buffer_add_char(out, '\n');
        next_free_ms = in_ms + SHORTEST_MS;
        written++;
    }
    return written;
}

static void add_escaped(struct buffer *out, const char *text)
{
    struct buffer plain = {0};
    bidi_add_plain(&plain, str_from(text));
    for (size_t i = 0; i < plain.len; i++) {
        switch (plain.data[i]) {
        case '&': buffer_add_string(out, "&amp;"); break;
        case '<': buffer_add_string(out, "&lt;"); break;
        case '>': buffer_add_string(out, "&gt;"); break;
        default: buffer_add_char(out, plain.data[i]); break;
        }
    }
    buffer_fini(&plain);
}

static size_t write_webvtt(const struct chapters *chapters, struct buffer *out)
{
    buffer_add_string(out, "WEBVTT\n");
    for (size_t i = 0; i < chapters->count; i++) {
        buffer_printf(out, "\n%zu\n", i + 1);
        add_long_time(out, chapters->items[i].in_ms);
        buffer_add_string(out, " --> ");
        add_long_time(out, chapters->items[i].out_ms);
        buffer_add_char(out, '\n');
        add_escaped(out, chapters->items[i].question->text);
        buffer_add_char(out, '\n');
    }
    return chapters->count;
}

static size_t write_csv(const struct chapters *chapters, struct buffer *out)
{
    buffer_add_string(out, "in,out,in_ms,out_ms,text,author,platform\n");
    for (size_t i = 0; i < chapters->count; i++) {
        const struct chapter *chapter = &chapters->items[i];
        const struct question_ask *ask = chapter->question->ask_count > 0 ? &chapter->question->asks[0] : NULL;
        add_long_time(out, chapter->in_ms);
        buffer_add_char(out, ',');
        add_long_time(out, chapter->out_ms);
        buffer_printf(out, ",%" PRId64 ",%" PRId64 ",", chapter->in_ms, chapter->out_ms);
        csv_add_cell(out, str_from(chapter->question->text));
        buffer_add_char(out, ',');
        csv_add_cell(out, str_from(ask ? ask->author_name : ""));
        buffer_add_char(out, ',');
        csv_add_cell(out, str_from(ask ? ask->platform : ""));
        buffer_add_char(out, '\n');
    }
    return chapters->count;
}

size_t questions_write_chapters(const struct questions *questions, const struct question_chapters_options *options,
                                struct buffer *out)
{
    static size_t (*const writers[])(const struct chapters *chapters, struct buffer *out) = {
        [QUESTION_CHAPTERS_YOUTUBE] = write_youtube,
        [QUESTION_CHAPTERS_WEBVTT] = write_webvtt,
        [QUESTION_CHAPTERS_CSV] = write_csv,
    };
    struct chapters chapters = collect(questions, options);
    size_t count = writers[options->format](&chapters, out);
    free(chapters.items);
    return count;
}
