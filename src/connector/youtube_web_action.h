/*
 * youtube_web_action.h - what an action of YouTube's web page (InnerTube, get_live_chat) means: one message or none.
 * Nobody promises these shapes; they were read from pages of 2026-11. What is not known is passed over, logged once.
 * Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connector/youtube_item.h"

/* One element of `actions`. False: err says what cannot be read. */
bool youtube_web_read(struct youtube_reader *reader, const json_t *action, struct error *err);

/* Where to go on. */
struct youtube_web_next {
    const char *continuation;  // borrowed from the page; NULL: the chat is over, or the page shows none
    int64_t timeout_ms;        // 0: not told
    size_t items;              // actions of the page
};

/*
 * A whole page: get_live_chat's answer, or the ytInitialData of the popped-out chat, whose continuation is that of the
 * whole chat and not of its top. Reads its actions; what of it cannot be read is in err, and the rest is read.
 */
bool youtube_web_read_page(struct youtube_reader *reader, const json_t *page, struct youtube_web_next *next,
                           struct error *err);

/* True if the text looks like such a page or action, and not like one of the Data API's. */
bool youtube_web_is_page(const char *text, size_t len);
