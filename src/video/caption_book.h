/*
 * caption_book.h - the subtitles that the studio was told: lines of every track with the program's times, those to come
 * as far as they are known, those that stood for ten minutes. Outputs read it for data in the stream, segments and
 * files. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct caption_book;

enum {
    CAPTION_BOOK_LINES_MAX = 1024,  // the oldest goes first
    CAPTION_LANGUAGES_MAX = 16,
    CAPTION_LINE_BYTES = 20000,     // 5,000 letters; longer is cut
    CAPTION_TAG_BYTES = 36,         // a language's tag (RFC 5646 needs 35)
    CAPTION_ID_BYTES = 72,
};

struct caption_line {
    char track[CAPTION_ID_BYTES], id[CAPTION_ID_BYTES];  // the id is one of the track's
    char language[CAPTION_TAG_BYTES];
    char *text, *speaker;        // owned; the speaker is "" where nobody is named
    int64_t from_ns, until_ns;   // program time; it stands from <= t < until
    int64_t changed_ns;          // when the text became what it is
    bool is_live;                // typed or heard now: it rolls up
    bool is_final;               // its words stay as they are
};

/* In the order in which they began. Release with caption_lines_fini(). {0} is empty. */
struct caption_lines {
    struct caption_line *items;
    size_t count;
};

struct caption_book *caption_book_create(void);
void caption_book_destroy(struct caption_book *book);  // accepts NULL

/*
 * All that stands or comes at now_ns, of all tracks. A line that is known gets its new text; one that is not among them and
 * has not begun is gone, and one that stands ends. Texts are copied.
 */
void caption_book_set(struct caption_book *book, const struct caption_line *lines, size_t count, int64_t now_ns);

/* Grows with every change. */
uint64_t caption_book_revision(struct caption_book *book);

/* What stands at some time from from_ns to until_ns in that language: "en" finds "en-GB" too, "=en" does not. */
struct caption_lines caption_book_find(struct caption_book *book, const char *language, int64_t from_ns,
    int64_t until_ns);
void caption_lines_fini(struct caption_lines *lines);

/* Subtitles in that language may come: it is offered from the beginning where that can be. */
void caption_book_expect(struct caption_book *book, const char *language);

/* The languages that are expected or were ever told, by their tags; how many. */
size_t caption_book_languages(struct caption_book *book, char out[CAPTION_LANGUAGES_MAX][CAPTION_TAG_BYTES]);

/* The tag as part of a file's name: letters, digits and hyphens; "und" where nothing is left. */
void caption_tag_for_file(const char *language, char out[CAPTION_TAG_BYTES]);
