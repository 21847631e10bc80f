/*
 * tiktok_reader.h - what TikTok's LIVE chat means: TikFinity's flat JSON events, and the webcast's protobuf frames.
 * Facts: third parties' knowledge of 2026-07 and 2026-08; TikTok publishes none. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "connector/fields.h"
#include "connector/proto_arena.h"

struct connector;
struct error;
struct tiktok_fold;

enum { TIKTOK_FRAME_BYTES_MAX = 8 * 1024 * 1024 };  // also of what is unpacked

struct tiktok_reader {
    struct connector *base;     // borrowed; its connector_deliver() gets the messages
    struct tiktok_fold *fold;   // owned
    struct field_scratch scratch;
    struct buffer text, inflated;
    struct proto_arena frame_arena, event_arena;
    struct { int64_t id; char title[512]; } poll;  // the last that began: its updates do not repeat the question
    int64_t room_id;            // 0: unknown
    bool is_ended;              // the broadcast is over; whoever reads it sets it back
    bool is_app_offline;        // TikFinity said that it lost TikTok
    uint64_t events;            // read, or known to mean nothing: signs that a broadcast runs
    uint64_t skipped;           // of unknown methods
    int64_t last_ms;            // the newest time by TikTok's clock; 0: none
    int64_t history_before_ms;  // what is resent and older is history; 0: all that is resent
    char unknown[64];           // the last one, so that it is logged once
};

/* base is filled in by then. */
void tiktok_reader_init(struct tiktok_reader *reader, struct connector *base);
void tiktok_reader_fini(struct tiktok_reader *reader);

/* With a loop: likes are summed up and streaks closed when they went silent; see tiktok_fold.h. */
void tiktok_reader_start(struct tiktok_reader *reader, int64_t streak_ms, int64_t likes_ms);

/*
 * One JSON object of TikFinity's. As of all of these: err must be given, and is what is returned: false if its code is
 * not ERROR_NONE. Each frame is noted by connector_begin_frame().
 */
bool tiktok_read_flat(struct tiktok_reader *reader, const char *text, size_t len, struct error *err);

/* What a push frame or a fetch result says besides its events. Borrowed until the reader is used again. */
struct tiktok_envelope {
    enum { TIKTOK_OTHER, TIKTOK_ENTERED, TIKTOK_EVENTS } type;
    int64_t log_id;
    bool needs_ack;
    struct str cursor, internal_ext, push_server;
    struct { struct str key, value; } route[64];
    size_t route_count;
};

/*
 * One binary frame of the webcast's websocket. False: the envelope or one of the events cannot be read; the others were
 * delivered, and *envelope holds what could be read.
 */
bool tiktok_read_push(struct tiktok_reader *reader, const void *bytes, size_t len, struct tiktok_envelope *envelope,
                      struct error *err);

/* The answer of the signed fetch: the same without the frame around it. */
bool tiktok_read_result(struct tiktok_reader *reader, const void *bytes, size_t len, struct tiktok_envelope *envelope,
                        struct error *err);

/* Recorded: a JSON object, or base64 of a push frame or of a fetch result. */
bool tiktok_read_recorded(struct tiktok_reader *reader, const char *text, size_t len, struct error *err);

/* The broadcast is over; delivered once. */
void tiktok_reader_end(struct tiktok_reader *reader, int64_t time_ms);
