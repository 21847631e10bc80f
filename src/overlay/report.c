#include "overlay/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uscript.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "net/base64.h"
#include "net/loop.h"
#include "overlay/link.h"
#include "overlay/png.h"
#include "overlay/preflight.h"
#include "overlay/scene.h"
#include "overlay/view.h"

enum { PREVIEW_WIDTH = 480, STILL_EVERY_MS = 250, MOVING_EVERY_MS = 1000, MOVING_FIRST_MS = 200, LOOK_MS = 100, SETTLE_MS = 20 };

/* The small picture of one view. */
struct preview {
    bool is_old;
    int64_t changed_ms;  // monotonic: since when it is old
    int64_t sent_ms;     // monotonic
    int64_t moving_ms;   // the same, of the last that was sent while something moved
    uint64_t hash;       // of the pixels that were sent last
    bool is_sent;        // one was, over this link
};

struct report {
    struct report_options options;
    char *revision;          // owned; NULL: nothing applied yet
    int64_t applied_ms;      // Unix
    int64_t painted_ms;      // monotonic, the same moment
    struct timer state, preview;
    struct preview *previews;  // owned; by view
};

static void send_buffer(struct report *report, struct buffer *text)
{
    link_send(report->options.link, text->data, text->len);
    buffer_fini(text);
}

static void add_comma(struct buffer *out)
{
    if (out->len > 0 && out->data[out->len - 1] == '}')
        buffer_add_char(out, ',');
}

static void add_text(struct buffer *out, const char *key, const char *text)
{
    buffer_printf(out, "\"%s\":", key);
    buffer_add_json(out, text, strlen(text));
}

static void add_character(struct buffer *out, const char *view, uint32_t scalar, int64_t question)
{
    UErrorCode status = U_ZERO_ERROR;
    const char *script = uscript_getShortName(uscript_getScript((UChar32)scalar, &status));
    char text[5] = {0};
    utf8_encode(scalar, text);
    add_comma(out);
    buffer_add_char(out, '{');
    add_text(out, "view", view);
    buffer_add_char(out, ',');
    add_text(out, "text", text);
    buffer_add_char(out, ',');
    add_text(out, "script", script ? script : "Zzzz");
    if (question)
        buffer_printf(out, ",\"question\":%lld", (long long)question);
    buffer_add_char(out, '}');
}

static void add_missing(struct buffer *out, const struct view *view, const struct node *node)
{
    for (size_t at = 0; at + sizeof(uint32_t) <= node->missing.len; at += sizeof(uint32_t)) {
        uint32_t scalar;
        memcpy(&scalar, node->missing.data + at, sizeof(scalar));
        add_character(out, view_name(view), scalar, 0);
    }
}

static void add_card(struct buffer *out, const char *view, const char *card)
{
    add_comma(out);
    buffer_add_char(out, '{');
    add_text(out, "view", view);
    buffer_add_char(out, ',');
    add_text(out, "card", card);
    buffer_add_char(out, '}');
}

static void add_skipped(struct buffer *out, const struct view *view, const struct node *node)
{
    if (node->is_skipped)
        add_card(out, view_name(view), node->id);
}

static void add_bad_themes(const struct report *report, struct buffer *out)
{
    buffer_add_string(out, ",\"bad_themes\":[");
    for (size_t i = 0; i < report->options.view_count; i++) {
        const char *error = view_theme_error(report->options.views[i]);
        if (!error)
            continue;
        add_comma(out);
        buffer_add_char(out, '{');
        add_text(out, "view", view_name(report->options.views[i]));
        buffer_add_char(out, ',');
        add_text(out, "error", error);
        buffer_add_char(out, '}');
    }
    buffer_add_char(out, ']');
}

/* The faces are the same for all views, so what is not on air yet is told for the first. */
struct ahead {
    struct buffer *out;
    const char *view;
    bool is_skipped;  // which of the two lists is written
};

static void add_ahead(void *data, int64_t question, uint32_t scalar)
{
    const struct ahead *ahead = data;
    char card[32];
    snprintf(card, sizeof(card), "question:%lld", (long long)question);
    if (ahead->is_skipped && scalar == 0)
        add_card(ahead->out, ahead->view, card);
    else if (!ahead->is_skipped && scalar != 0)
        add_character(ahead->out, ahead->view, scalar, question);
}

static void add_each(struct report *report, struct buffer *out, const char *key,
    void (*add)(struct buffer *, const struct view *, const struct node *))
{
    buffer_printf(out, ",\"%s\":[", key);
    for (size_t i = 0; i < report->options.view_count; i++) {
        const struct view *view = report->options.views[i];
        const struct node *node;
        list_for_each(node, &view_scene(view)->nodes, link) {
            if (node->state == NODE_SHOWN)
                add(out, view, node);
        }
    }
    struct ahead ahead = {out, view_name(report->options.views[0]), add == add_skipped};
    preflight_each(report->options.preflight, add_ahead, &ahead);
    buffer_add_char(out, ']');
}

static void send_state(void *data)
{
    struct report *report = data;
    if (!report->revision || report->options.view_count == 0)
        return;
    struct buffer text = {0};
    buffer_add_string(&text, "{\"type\":\"report\",\"applied\":{");
    add_text(&text, "revision", report->revision);
    buffer_printf(&text, ",\"at_ms\":%lld,\"age_ms\":%lld}", (long long)report->applied_ms,
        (long long)(clock_monotonic_ms() - report->painted_ms));
    add_each(report, &text, "missing", add_missing);
    add_each(report, &text, "skipped", add_skipped);
    add_bad_themes(report, &text);
    buffer_add_char(&text, '}');
    send_buffer(report, &text);
}

