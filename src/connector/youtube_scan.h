/*
 * youtube_scan.h - cuts what YouTube sends into pieces, however the network cut it before.
 * A stream is one JSON array of pages that is never closed while the broadcast lives; a page is an object with an
 * array `items`. Each item is given out alone, then the page without its items. Bare pages behind one another are
 * taken too. Nothing is parsed here beyond strings, brackets and that one key. Thread: its owner's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct error;

enum {
    YOUTUBE_ITEM_BYTES_MAX = 256 * 1024,
    YOUTUBE_PAGE_BYTES_MAX = 256 * 1024,  // without its items
    YOUTUBE_DEPTH_MAX = 48,
    YOUTUBE_UNBALANCED_BYTES_MAX = 64 * 1024 * 1024,  // a page whose brackets never close is no page
};

struct youtube_scan_handler {
    /* One element of `items`, balanced but perhaps no JSON; borrowed until it returns. */
    void (*on_item)(void *data, const char *text, size_t len);
    /* The page around them, `"items":[]`. */
    void (*on_page)(void *data, const char *text, size_t len);
    /* An item or a page is too long or too deep; it is left out, and the next ones are read. */
    void (*on_refused)(void *data, const struct error *err);
};

struct youtube_scan {
    const struct youtube_scan_handler *handler;
    void *data;
    struct buffer page, item;
    int depth;          // of brackets; 0: between pages
    int piece_depth;    // of the item that is read; 0: none
    bool in_string, is_escaped;
    bool in_items;
    bool is_array_begun;  // the last byte between two pages was a '['
    bool is_refused;    // the piece being read is left out
    size_t fed;         // bytes since the last moment between two pages
    size_t key_start;   // of the last string at depth 1, in page
    enum { SCAN_KEY_NONE, SCAN_KEY_STRING, SCAN_KEY_ITEMS } key;  // "items" was read; and its colon
};

void youtube_scan_init(struct youtube_scan *scan, const struct youtube_scan_handler *handler, void *data);
void youtube_scan_fini(struct youtube_scan *scan);

/* Forgets what is half read: for a new connection. */
void youtube_scan_reset(struct youtube_scan *scan);

/* False: this is no array of objects, or has no end; reset before more comes. */
bool youtube_scan_feed(struct youtube_scan *scan, const char *bytes, size_t len, struct error *err);

/* Nothing is half read. */
bool youtube_scan_is_between(const struct youtube_scan *scan);
