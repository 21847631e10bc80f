/*
 * html_text.h - a chat line that comes as HTML (Social Stream Ninja, Owncast) as plain text with emotes.
 * Tags go, entities become characters, each <img> becomes its alternative text with the picture as an emote. What comes
 * of it is text and never markup again. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/str.h"
#include "chat/message.h"

enum { HTML_EMOTES_MAX = 200 };

/* {0} is empty and may be filled again and again. Everything points into its own memory until it is filled anew. */
struct html_text {
    struct str text;              // trimmed
    struct str quote;             // what stood in a leading <i><small>…</small></i>: what is answered
    const struct emote *emotes;   // of text
    size_t emote_count;
    // private
    struct buffer bytes, names;   // of text; of names and addresses
    struct html_emote *found;     // offsets, until the buffers stand still
    size_t found_count;
    struct emote *made;
};

/* base: put before addresses that are relative ("https://socialstream.ninja/"); "": such pictures have no address. */
void html_text_read(struct html_text *out, struct str html, const char *base);
void html_text_fini(struct html_text *out);
