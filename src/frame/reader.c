#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "frame/frame.h"
#include "frame/rows.h"
#include "frame/stream.h"
#include "frame/wire.h"

enum {
    RETRY_MS = 200,       // for a writer that is not there: one cheap system call, then half as long again each time
    RETRY_MAX_MS = 1000,  // how long an overlay that is back may go unseen
    RETRY_BAD_MS = 1000,  // for one that talks nonsense
    LOOK_MS = 250,        // for a heartbeat that may come back
    MESSAGES_MAX = 64,    // taken in one poll
    TORN_MAX = 3,         // attempts in one poll
};

struct frame_reader {
    struct frame_reader_options options;
    char *path;  // owned
    int fd;      // of the writer; -1: not connected
    int epoll_fd;
    int64_t retry_at_ns, retry_ms;

    struct stream stream;   // whose pictures are shown
    struct stream waiting;  // newer memory, without a picture yet
    uint64_t generation;

    struct copy copies[2];
    int front;  // the copy that is shown
    struct frame_picture picture;
    struct boxes damage;
    bool has_picture;

    int64_t heartbeat_ns;  // as the writer wrote it last
    int64_t alive_ns;      // when we saw it change: our clock, since the writer's word is not believed
    enum frame_state state;
    char trouble[640];
    char logged[640];  // so that one complaint is not repeated every second
};

static void set_trouble(struct frame_reader *reader, const char *text)
{
    snprintf(reader->trouble, sizeof(reader->trouble), "%s: %s", reader->path, text);
}

/* ---- connection ---- */

static void disconnect(struct frame_reader *reader, int64_t retry_ms)
{
    if (reader->fd >= 0)
        close(reader->fd);
    reader->fd = -1;
    stream_close(&reader->stream);
    stream_close(&reader->waiting);
    reader->retry_at_ns = clock_monotonic_ns() + retry_ms * NS_PER_MS;
}

/* A broken or hostile writer: its last good picture stays until it is too old. */
static void refuse(struct frame_reader *reader, const char *why)
{
    set_trouble(reader, why);
    if (strcmp(reader->trouble, reader->logged) != 0)
        log_warn("frame/reader", "%s", reader->trouble);
    strcpy(reader->logged, reader->trouble);
    disconnect(reader, RETRY_BAD_MS);
}

