#include "net/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "net/dial.h"
#include "net/loop.h"
#include "net/wire.h"

enum {
    OPEN_TIMEOUT_MS = 15000, LINE_BYTES = 64 << 10, QUEUE_BYTES = 256 << 10, READ_BYTES = 16 << 10, READS_A_TURN = 8,
    GOODBYE_MS = 3000,
};

enum state { STATE_CONNECTING, STATE_HANDSHAKE, STATE_OPEN, STATE_ENDED };

struct lines {
    struct loop *loop;
    struct lines_options options;  // strings owned; limits filled in
    char *label;                   // "ircs" and the like are not ours to know: "host:port"
    enum state state;
    struct dial *dial;
    struct wire *wire;
    struct watch *watch;
    struct timer deadline;  // to open, and to close
    struct timer idle, again;
    struct buffer in;       // of which no line end has come
    bool is_cut;            // the line in hand was too long and has been told
    struct buffer out;
    int reads_want, writes_want;  // of enum loop_events: TLS may read in order to write
    bool is_closing;
    bool is_busy, is_destroyed;   // the handler runs: freed when it has returned
    int64_t alive_ms;
};

static void lines_free(struct lines *lines)
{
    loop_unwatch(lines->watch);
    wire_destroy(lines->wire);
    dial_cancel(lines->dial);
    timer_stop(&lines->deadline);
    timer_stop(&lines->idle);
    timer_stop(&lines->again);
    buffer_fini(&lines->in);
    buffer_fini(&lines->out);
    free((char *)lines->options.host);
    free((char *)lines->options.tls_name);
    free((char *)lines->options.ca_file);
    free(lines->label);
    free(lines);
}

static bool is_over(const struct lines *lines)
{
    return lines->is_destroyed || lines->state == STATE_ENDED;
}

/* The one way to the end. The owner may destroy the lines in on_close. */
static void finish(struct lines *lines, const struct error *error)
{
    if (is_over(lines))
        return;
    struct lines_close end = {.was_open = lines->state == STATE_OPEN, .error = *error};
    if (lines->is_closing && end.was_open)
        error_set(&end.error, ERROR_NONE, "closed by us");
    error_prefix(&end.error, "%s", lines->label);
    lines->state = STATE_ENDED;
    loop_unwatch(lines->watch);
    lines->watch = NULL;
    wire_destroy(lines->wire);
    lines->wire = NULL;
    dial_cancel(lines->dial);
    lines->dial = NULL;
    timer_stop(&lines->deadline);
    timer_stop(&lines->idle);
    timer_stop(&lines->again);
    buffer_clear(&lines->out);
    lines->options.handler->on_close(lines->options.data, &end);
}

static void finish_text(struct lines *lines, enum error_code code, const char *text)
{
    struct error error = {0};
    error_set(&error, code, "%s", text);
    finish(lines, &error);
}

/* --- What comes --- */

/* Its length without the CR. */
static size_t bare_len(const char *text, size_t len)
{
    return len - (len > 0 && text[len - 1] == '\r');
}

static void tell_line(struct lines *lines, char *text, size_t len, bool is_cut)
{
    char kept = text[len];
    text[len] = '\0';
    lines->options.handler->on_line(lines->options.data, text, len, is_cut);
    text[len] = kept;
}

/* What is left without an end: kept, or told as the beginning of a line that is too long. */
static void keep_rest(struct lines *lines, size_t at)
{
    struct buffer *in = &lines->in;
    size_t limit = lines->options.line_bytes_max;
    if (lines->is_cut) {
        buffer_clear(in);
        return;
    }
    buffer_consume(in, at);
    if (in->len == 0 || bare_len(in->data, in->len) <= limit)
        return;
    lines->is_cut = true;
    tell_line(lines, in->data, limit, true);
    buffer_clear(in);
}

/* Takes whole lines off the buffer. The handler may destroy us: then nothing more is told. */
static void take_lines(struct lines *lines, size_t searched)
{
    struct buffer *in = &lines->in;
    size_t at = 0, limit = lines->options.line_bytes_max;
    while (!is_over(lines)) {
        size_t from = at > searched ? at : searched;
        char *end = in->len > from ? memchr(in->data + from, '\n', in->len - from) : NULL;
        if (!end)
            break;
        char *line = in->data + at;
        size_t len = bare_len(line, (size_t)(end - line));
        at = (size_t)(end - in->data) + 1;
        if (!lines->is_cut)
            tell_line(lines, line, len > limit ? limit : len, len > limit);
        lines->is_cut = false;
    }
    if (!is_over(lines))
        keep_rest(lines, at);
}

