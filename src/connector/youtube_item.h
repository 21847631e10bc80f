/*
 * youtube_item.h - what an item of YouTube's live chat means: one message or none.
 * Facts: developers.google.com/youtube/v3/live/docs/liveChatMessages, 2026-08. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connector;
struct error;
struct message_draft;

struct youtube_reader {
    struct connector *base;  // borrowed; its connector_deliver() gets the messages
    int64_t history_before_ms;  // Unix, YouTube's clock: what was written before is history; 0: nothing is
    int64_t last_ms;    // of the newest item read; 0: none
    int64_t oldest_ms;  // of the oldest item since it was set to 0
    bool is_ended;      // a chatEndedEvent came
    json_t *poll;       // owned; the web page's last open poll: its end names only a panel. NULL: none
    char unknown[64];   // the last unknown type, so that it is logged once
};

/* A liveChatMessage resource. False: err says what is missing. */
bool youtube_reader_read(struct youtube_reader *reader, const json_t *item, struct error *err);

/* json_parse_repaired() and youtube_reader_read(). */
bool youtube_reader_read_text(struct youtube_reader *reader, const char *text, size_t len, struct error *err);

/* When the item was written, Unix: the draft's time and whether it is history, and the reader's newest and oldest. */
void youtube_reader_note_time(struct youtube_reader *reader, struct message_draft *draft, int64_t time_ms);

/* Takes a reference. */
void youtube_reader_keep_poll(struct youtube_reader *reader, const json_t *poll);

/* The broadcast is over, said by the page and not by an item. chat: the liveChatId. */
void youtube_reader_end(struct youtube_reader *reader, const char *chat, int64_t time_ms);
