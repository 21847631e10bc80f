/*
 * youtube_web_item.h - an item of YouTube's web page becomes a message: its renderer, texts of runs, pictures, authors.
 * Shared by youtube_web_item.c and youtube_web_action.c only. What is borrowed lies in the page. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/str.h"
#include "chat/message.h"
#include "connector/youtube_item.h"

enum { YOUTUBE_WEB_EMOTES_MAX = 128, YOUTUBE_WEB_BADGES_MAX = 8, YOUTUBE_WEB_KEY_BYTES = 512, YOUTUBE_WEB_URL_BYTES = 1024 };

/* One action on its way to a message: begin, fill draft and extras, deliver. */
struct youtube_web_item {
    struct youtube_reader *reader;
    const json_t *renderer;
    struct message_draft draft;
    json_t *extras;        // owned; becomes draft.detail
    struct buffer text, title;  // of runs
    struct emote emotes[YOUTUBE_WEB_EMOTES_MAX];
    struct str badges[YOUTUBE_WEB_BADGES_MAX];
    char key[YOUTUBE_WEB_KEY_BYTES], avatar[YOUTUBE_WEB_URL_BYTES];
};

void youtube_web_begin_item(struct youtube_web_item *item, struct youtube_reader *reader, const json_t *renderer);

/* The message goes out if it is good; what the item holds is released in any case. Gives is_good back. */
bool youtube_web_deliver_item(struct youtube_web_item *item, bool is_good);

/* {"NAME":{…}} with the name of a renderer: all of the above. False: err says what cannot be read. */
bool youtube_web_read_item(struct youtube_reader *reader, const json_t *holder, struct error *err);

/* {"simpleText":…}, {"runs":[…]} or {"content":…}; runs are put together in out. wants_emotes: into item.emotes. */
struct str youtube_web_text(struct youtube_web_item *item, const json_t *holder, struct buffer *out, bool wants_emotes);

/* The renderer's text at key, without emotes; stands until the next one. */
struct str youtube_web_plain(struct youtube_web_item *item, const char *key);

/* The largest picture: the last. Scheme-relative ones get theirs. "" if there is none. */
struct str youtube_web_picture(const json_t *image, char url[YOUTUBE_WEB_URL_BYTES]);

/* The first number in it; otherwise if there is none. */
int64_t youtube_web_number(struct str text, int64_t otherwise);

/* object.a.b.c; NULL: absent. */
const json_t *youtube_web_walk(const json_t *object, const char *path);

/* A name that the page is not known to use, once. */
void youtube_web_note_unknown(struct youtube_reader *reader, const char *name);