static int want_of(enum wire_result result)
{
    return result == WIRE_WANTS_WRITE ? LOOP_WRITABLE : LOOP_READABLE;
}

static void heard(struct lines *lines)
{
    lines->alive_ms = clock_monotonic_ms();
    if (lines->options.idle_ms)
        timer_start(&lines->idle, lines->options.idle_ms);
}

static void read_wire(struct lines *lines)
{
    enum wire_result result = WIRE_DONE;
    struct error err = {0};
    for (int i = 0; i < READS_A_TURN && result == WIRE_DONE && !is_over(lines); i++) {
        struct buffer *in = &lines->in;
        size_t got = 0, before = in->len;
        result = wire_read(lines->wire, buffer_reserve(in, READ_BYTES + 1), READ_BYTES, &got, &err);
        if (result != WIRE_DONE)
            break;
        in->len += got;
        heard(lines);
        take_lines(lines, before);
    }
    if (is_over(lines))
        return;
    lines->reads_want = want_of(result);
    if (result == WIRE_ENDED)
        finish_text(lines, ERROR_AGAIN, "the server closed the connection");
    else if (result == WIRE_FAILED)
        finish(lines, &err);
    else if (result == WIRE_DONE && wire_has_more(lines->wire))
        timer_start(&lines->again, 0);
}

/* --- What goes --- */

static void write_wire(struct lines *lines)
{
    struct error err = {0};
    enum wire_result result = WIRE_DONE;
    lines->writes_want = 0;
    while (lines->out.len > 0 && result == WIRE_DONE) {
        size_t put = 0;
        result = wire_write(lines->wire, lines->out.data, lines->out.len, &put, &err);
        buffer_consume(&lines->out, put);
    }
    if (result == WIRE_FAILED || result == WIRE_ENDED) {
        if (result == WIRE_ENDED)
            error_set(&err, ERROR_AGAIN, "the server closed the connection");
        finish(lines, &err);
    } else if (result != WIRE_DONE) {
        lines->writes_want = want_of(result);
    } else if (lines->is_closing) {
        finish_text(lines, ERROR_NONE, "closed by us");
    }
}

/* --- The loop's calls --- */

static void end_call(struct lines *lines)
{
    lines->is_busy = false;
    if (lines->is_destroyed)
        lines_free(lines);
    else if (lines->watch)
        watch_set_events(lines->watch, lines->reads_want | lines->writes_want);
}

static void shake_hands(struct lines *lines)
{
    struct error err = {0};
    enum wire_result result = wire_handshake(lines->wire, &err);
    if (result == WIRE_FAILED) {
        finish(lines, &err);
    } else if (result == WIRE_ENDED) {
        finish_text(lines, ERROR_AGAIN, "the server closed the connection within the TLS handshake");
    } else if (result != WIRE_DONE) {
        lines->reads_want = want_of(result);
    } else {
        lines->state = STATE_OPEN;
        lines->reads_want = LOOP_READABLE;
        timer_stop(&lines->deadline);
        heard(lines);
        if (lines->options.handler->on_open)
            lines->options.handler->on_open(lines->options.data);
        if (!is_over(lines) && wire_has_more(lines->wire))
            timer_start(&lines->again, 0);
    }
}

static void run(struct lines *lines)
{
    lines->is_busy = true;
    if (lines->state == STATE_HANDSHAKE) {
        shake_hands(lines);
    } else {
        read_wire(lines);
        if (!is_over(lines))
            write_wire(lines);
    }
    end_call(lines);
}

static void handle_events(void *data, int events)
{
    run(data);
}

static void handle_again(void *data)
{
    run(data);
}

static void handle_idle(void *data)
{
    struct lines *lines = data;
    timer_start(&lines->idle, lines->options.idle_ms);
    lines->is_busy = true;
    if (lines->options.handler->on_idle)
        lines->options.handler->on_idle(lines->options.data);
    end_call(lines);
}

static void handle_deadline(void *data)
{
    struct lines *lines = data;
    char text[80];
    snprintf(text, sizeof(text), "no answer within %.1f s", (double)lines->options.open_timeout_ms / 1000);
    lines->is_busy = true;
    finish_text(lines, lines->is_closing ? ERROR_NONE : ERROR_AGAIN, lines->is_closing ? "closed by us" : text);
    end_call(lines);
}

