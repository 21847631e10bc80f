#include "connector/youtube_scan.h"

#include <string.h>

#include "base/error.h"

void youtube_scan_init(struct youtube_scan *scan, const struct youtube_scan_handler *handler, void *data)
{
    *scan = (struct youtube_scan){.handler = handler, .data = data};
}

void youtube_scan_fini(struct youtube_scan *scan)
{
    buffer_fini(&scan->page);
    buffer_fini(&scan->item);
}

void youtube_scan_reset(struct youtube_scan *scan)
{
    struct buffer page = scan->page, item = scan->item;
    youtube_scan_init(scan, scan->handler, scan->data);
    buffer_clear(&page);
    buffer_clear(&item);
    scan->page = page;
    scan->item = item;
}

bool youtube_scan_is_between(const struct youtube_scan *scan)
{
    return scan->depth == 0;
}

static void refuse(struct youtube_scan *scan, const char *what, const char *why, int limit)
{
    struct error err = {0};
    if (scan->is_refused)
        return;
    scan->is_refused = true;
    error_set(&err, ERROR_DATA, "%s %s; at most %d are read", what, why, limit);
    scan->handler->on_refused(scan->data, &err);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Moves over the inside of a string; returns where it stopped: behind the closing quote, or at the end. */
static const char *skip_string(struct youtube_scan *scan, const char *at, const char *end)
{
    if (scan->is_escaped && at < end) {
        scan->is_escaped = false;
        at++;
    }
    while (at < end) {
        char c = *at++;
        if (c == '"') {
            scan->in_string = false;
            return at;
        }
        if (c == '\\') {
            if (at == end) {
                scan->is_escaped = true;
                return at;
            }
            at++;
        }
    }
    return at;
}

/* ---- items ---- */

static void keep_item_bytes(struct youtube_scan *scan, const char *from, const char *to)
{
    size_t len = (size_t)(to - from);
    if (scan->is_refused)
        return;
    if (scan->item.len + len > YOUTUBE_ITEM_BYTES_MAX) {
        refuse(scan, "an item", "of too many bytes", YOUTUBE_ITEM_BYTES_MAX);
        buffer_clear(&scan->item);
        return;
    }
    buffer_add(&scan->item, from, len);
}

/* A whole item: straight from the network's bytes if it began there too. */
static void give_item(struct youtube_scan *scan, const char *from, const char *to)
{
    if (scan->item.len > 0 || scan->is_refused || (size_t)(to - from) > YOUTUBE_ITEM_BYTES_MAX) {
        keep_item_bytes(scan, from, to);
        from = scan->item.data;
        to = scan->is_refused ? from : from + scan->item.len;
    }
    if (!scan->is_refused)
        scan->handler->on_item(scan->data, from, (size_t)(to - from));
    buffer_clear(&scan->item);
    scan->is_refused = false;
    scan->piece_depth = 0;
}

/* Inside an item, from `at` on. Returns behind its end, or the end of the bytes. */
static const char *scan_item(struct youtube_scan *scan, const char *at, const char *end)
{
    const char *from = at;
    while (at < end) {
        if (scan->in_string) {
            at = skip_string(scan, at, end);
            continue;
        }
        char c = *at++;
        if (c == '"') {
            scan->in_string = true;
        } else if (c == '{' || c == '[') {
            if (++scan->piece_depth > YOUTUBE_DEPTH_MAX)
                refuse(scan, "an item", "nested too deeply", YOUTUBE_DEPTH_MAX);
        } else if ((c == '}' || c == ']') && --scan->piece_depth == 0) {
            give_item(scan, from, at);
            return at;
        }
    }
    keep_item_bytes(scan, from, at);
    return at;
}

/* ---- pages ---- */

static void keep_page_byte(struct youtube_scan *scan, char c)
{
    if (scan->is_refused)
        return;
    if (scan->page.len == YOUTUBE_PAGE_BYTES_MAX) {
        refuse(scan, "a page without its items", "of too many bytes", YOUTUBE_PAGE_BYTES_MAX);
        return;
    }
    buffer_add_char(&scan->page, c);
}

static void keep_page_bytes(struct youtube_scan *scan, const char *from, const char *to)
{
    while (from < to && !scan->is_refused)
        keep_page_byte(scan, *from++);
}

/* The string at depth 1 that just ended; it is a key if a colon follows. */
static bool is_items_key(const struct youtube_scan *scan)
{
    static const char key[] = "\"items\"";
    size_t len = scan->page.len - scan->key_start;
    return len == sizeof(key) - 1 && memcmp(scan->page.data + scan->key_start, key, len) == 0;
}

static void note_key(struct youtube_scan *scan, char c)
{
    if (scan->depth == 1 && !is_space(c) && c != '"')
        scan->key = c == ':' && scan->key == SCAN_KEY_STRING ? SCAN_KEY_ITEMS : SCAN_KEY_NONE;
}

static void end_page(struct youtube_scan *scan)
{
    if (!scan->is_refused)
        scan->handler->on_page(scan->data, scan->page.data, scan->page.len);
    buffer_clear(&scan->page);
    scan->is_refused = false;
}

static void close_bracket(struct youtube_scan *scan)
{
    if (scan->depth == 2)
        scan->in_items = false;
    if (--scan->depth == 0)
        end_page(scan);
}

static void open_bracket(struct youtube_scan *scan, char c)
{
    if (scan->depth == 1 && c == '[' && scan->key == SCAN_KEY_ITEMS)
        scan->in_items = true;
    if (++scan->depth > YOUTUBE_DEPTH_MAX)
        refuse(scan, "a page", "nested too deeply", YOUTUBE_DEPTH_MAX);
}

/* One byte of a page outside of strings and items. */
static void scan_page_byte(struct youtube_scan *scan, char c)
{
    if (scan->in_items && c != ']') {
        scan->in_string = c == '"';
        return;  // commas between items; what is neither object nor array is nothing to us
    }
    if (c == '"') {
        if (scan->depth == 1)
            scan->key_start = scan->page.len;
        scan->in_string = true;
    }
    keep_page_byte(scan, c);
    if (c == '{' || c == '[') {
        open_bracket(scan, c);
        scan->key = SCAN_KEY_NONE;
    } else if (c == '}' || c == ']') {
        close_bracket(scan);
    } else {
        note_key(scan, c);
    }
}

static const char *scan_page(struct youtube_scan *scan, const char *at, const char *end)
{
    if (scan->in_string) {
        const char *from = at;
        at = skip_string(scan, at, end);
        if (!scan->in_items)
            keep_page_bytes(scan, from, at);
        if (!scan->in_string && scan->depth == 1)
            scan->key = is_items_key(scan) ? SCAN_KEY_STRING : SCAN_KEY_NONE;
        return at;
    }
    if (scan->in_items && scan->depth == 2 && (*at == '{' || *at == '[')) {
        return scan_item(scan, at, end);
    }
    scan_page_byte(scan, *at);
    return at + 1;
}

static const char *scan_between(struct youtube_scan *scan, const char *at, struct error *err)
{
    char c = *at;
    if (c == '{') {
        scan_page_byte(scan, c);
    } else if (c == '[' && scan->is_array_begun) {
        error_set(err, ERROR_DATA, "expected a JSON object or an array of them, got an array in an array");
        return NULL;
    } else if (!is_space(c) && c != '[' && c != ',' && c != ']') {
        error_set(err, ERROR_DATA, "expected a JSON object or an array of them, got the byte 0x%02x",
                  (unsigned char)c);
        return NULL;
    }
    if (!is_space(c))
        scan->is_array_begun = c == '[';
    return at + 1;
}

bool youtube_scan_feed(struct youtube_scan *scan, const char *bytes, size_t len, struct error *err)
{
    const char *at = bytes, *end = bytes + len;
    scan->fed = scan->depth == 0 ? len : scan->fed + len;
    if (scan->fed > YOUTUBE_UNBALANCED_BYTES_MAX)
        return error_set(err, ERROR_DATA, "a page that does not end within %d bytes", YOUTUBE_UNBALANCED_BYTES_MAX);
    while (at && at < end) {
        if (scan->piece_depth > 0) {
            at = scan_item(scan, at, end);
        } else if (scan->depth > 0) {
            at = scan_page(scan, at, end);
        } else {
            at = scan_between(scan, at, err);
        }
    }
    return at != NULL;
}
