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

enum { PREVIEW_WIDTH = 480, PREVIEW_EVERY_MS = 1000, PREVIEW_LATE_MS = 3000, PREVIEW_WAIT_MS = 50, SETTLE_MS = 20 };

struct report {
    struct report_options options;
    char *revision;          // owned; NULL: nothing applied yet
    int64_t applied_ms;      // Unix
    int64_t painted_ms;      // monotonic, the same moment
    struct timer state, preview;
    bool *is_old;            // owned; by view: its preview
    int64_t sent_ms;         // monotonic, of the last previews
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
    buffer_add_char(&text, '}');
    send_buffer(report, &text);
}

/* ---- previews */

static void send_preview(struct report *report, const struct view *view)
{
    const struct canvas *canvas = view_canvas(view);
    int width = canvas_width(canvas), height = canvas_height(canvas);
    uint32_t *small = png_shrink(canvas_pixels(canvas), &width, &height, canvas_stride(canvas), PREVIEW_WIDTH);
    struct buffer png = {0}, text = {0};
    if (small && png_write(small, width, height, (size_t)width * 4, &png)) {
        buffer_add_string(&text, "{\"type\":\"report\",\"preview\":{");
        add_text(&text, "view", view_name(view));
        buffer_add_string(&text, ",\"png\":\"");
        base64_encode(&text, png.data, png.len);
        buffer_add_string(&text, "\"}}");
        send_buffer(report, &text);
    }
    buffer_fini(&png);
    free(small);
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
static void send_previews(void *data)
{
    struct report *report = data;
    if (is_any_moving(report) && clock_monotonic_ms() - report->sent_ms < PREVIEW_LATE_MS) {
        timer_start(&report->preview, PREVIEW_WAIT_MS);
        return;
    }
    report->sent_ms = clock_monotonic_ms();
    for (size_t i = 0; i < report->options.view_count; i++) {
        if (report->is_old[i] && link_is_up(report->options.link)) {
            send_preview(report, report->options.views[i]);
            report->is_old[i] = false;
        }
    }
}

static void plan_previews(struct report *report)
{
    if (timer_is_running(&report->preview))
        return;
    int64_t wait_ms = report->sent_ms + PREVIEW_EVERY_MS - clock_monotonic_ms();
    timer_start(&report->preview, wait_ms > 0 ? wait_ms : 0);
}

/* ---- the door */

struct report *report_create(const struct report_options *options)
{
    struct report *report = xcalloc(1, sizeof(*report));
    report->options = *options;
    report->is_old = xcalloc(options->view_count, sizeof(*report->is_old));
    report->sent_ms = clock_monotonic_ms() - PREVIEW_EVERY_MS;
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
    free(report->is_old);
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

void report_preflight(struct report *report)
{
    if (!timer_is_running(&report->state))
        timer_start(&report->state, SETTLE_MS);
}

void report_all(struct report *report)
{
    for (size_t i = 0; i < report->options.view_count; i++)
        report->is_old[i] = true;
    timer_start(&report->state, 0);
    plan_previews(report);
}

void report_painted(struct report *report, const struct view *view)
{
    if (timer_is_running(&report->state))
        note_time(report);
    for (size_t i = 0; i < report->options.view_count; i++)
        report->is_old[i] |= report->options.views[i] == view;
    plan_previews(report);
}