static void connect_writer(struct frame_reader *reader)
{
    int fd = wire_connect(reader->path);
    if (fd < 0) {
        set_trouble(reader, errno == ENOENT || errno == ECONNREFUSED ? "no overlay publishes here yet"
                                                                     : strerror(errno));
        reader->retry_at_ns = clock_monotonic_ns() + reader->retry_ms * NS_PER_MS;
        reader->retry_ms = reader->retry_ms * 3 / 2 < RETRY_MAX_MS ? reader->retry_ms * 3 / 2 : RETRY_MAX_MS;
        return;
    }
    reader->fd = fd;
    reader->retry_ms = RETRY_MS;
    if (!wire_peer_is_us(fd)) {
        refuse(reader, "another user's process publishes here; it is not believed");
        return;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(reader->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
        refuse(reader, strerror(errno));
}

static void open_memory(struct frame_reader *reader, int memory_fd)
{
    struct error err = {0};
    stream_close(&reader->waiting);
    if (!stream_open(&reader->waiting, memory_fd, &err))
        refuse(reader, err.text);
}

/* False: the writer is gone; what it published last may still be taken. */
static bool take_messages(struct frame_reader *reader)
{
    for (int i = 0; i < MESSAGES_MAX && reader->fd >= 0; i++) {
        struct wire_message message;
        int memory_fd;
        enum wire_result result = wire_receive(reader->fd, &message, &memory_fd);
        if (result == WIRE_NOTHING)
            break;
        if (result == WIRE_CLOSED)
            return false;
        if (result == WIRE_BROKEN) {
            refuse(reader, "the writer's messages cannot be read");
        } else if (message.type == WIRE_MEMORY && memory_fd >= 0) {
            open_memory(reader, memory_fd);
        }
        if (memory_fd >= 0)
            close(memory_fd);
    }
    return true;
}

/* ---- pictures ---- */

/* The old picture stays in front until the new writer has one. */
static void switch_stream(struct frame_reader *reader)
{
    if (!reader->waiting.map || stream_newest(&reader->waiting) == 0)
        return;
    stream_close(&reader->stream);
    reader->stream = reader->waiting;
    reader->waiting = (struct stream){0};
    reader->generation++;
    reader->copies[0].sequence = reader->copies[1].sequence = 0;
    reader->heartbeat_ns = 0;
}

static void show(struct frame_reader *reader, int index)
{
    const struct copy *copy = &reader->copies[index];
    reader->front = index;
    reader->has_picture = true;
    reader->picture = (struct frame_picture){
        .sequence = copy->sequence,
        .generation = reader->generation,
        .published_ns = copy->published_ns,
        .width_px = copy->layout.width_px,
        .height_px = copy->layout.height_px,
        .stride_bytes = copy->layout.stride_bytes,
        .pixels = copy->pixels,
        .rows = copy->rows,
        .damage = reader->damage.list,
        .damage_count = reader->damage.count,
        .is_empty = rows_are_empty(copy->rows, copy->layout.height_px),
    };
}

/* True: a newer picture is shown. */
static bool take_picture(struct frame_reader *reader)
{
    for (int i = 0; i < TORN_MAX; i++) {
        uint64_t newest = reader->stream.map ? stream_newest(&reader->stream) : 0;
        uint64_t shown = reader->copies[reader->front].sequence;
        if (newest == 0 || newest == shown)
            return false;
        enum stream_result result = stream_take(&reader->stream, newest, &reader->copies[!reader->front]);
        if (result == STREAM_TORN)
            continue;
        struct boxes damage;
        if (result != STREAM_TAKEN || !stream_damage(&reader->stream, shown, newest, &damage)) {
            refuse(reader, result == STREAM_FULL ? "no memory for a picture"
                                                 : "a picture whose spans or damage lie outside it");
            return false;
        }
        reader->damage = damage;
        show(reader, !reader->front);
        return true;
    }
    return false;
}

/* ---- life ---- */

static enum frame_state judge(struct frame_reader *reader, int64_t now_ns)
{
    if (reader->stream.map) {
        int64_t heartbeat_ns = stream_heartbeat_ns(&reader->stream);
        if (heartbeat_ns != reader->heartbeat_ns)
            reader->alive_ns = now_ns;
        reader->heartbeat_ns = heartbeat_ns;
    }
    int64_t silent_ms = (now_ns - reader->alive_ns) / NS_PER_MS;
    if (!reader->has_picture)
        return FRAME_NONE;
    if (silent_ms < reader->options.stale_ms)
        return FRAME_LIVE;
    if (reader->options.keep_ms == FRAME_KEEP || silent_ms < reader->options.stale_ms + reader->options.keep_ms)
        return FRAME_STALE;
    return FRAME_NONE;
}

bool frame_reader_poll(struct frame_reader *reader)
{
    int64_t now_ns = clock_monotonic_ns();
    if (reader->fd < 0 && now_ns >= reader->retry_at_ns)
        connect_writer(reader);
    bool is_connected = take_messages(reader);
    switch_stream(reader);
    bool is_new = take_picture(reader);
    enum frame_state state = judge(reader, now_ns);
    if (!is_connected)
        disconnect(reader, 0);
    if (state == FRAME_LIVE && reader->fd >= 0)
        reader->trouble[0] = '\0';
    else if (reader->fd >= 0)
        set_trouble(reader, reader->has_picture ? "the overlay's heart does not beat" : "no picture yet");
    bool is_changed = is_new || state != reader->state;
    reader->state = state;
    return is_changed;
}

int frame_reader_wait_ms(const struct frame_reader *reader)
{
    int64_t now_ns = clock_monotonic_ns();
    int64_t silent_ms = (now_ns - reader->alive_ns) / NS_PER_MS;
    int64_t wait_ms = 60000;
    if (reader->fd < 0)
        wait_ms = (reader->retry_at_ns - now_ns) / NS_PER_MS + 1;
    if (reader->state == FRAME_LIVE && reader->options.stale_ms - silent_ms < wait_ms)
        wait_ms = reader->options.stale_ms - silent_ms;
    else if (reader->state != FRAME_LIVE && reader->has_picture && wait_ms > LOOK_MS)
        wait_ms = LOOK_MS;
    return wait_ms < 1 ? 1 : (int)wait_ms;
}

int frame_reader_fd(const struct frame_reader *reader)
{
    return reader->epoll_fd;
}

enum frame_state frame_reader_state(const struct frame_reader *reader)
{
    return reader->state;
}

const struct frame_picture *frame_reader_picture(const struct frame_reader *reader)
{
    return reader->state == FRAME_NONE ? NULL : &reader->picture;
}

const char *frame_reader_trouble(const struct frame_reader *reader)
{
    return reader->trouble;
}

void frame_reader_set_times(struct frame_reader *reader, int64_t stale_ms, int64_t keep_ms)
{
    reader->options.stale_ms = stale_ms ? stale_ms : 2000;
    reader->options.keep_ms = keep_ms ? keep_ms : 8000;
}

struct frame_reader *frame_reader_create(const struct frame_reader_options *options)
{
    struct frame_reader *reader = xcalloc(1, sizeof(*reader));
    reader->options = *options;
    reader->path = xstrdup(options->path);
    frame_reader_set_times(reader, options->stale_ms, options->keep_ms);
    reader->fd = -1;
    reader->retry_ms = RETRY_MS;
    reader->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    set_trouble(reader, "no overlay publishes here yet");
    return reader;
}

void frame_reader_destroy(struct frame_reader *reader)
{
    if (!reader)
        return;
    disconnect(reader, 0);
    close(reader->epoll_fd);
    copy_fini(&reader->copies[0]);
    copy_fini(&reader->copies[1]);
    free(reader->path);
    free(reader);
}
