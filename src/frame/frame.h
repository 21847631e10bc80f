/*
 * frame.h - the shared frame stream: a view's picture from the overlay to whoever shows it.
 *
 * The writer owns a sealed memfd with several slots and hands its descriptor to readers over a Unix socket of the
 * user's alone. Neither ever waits for the other: the writer fills the slot that is oldest, a reader copies the
 * newest into memory of its own and throws the copy away if the slot changed meanwhile.
 *
 * Pixels are premultiplied 8-bit sRGB, bytes B G R A, rows from the top.
 *
 * Thread: a writer and a reader each belong to one thread, and need not be the same one or the same process.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct frame_writer;
struct frame_reader;

enum {
    FRAME_SIDE_MAX = 8192,   // px, width and height
    FRAME_ROW_SPANS = 15,    // stretches of a row; with more, the nearest are joined
    FRAME_DAMAGE_BOXES = 16, // per picture; with more, one box around them all
    FRAME_VIEWS_MAX = 256,   // in a list of views
};

/* Pixels from `from` up to, not including, `to`. */
struct frame_span {
    uint16_t from, to;
};

/* The stretches of a row that are not wholly transparent, from left to right. 64 bytes. */
struct frame_row {
    uint32_t count;
    struct frame_span spans[FRAME_ROW_SPANS];
};

/* px, right and bottom exclusive; laid out as pixman_box32_t. */
struct frame_box {
    int32_t left, top, right, bottom;
};

/*
 * Where a view's socket is, when nobody says otherwise: $XDG_RUNTIME_DIR/antiphon/frames-<view>.sock, or below
 * /tmp/antiphon-<uid> without that variable. The caller frees. NULL: a view's name has 1 to 64 letters, digits,
 * '-' and '_'.
 */
char *frame_socket_path(const char *view, struct error *err);

/*
 * The views that somebody publishes at this moment, by name, with a NULL behind the last; of other files and of what a dead writer
 * left behind none. A try to connect to each, without waiting. Release with frame_free_views().
 */
char **frame_list_views(void);
void frame_free_views(char **views);

/* ---- writer ---- */

struct frame_writer_options {
    const char *path;             // of the socket; its folder exists already
    int32_t width_px, height_px;  // 1 to FRAME_SIDE_MAX
    int slots;                    // 3 to 8; 0: 4
};

/*
 * Listens and has an empty picture ready. NULL, and err says why: ERROR_DENIED if another process serves this path,
 * ERROR_SYSTEM for the rest. A socket that a dead writer left behind is replaced.
 */
struct frame_writer *frame_writer_create(const struct frame_writer_options *options, struct error *err);
void frame_writer_destroy(struct frame_writer *writer);

/* Always the same descriptor. Call frame_writer_handle() when it is readable: readers come and go. */
int frame_writer_fd(const struct frame_writer *writer);
void frame_writer_handle(struct frame_writer *writer);

/*
 * Copies what changed since the last call and makes it the newest picture. pixels: the whole picture. damage: count
 * boxes, clipped here; NULL: everything. An empty list publishes nothing. Nothing on air is a picture without a
 * visible pixel, not the absence of one.
 */
void frame_writer_publish(struct frame_writer *writer, const void *pixels, size_t stride_bytes,
                          const struct frame_box *damage, size_t count);

/* "The overlay lives": call it a few times a second from the loop that also paints. Two stores. */
void frame_writer_beat(struct frame_writer *writer);

/*
 * Another size: new memory for all readers, who keep what they have until the next frame_writer_publish(), which
 * copies everything. On false all is as before.
 */
bool frame_writer_resize(struct frame_writer *writer, int32_t width_px, int32_t height_px, struct error *err);

/* Connected readers; pictures published so far. */
size_t frame_writer_readers(const struct frame_writer *writer);
uint64_t frame_writer_sequence(const struct frame_writer *writer);

/* ---- reader ---- */

enum frame_state {
    FRAME_NONE,   // nothing to show
    FRAME_LIVE,   // the newest picture of a writer that lives
    FRAME_STALE,  // the last picture of one that does not; shown for keep_ms
};

enum { FRAME_KEEP = -1 };

struct frame_reader_options {
    const char *path;  // of the writer's socket
    int64_t stale_ms;  // without a heartbeat; 0: 2000
    int64_t keep_ms;   // that a stale picture is still shown; 0: 8000, FRAME_KEEP: for ever
};

/* Private memory of the reader: no other process can change it. */
struct frame_picture {
    uint64_t sequence;     // grows with each picture of one writer; 1 is its first
    uint64_t generation;   // grows when the writer or the size is another: everything may be different
    int64_t published_ns;  // clock_monotonic_ns() of the writer, unchecked: for measuring only
    int32_t width_px, height_px;
    size_t stride_bytes;
    const uint8_t *pixels;        // zero outside the spans
    const struct frame_row *rows; // height_px of them
    const struct frame_box *damage;  // against the picture that the last successful poll left
    size_t damage_count;
    bool is_empty;  // no visible pixel
};

/* Connects by itself, in frame_reader_poll(), and again whenever the writer is lost. */
struct frame_reader *frame_reader_create(const struct frame_reader_options *options);
void frame_reader_destroy(struct frame_reader *reader);

/* Other times than it was created with, as in its options; from the next poll on. */
void frame_reader_set_times(struct frame_reader *reader, int64_t stale_ms, int64_t keep_ms);

/*
 * Takes what is new; never waits. True: picture or state are other than before. Without news it costs a few loads
 * and one system call.
 */
bool frame_reader_poll(struct frame_reader *reader);

/* A descriptor, always the same, that is readable when a poll may find news; and how long one may wait for it. */
int frame_reader_fd(const struct frame_reader *reader);
int frame_reader_wait_ms(const struct frame_reader *reader);

enum frame_state frame_reader_state(const struct frame_reader *reader);

/* Borrowed until the next poll. NULL in FRAME_NONE. */
const struct frame_picture *frame_reader_picture(const struct frame_reader *reader);

/* Why there is no live picture, in words for people; "" when there is one. Borrowed until the next poll. */
const char *frame_reader_trouble(const struct frame_reader *reader);
