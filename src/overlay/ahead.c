#include "overlay/ahead.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uscript.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "net/base64.h"
#include "net/loop.h"
#include "overlay/card_picture.h"
#include "overlay/link.h"
#include "overlay/scene.h"
#include "overlay/view.h"

enum { WAITING_MAX = 8, PAUSE_MS = 20, LATE_MS = 1000 };

struct order {
    json_t *message;    // owned
    int64_t asked_ms;   // monotonic
};

struct ahead {
    struct ahead_options options;
    struct view *const *views;  // borrowed
    size_t view_count;
    struct order orders[WAITING_MAX];  // oldest first
    size_t count;
    struct timer timer;
};

/* ---- answers */

static void send(const struct ahead *ahead, struct buffer *json)
{
    link_send(ahead->options.link, json->data, json->len);
    buffer_fini(json);
}

static void begin_reply(struct buffer *json, const json_t *message, bool is_ok)
{
    buffer_printf(json, "{\"type\":\"reply\",\"ref\":%lld,\"ok\":%s", (long long)json_get_int(message, "ref", 0),
        is_ok ? "true" : "false");
}

static void refuse(const struct ahead *ahead, const json_t *message, const struct error *err)
{
    struct buffer json = {0};
    begin_reply(&json, message, false);
    buffer_printf(&json, ",\"error\":{\"code\":\"%s\",\"text\":", error_code_name(err->code));
    buffer_add_json(&json, err->text, strlen(err->text));
    buffer_add_string(&json, "}}");
    send(ahead, &json);
}

static void add_missing(struct buffer *json, const struct buffer *missing)
{
    for (size_t at = 0; at + sizeof(uint32_t) <= missing->len; at += sizeof(uint32_t)) {
        UErrorCode status = U_ZERO_ERROR;
        uint32_t scalar;
        char text[5] = {0};
        memcpy(&scalar, missing->data + at, sizeof(scalar));
        size_t len = utf8_encode(scalar, text);
        const char *script = uscript_getShortName(uscript_getScript((UChar32)scalar, &status));
        buffer_add_string(json, at > 0 ? ",{\"text\":" : "{\"text\":");
        buffer_add_json(json, text, len);
        buffer_printf(json, ",\"script\":\"%s\"}", script ? script : "Zzzz");
    }
}

static void answer(const struct ahead *ahead, const json_t *message, const struct view *view,
    const struct card_picture *picture)
{
    struct buffer json = {0};
    const struct box *box = &picture->box;
    begin_reply(&json, message, true);
    buffer_printf(&json, ",\"result\":{\"width\":%d,\"height\":%d,\"box\":[%d,%d,%d,%d],\"view_width\":%d,\"view_height\":%d",
        picture->width_px, picture->height_px, box->x, box->y, box->width, box->height,
        canvas_width(view_canvas(view)), canvas_height(view_canvas(view)));
    buffer_printf(&json, ",\"is_cut\":%s,\"is_shrunk\":%s,\"read_ms\":%lld,\"missing\":[", picture->is_cut ? "true" : "false",
        picture->is_shrunk ? "true" : "false", (long long)picture->read_ms);
    add_missing(&json, &picture->missing);
    buffer_add_string(&json, "],\"png\":\"");
    base64_encode(&json, picture->png.data, picture->png.len);
    buffer_add_string(&json, "\"}}");
    send(ahead, &json);
}

/* ---- drawing, one a turn */

static const struct view *find_view(const struct ahead *ahead, const char *name)
{
    for (size_t i = 0; name && i < ahead->view_count; i++) {
        if (strcmp(view_name(ahead->views[i]), name) == 0)
            return ahead->views[i];
    }
    return NULL;
}

static void draw(const struct ahead *ahead, const json_t *message)
{
    struct error err = {0};
    struct card_picture picture = {0};
    const struct view *view = find_view(ahead, json_get_text(message, "view"));
    const char *kind = json_get_text(message, "kind");
    if (!view) {
        error_set(&err, ERROR_DATA, "this overlay does not paint that view");
        refuse(ahead, message, &err);
    } else if (card_picture_draw(&picture, &view_scene(view)->stage, kind ? kind : "", json_object_get(message, "card"), &err)) {
        answer(ahead, message, view, &picture);
    } else {
        refuse(ahead, message, &err);
    }
    card_picture_fini(&picture);
}

static bool is_any_moving(const struct ahead *ahead)
{
    for (size_t i = 0; i < ahead->view_count; i++) {
        if (!view_is_still(ahead->views[i]))
            return true;
    }
    return false;
}

static void drop(struct ahead *ahead, size_t index)
{
    json_decref(ahead->orders[index].message);
    ahead->count--;
    memmove(ahead->orders + index, ahead->orders + index + 1, (ahead->count - index) * sizeof(*ahead->orders));
}

/* It takes some ms: a movement that is under way goes first, and between two cards there is time for a frame. */
static void handle_timer(void *data)
{
    struct ahead *ahead = data;
    if (ahead->count == 0)
        return;
    if (!is_any_moving(ahead) || clock_monotonic_ms() - ahead->orders[0].asked_ms >= LATE_MS) {
        draw(ahead, ahead->orders[0].message);
        drop(ahead, 0);
    }
    if (ahead->count > 0)
        timer_start(&ahead->timer, PAUSE_MS);
}

/* ---- the door */

struct ahead *ahead_create(const struct ahead_options *options)
{
    struct ahead *ahead = xcalloc(1, sizeof(*ahead));
    ahead->options = *options;
    timer_init(&ahead->timer, options->loop, handle_timer, ahead);
    return ahead;
}

void ahead_forget_all(struct ahead *ahead)
{
    timer_stop(&ahead->timer);
    while (ahead->count > 0)
        drop(ahead, ahead->count - 1);
}

void ahead_forget_question(struct ahead *ahead, int64_t id)
{
    struct error err;
    error_set(&err, ERROR_DATA, "this question was deleted");
    for (size_t i = ahead->count; i-- > 0;) {
        const json_t *message = ahead->orders[i].message;
        if (json_get_int(json_object_get(message, "card"), "id", 0) != id || id == 0)
            continue;
        refuse(ahead, message, &err);
        drop(ahead, i);
    }
}

void ahead_destroy(struct ahead *ahead)
{
    if (!ahead)
        return;
    ahead_forget_all(ahead);
    free(ahead);
}

void ahead_set_views(struct ahead *ahead, struct view *const *views, size_t count)
{
    ahead->views = views;
    ahead->view_count = count;
}

void ahead_handle_command(struct ahead *ahead, const json_t *message)
{
    struct error err = {0};
    const char *command = json_get_text(message, "command");
    if (!command || strcmp(command, "card.preview") != 0)
        error_set(&err, ERROR_DATA, "an overlay knows the command card.preview alone");
    else if (ahead->count == WAITING_MAX)
        error_set(&err, ERROR_AGAIN, "%d cards wait to be drawn already: try again in a moment", WAITING_MAX);
    if (err.code != ERROR_NONE) {
        refuse(ahead, message, &err);
        return;
    }
    ahead->orders[ahead->count++] = (struct order){json_incref((json_t *)(uintptr_t)message), clock_monotonic_ms()};
    if (!timer_is_running(&ahead->timer))
        timer_start(&ahead->timer, 0);
}