/* ---- previews */

/* FNV-1a by words: whether it looks like the one before, not whether somebody made it so. */
static uint64_t hash_pixels(const uint32_t *pixels, size_t count)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ pixels[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static bool is_empty(const uint32_t *pixels, size_t count)
{
    while (count > 0 && pixels[count - 1] == 0)
        count--;
    return count == 0;
}

static void send_pixels(const struct report *report, const struct view *view, const uint32_t *pixels, int width, int height)
{
    struct buffer png = {0}, text = {0};
    if (png_write(pixels, width, height, (size_t)width * 4, &png)) {
        buffer_add_string(&text, "{\"type\":\"report\",\"preview\":{");
        add_text(&text, "view", view_name(view));
        buffer_printf(&text, ",\"is_empty\":%s,\"png\":\"", is_empty(pixels, (size_t)width * (size_t)height) ? "true" : "false");
        base64_encode(&text, png.data, png.len);
        buffer_add_string(&text, "\"}}");
        link_send(report->options.link, text.data, text.len);
    }
    buffer_fini(&text);
    buffer_fini(&png);
}

static void send_preview(const struct report *report, const struct view *view, struct preview *preview)
{
    const struct canvas *canvas = view_canvas(view);
    int width = canvas_width(canvas), height = canvas_height(canvas);
    uint32_t *small = png_shrink(canvas_pixels(canvas), &width, &height, canvas_stride(canvas), PREVIEW_WIDTH);
    uint64_t hash = small ? hash_pixels(small, (size_t)width * (size_t)height) : 0;
    if (small && !(preview->is_sent && hash == preview->hash))
        send_pixels(report, view, small, width, height);
    free(small);
    preview->is_old = false;
    preview->is_sent = true;
    preview->hash = hash;
    preview->sent_ms = clock_monotonic_ms();
}

static bool is_any_moving(const struct report *report)
{
    for (size_t i = 0; i < report->options.view_count; i++) {
        if (!view_is_still(report->options.views[i]))
            return true;
    }
    return false;
}

/* Some ms of work: it waits for a pause between movements, if there is one in time. */
static int64_t find_due_ms(const struct preview *preview, bool is_moving)
{
    int64_t due_ms = preview->sent_ms + STILL_EVERY_MS;
    if (is_moving && due_ms < preview->changed_ms + MOVING_FIRST_MS)
        due_ms = preview->changed_ms + MOVING_FIRST_MS;
    if (is_moving && due_ms < preview->moving_ms + MOVING_EVERY_MS)
        due_ms = preview->moving_ms + MOVING_EVERY_MS;
    return due_ms;
}

/* One view a turn, so that between two there is time for a frame. */
static void send_previews(void *data)
{
    struct report *report = data;
    int64_t now_ms = clock_monotonic_ms();
    bool is_moving = is_any_moving(report), is_done = false, is_more = false;
    for (size_t i = 0; i < report->options.view_count; i++) {
        struct preview *preview = &report->previews[i];
        if (preview->is_old && !is_done && find_due_ms(preview, is_moving) <= now_ms) {
            send_preview(report, report->options.views[i], preview);
            if (is_moving)
                preview->moving_ms = now_ms;
            is_done = true;
        }
        is_more |= preview->is_old;
    }
    if (is_more && link_is_up(report->options.link))
        timer_start(&report->preview, is_done ? 1 : LOOK_MS);
}

static void mark_old(struct preview *preview)
{
    if (!preview->is_old)
        preview->changed_ms = clock_monotonic_ms();
    preview->is_old = true;
}

static void plan_previews(struct report *report)
{
    if (!timer_is_running(&report->preview) && link_is_up(report->options.link))
        timer_start(&report->preview, 0);
}

/* ---- the door */

struct report *report_create(const struct report_options *options)
{
    struct report *report = xcalloc(1, sizeof(*report));
    report->options = *options;
    report->previews = xcalloc(options->view_count, sizeof(*report->previews));
    for (size_t i = 0; i < options->view_count; i++)
        report->previews[i].sent_ms = report->previews[i].moving_ms = clock_monotonic_ms() - MOVING_EVERY_MS;
    timer_init(&report->state, options->loop, send_state, report);
    timer_init(&report->preview, options->loop, send_previews, report);
    return report;
}

void report_destroy(struct report *report)
{
    if (!report)
        return;
    timer_stop(&report->state);
    timer_stop(&report->preview);
    free(report->revision);
    free(report->previews);
    free(report);
}

static void note_time(struct report *report)
{
    report->applied_ms = clock_unix_ms();
    report->painted_ms = clock_monotonic_ms();
}

void report_applied(struct report *report, const char *revision)
{
    free(report->revision);
    report->revision = xstrdup(revision);
    note_time(report);
    timer_start(&report->state, SETTLE_MS);
}

void report_words(struct report *report)
{
    if (!timer_is_running(&report->state))
        timer_start(&report->state, SETTLE_MS);
}

void report_all(struct report *report)
{
    for (size_t i = 0; i < report->options.view_count; i++) {
        report->previews[i].is_sent = false;  // who is there now has seen none
        mark_old(&report->previews[i]);
    }
    timer_start(&report->state, 0);
    plan_previews(report);
}

void report_painted(struct report *report, const struct view *view)
{
    if (timer_is_running(&report->state))
        note_time(report);
    for (size_t i = 0; i < report->options.view_count; i++) {
        if (report->options.views[i] == view)
            mark_old(&report->previews[i]);
    }
    plan_previews(report);
}