static void handle_dialled(void *data, int fd, const struct error *error)
{
    struct lines *lines = data;
    const struct wire_tls tls = {lines->options.tls_name, lines->options.ca_file};
    struct error err = *error;
    lines->dial = NULL;
    lines->is_busy = true;
    if (fd >= 0)
        lines->wire = wire_create(fd, lines->options.is_tls ? &tls : NULL, &err);
    if (lines->wire) {
        lines->state = STATE_HANDSHAKE;
        lines->watch = loop_watch_events(lines->loop, fd, LOOP_READABLE | LOOP_WRITABLE, handle_events, lines);
        shake_hands(lines);
    } else {
        finish(lines, &err);
    }
    end_call(lines);
}

/* --- The door --- */

static void copy_options(struct lines *lines, const struct lines_options *from)
{
    struct lines_options *options = &lines->options;
    *options = *from;
    options->host = xstrdup(from->host);
    options->tls_name = xstrdup(from->tls_name ? from->tls_name : from->host);
    options->ca_file = xstrdup(from->ca_file);
    options->proxy = NULL;
    options->open_timeout_ms = from->open_timeout_ms ? from->open_timeout_ms : OPEN_TIMEOUT_MS;
    options->line_bytes_max = from->line_bytes_max ? from->line_bytes_max : LINE_BYTES;
    options->queue_bytes_max = from->queue_bytes_max ? from->queue_bytes_max : QUEUE_BYTES;
}

struct lines *lines_create(struct loop *loop, const struct lines_options *options, struct error *err)
{
    if (!options->host || !options->host[0] || !options->port) {
        error_set(err, ERROR_DATA, "host and port are missing");
        return NULL;
    }
    if (options->ca_file && access(options->ca_file, R_OK) != 0) {
        error_errno(err, "%s", options->ca_file);
        return NULL;
    }
    struct lines *lines = xcalloc(1, sizeof(*lines));
    lines->loop = loop;
    copy_options(lines, options);
    lines->label = xasprintf("%s:%u", options->host, options->port);
    timer_init(&lines->deadline, loop, handle_deadline, lines);
    timer_init(&lines->idle, loop, handle_idle, lines);
    timer_init(&lines->again, loop, handle_again, lines);
    struct dial_options dial = {.host = options->host, .port = options->port, .proxy = options->proxy, .data = lines,
                                .timeout_ms = lines->options.open_timeout_ms, .on_done = handle_dialled};
    lines->dial = dial_start(loop, &dial, err);
    if (!lines->dial) {
        lines_free(lines);
        return NULL;
    }
    timer_start(&lines->deadline, lines->options.open_timeout_ms);
    return lines;
}

void lines_destroy(struct lines *lines)
{
    if (!lines)
        return;
    lines->is_destroyed = true;
    if (!lines->is_busy)
        lines_free(lines);
}

bool lines_send(struct lines *lines, const char *text, size_t len, struct error *err)
{
    if (lines->state != STATE_OPEN || lines->is_closing)
        return error_set(err, ERROR_AGAIN, "%s: not connected", lines->label);
    if (len && (memchr(text, '\n', len) || memchr(text, '\r', len) || memchr(text, '\0', len)))
        return error_set(err, ERROR_DATA, "%s: a line holds the end of a line within", lines->label);
    if (lines->out.len + len + 2 > lines->options.queue_bytes_max)
        return error_set(err, ERROR_AGAIN, "%s: %zu bytes wait to be sent already", lines->label, lines->out.len);
    buffer_add(&lines->out, text, len);
    buffer_add(&lines->out, "\r\n", 2);
    // Written in the loop's turn, together with what follows.
    lines->writes_want |= LOOP_WRITABLE;
    watch_set_events(lines->watch, lines->reads_want | lines->writes_want);
    return true;
}

void lines_close(struct lines *lines)
{
    if (lines->state == STATE_ENDED || lines->is_closing)
        return;
    lines->is_closing = true;
    if (lines->state == STATE_OPEN) {
        lines->writes_want |= LOOP_WRITABLE;
        watch_set_events(lines->watch, lines->reads_want | lines->writes_want);
    }
    timer_start(&lines->deadline, lines->state == STATE_OPEN ? GOODBYE_MS : 0);
}

int64_t lines_alive_ms(const struct lines *lines)
{
    return lines->alive_ms;
}

size_t lines_queued_bytes(const struct lines *lines)
{
    return lines->out.len;
}
