/* A list as translators edit it: an entry a line. docs/words.md. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/utf8.h"
#include "relay/words_private.h"

enum { FILE_BYTES_MAX = 8 << 20, LINE_SHOWN = 60, REFUSED_TOLD = 50 };  // a file that is no list at all is told of in few words

struct page {
    struct words *words;
    const char *list, *file, *category;
    bool is_own;
    size_t line, refused;
    void (*bad)(void *data, const char *text);
    void *data;
};

static struct str trim(struct str text)
{
    while (text.len > 0 && (unsigned char)text.data[text.len - 1] <= ' ')
        text.len--;
    while (text.len > 0 && (unsigned char)text.data[0] <= ' ')
        text = (struct str){text.data + 1, text.len - 1};
    return text;
}

static void refuse(struct page *page, struct str line, const char *why)
{
    char text[400];
    if (++page->refused > REFUSED_TOLD)
        return;
    size_t len = utf8_is_valid(line.data, line.len) ? line.len : 0;
    if (len > LINE_SHOWN)
        len = utf8_cut(line.data, LINE_SHOWN);
    snprintf(text, sizeof(text), "%.200s:%zu: \"%.*s\": %s", page->file, page->line, (int)len, len > 0 ? line.data : "", why);
    if (page->bad)
        page->bad(page->data, text);
}

static void read_category(struct page *page, struct str line)
{
    const char *end = memchr(line.data, ']', line.len);
    if (!end || end + 1 != line.data + line.len || end == line.data + 1) {
        refuse(page, line, "a category stands in brackets, like [slur]");
        return;
    }
    page->category = words_keep_name(page->words, line.data + 1, line.len - 2);
}

static void read_line(struct page *page, struct str line)
{
    const char *comment = memchr(line.data, '#', line.len);
    if (comment)
        line.len = (size_t)(comment - line.data);
    line = trim(line);
    const char *why_not = "";
    if (line.len == 0)
        return;
    if (!utf8_is_valid(line.data, line.len)) {
        refuse(page, line, "this is no UTF-8: save the file as UTF-8");
    } else if (line.data[0] == '[') {
        read_category(page, line);
    } else if (line.data[0] == '-' && !page->is_own) {
        refuse(page, line, "only the list of your own takes words away");
    } else if (line.data[0] == '-') {
        words_remove_entry(page->words, trim((struct str){line.data + 1, line.len - 1}));
    } else if (!words_add_entry(page->words, page->list, page->category, line, &why_not)) {
        refuse(page, line, why_not);
    }
}

void words_add(struct words *words, const char *list, const char *file, struct str lines, bool is_own,
               void (*bad)(void *data, const char *text), void *data)
{
    struct page page = {.words = words, .file = file, .is_own = is_own, .bad = bad, .data = data,
                        .list = words_keep_name(words, list, strlen(list)), .category = words_keep_name(words, "", 0)};
    if (str_starts_with(lines, STR("\xef\xbb\xbf")))  // some editors put it there
        lines = (struct str){lines.data + 3, lines.len - 3};
    while (lines.len > 0) {
        const char *end = memchr(lines.data, '\n', lines.len);
        size_t len = end ? (size_t)(end - lines.data) : lines.len;
        page.line++;
        read_line(&page, (struct str){lines.data, len});
        len += end != NULL;
        lines = (struct str){lines.data + len, lines.len - len};
    }
    char text[300];
    snprintf(text, sizeof(text), "%.200s: %zu more lines cannot be read: is it a list of words?", file, page.refused - REFUSED_TOLD);
    if (page.refused > REFUSED_TOLD && bad)
        bad(data, text);
}

bool words_add_file(struct words *words, const char *list, const char *path, bool is_own,
                    void (*bad)(void *data, const char *text), void *data, struct error *err)
{
    struct buffer text = {0};
    if (is_own && access(path, F_OK) != 0 && errno == ENOENT)
        return true;
    bool is_read = file_read(path, FILE_BYTES_MAX, &text, err);
    const char *slash = strrchr(path, '/');
    if (is_read)
        words_add(words, list, slash ? slash + 1 : path, (struct str){text.data, text.len}, is_own, bad, data);
    buffer_fini(&text);
    return is_read;
}
