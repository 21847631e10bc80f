/*
 * fuzz_caption_data.c - hostile subtitles on their way into a stream: each line of the input is one told line, its first
 * two bytes choose times, liveness and speaker. Writers: CEA-608, CEA-708, WebVTT.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "video/caption_book.h"
#include "video/caption_writer.h"
#include "video/webvtt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES_MAX = 24, PICTURES = 20 };

static void check_webvtt(const struct caption_line *line)
{
    struct buffer out = {0};
    webvtt_add_cue(&out, 0, 1000, line->speaker, line->text);
    char *text = buffer_take(&out);
    const char *body = strchr(text, '\n');
    if (*text && (!body || strstr(body, "-->") || !utf8_is_valid(text, strlen(text)) || strstr(body + 1, "\n\n") != text + strlen(text) - 2))
        abort();
    free(text);
}

/* Every triplet is one of the five kinds, and line 21 has its parity. */
static void check_pictures(struct caption_writer *writer, int64_t *now_ns)
{
    for (int i = 0; i < PICTURES; i++, *now_ns += NS_PER_S / 30) {
        uint8_t out[CC_DATA_BYTES_MAX];
        size_t len = caption_writer_next(writer, *now_ns, out);
        if (len != 60 || out[0] != 0xfc || out[3] != 0xfd)
            abort();
        if (__builtin_popcount(out[1]) % 2 == 0 || __builtin_popcount(out[2]) % 2 == 0)
            abort();
        for (size_t at = 6; at < len; at += 3) {
            if (out[at] != 0xfa && out[at] != 0xfe && out[at] != 0xff)
                abort();
        }
    }
}

static struct caption_line take_line(const uint8_t *data, size_t len, int64_t now_ns)
{
    unsigned how = len > 0 ? data[0] : 0, when = len > 1 ? data[1] : 0;
    size_t used = len > 2 ? 2 : len;
    struct caption_line line = {.language = "en", .text = xstrndup((const char *)data + used, len - used),
        .speaker = xstrdup(how & 4 ? "A --> <b>" : ""), .is_live = how & 1, .is_final = how & 2,
        .from_ns = now_ns + (int64_t)(when & 15) * 100 * NS_PER_MS,
        .until_ns = now_ns + (int64_t)(when >> 4) * 300 * NS_PER_MS};
    snprintf(line.id, sizeof(line.id), "%u", how >> 4);
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct caption_book *book = caption_book_create();
    struct caption_writer *writer = caption_writer_create(&(struct caption_writer_options){book, "en", 30, 1});
    int64_t now_ns = 0;
    for (int i = 0; i < LINES_MAX && size > 0; i++) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t len = end ? (size_t)(end - data) : size;
        struct caption_line line = take_line(data, len, now_ns);
        check_webvtt(&line);
        caption_book_set(book, &line, 1, now_ns);
        free(line.text), free(line.speaker);
        check_pictures(writer, &now_ns);
        data += len + (end != NULL);
        size -= len + (end != NULL);
    }
    caption_writer_destroy(writer);
    caption_book_destroy(book);
    return 0;
}
