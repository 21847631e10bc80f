#include "api/pictures.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/copy.h"
#include "api/passing.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "relay/removals.h"

enum { VIEWS_MAX = 16, MISSING_MAX = 32, PICTURE_EVERY_MS = 250, CARD_MS = 8000 };

/* One view's. What comes too soon waits: the last of them is always shown. */
struct picture {
    char *view, *png;  // png NULL: who painted it is gone
    struct client *client;
    bool is_empty;     // nothing is to be seen on it
    bool is_waiting;   // to be sent
    int64_t sent_ms;   // monotonic
};

struct pictures {
    struct api *api;
    json_t *overlay;   // what was reported last, of all overlays
    size_t overlays;   // connected
    int64_t lost_ms;   // Unix: since when there is none; 0: never was one, or there is
    struct picture pictures[VIEWS_MAX];
    size_t count;
    struct timer timer;
};

static void handle_timer(void *data);

struct pictures *pictures_create(struct api *api)
{
    struct pictures *pictures = xcalloc(1, sizeof(*pictures));
    pictures->api = api;
    pictures->overlay = json_object();
    timer_init(&pictures->timer, api->loop, handle_timer, pictures);
    return pictures;
}

void pictures_destroy(struct pictures *pictures)
{
    if (!pictures)
        return;
    timer_stop(&pictures->timer);
    for (size_t i = 0; i < pictures->count; i++) {
        free(pictures->pictures[i].view);
        free(pictures->pictures[i].png);
    }
    json_decref(pictures->overlay);
    free(pictures);
}

/* --- What is reported in words --- */

static const char *const applied_keys[] = {"revision", "at_ms", "age_ms"};
static const char *const missing_keys[] = {"view", "text", "script", "question"};
static const char *const skipped_keys[] = {"view", "card"};
static const char *const theme_keys[] = {"view", "error"};

static void tell_overlay(struct pictures *pictures)
{
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"overlay\"");
    pictures_write(pictures, &json);
    buffer_add_char(&json, '}');
    api_send(pictures->api, TOPIC_DESK, &json);
    buffer_fini(&json);
}

static void note_count(struct pictures *pictures)
{
    json_object_set_new(pictures->overlay, "count", json_integer((json_int_t)pictures->overlays));
    if (pictures->lost_ms != 0)
        json_object_set_new(pictures->overlay, "lost_ms", json_integer(pictures->lost_ms));
    else
        json_object_del(pictures->overlay, "lost_ms");
}

static void take_list(struct pictures *pictures, const json_t *report, const char *key, const char *const *keys, size_t count)
{
    const json_t *reported = json_object_get(report, key);
    if (!json_is_array(reported))
        return;
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(reported) && i < MISSING_MAX; i++)
        json_array_append_new(list, copy_known(json_array_get(reported, i), keys, count));
    json_object_set_new(pictures->overlay, key, list);
}

static void take_applied(struct pictures *pictures, const struct client *client, const json_t *applied)
{
    const char *revision = json_get_text(applied, "revision");
    if (revision)
        removals_applied(pictures->api->relay->removals, client->overlay, revision, json_get_int(applied, "age_ms", 0) * 1000);
    json_object_set_new(pictures->overlay, "applied", copy_known(applied, applied_keys, ARRAY_LENGTH(applied_keys)));
}

static void take_words(struct pictures *pictures, const struct client *client, const json_t *report)
{
    const json_t *applied = json_object_get(report, "applied");
    if (json_is_object(applied))
        take_applied(pictures, client, applied);
    take_list(pictures, report, "missing", missing_keys, ARRAY_LENGTH(missing_keys));
    take_list(pictures, report, "skipped", skipped_keys, ARRAY_LENGTH(skipped_keys));
    take_list(pictures, report, "bad_themes", theme_keys, ARRAY_LENGTH(theme_keys));
    tell_overlay(pictures);
}

void pictures_handle_hello(struct pictures *pictures, struct client *client)
{
    if (client->kind != CLIENT_OVERLAY || client->who.role < API_ROLE_MODERATOR || client->is_overlay)
        return;
    client->is_overlay = true;
    client->overlay = removals_join(pictures->api->relay->removals);
    pictures->overlays++;
    pictures->lost_ms = 0;
    note_count(pictures);
    tell_overlay(pictures);
}

/* --- Pictures --- */

static struct picture *find(const struct pictures *pictures, const char *view)
{
    for (size_t i = 0; i < pictures->count; i++) {
        if (strcmp(pictures->pictures[i].view, view) == 0)
            return (struct picture *)&pictures->pictures[i];
    }
    return NULL;
}

static void send_picture(struct pictures *pictures, struct picture *picture)
{
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"preview\",\"view\":");
    buffer_add_json(&json, picture->view, strlen(picture->view));
    if (picture->png)
        buffer_printf(&json, ",\"png\":\"%s\",\"is_empty\":%s}", picture->png, picture->is_empty ? "true" : "false");
    else
        buffer_printf(&json, ",\"lost_ms\":%" PRId64 "}", clock_unix_ms());
    api_send(pictures->api, TOPIC_DESK, &json);
    buffer_fini(&json);
    picture->is_waiting = false;
    picture->sent_ms = clock_monotonic_ms();
}

static void handle_timer(void *data)
{
    struct pictures *pictures = data;
    int64_t now_ms = clock_monotonic_ms(), next_ms = 0;
    for (size_t i = 0; i < pictures->count; i++) {
        struct picture *picture = &pictures->pictures[i];
        int64_t due_ms = picture->sent_ms + PICTURE_EVERY_MS;
        if (picture->is_waiting && due_ms <= now_ms)
            send_picture(pictures, picture);
        else if (picture->is_waiting && (next_ms == 0 || due_ms < next_ms))
            next_ms = due_ms;
    }
    if (next_ms != 0)
        timer_start(&pictures->timer, next_ms - now_ms);
}

static void take_picture(struct pictures *pictures, struct client *client, const json_t *report)
{
    const char *view = json_get_text(report, "view"), *png = json_get_text(report, "png");
    if (!view || strlen(view) > COPY_TEXT_BYTES_MAX || !copy_is_base64(png, PICTURE_BYTES_MAX))
        return;
    struct picture *picture = find(pictures, view);
    if (!picture) {
        if (pictures->count == VIEWS_MAX)
            return;
        picture = &pictures->pictures[pictures->count++];
        *picture = (struct picture){.view = xstrdup(view), .sent_ms = clock_monotonic_ms() - PICTURE_EVERY_MS};
    }
    free(picture->png);
    picture->png = xstrdup(png);
    picture->client = client;
    picture->is_empty = json_get_bool(report, "is_empty", false);
    picture->is_waiting = true;
    handle_timer(pictures);
}

void pictures_handle_report(struct pictures *pictures, struct client *client, const json_t *report)
{
    const json_t *preview = json_object_get(report, "preview");
    if (json_object_get(report, "applied") || json_object_get(report, "missing"))
        take_words(pictures, client, report);
    if (json_is_object(preview))
        take_picture(pictures, client, preview);
}

void pictures_forget_client(struct pictures *pictures, struct client *client)
{
    for (size_t i = 0; i < pictures->count; i++) {
        struct picture *picture = &pictures->pictures[i];
        if (picture->client != client)
            continue;
        free(picture->png);
        picture->png = NULL;
        picture->client = NULL;
        send_picture(pictures, picture);
    }
    if (!client->is_overlay)
        return;
    client->is_overlay = false;
    removals_leave(pictures->api->relay->removals, client->overlay);
    pictures->overlays--;
    if (pictures->overlays == 0)
        pictures->lost_ms = clock_unix_ms();
    note_count(pictures);
    tell_overlay(pictures);
}

const char *pictures_find(const struct pictures *pictures, const char *view)
{
    const struct picture *picture = find(pictures, view);
    return picture ? picture->png : NULL;
}

void pictures_write(const struct pictures *pictures, struct buffer *out)
{
    json_t *names = json_array();
    for (size_t i = 0; i < pictures->count; i++) {
        if (pictures->pictures[i].png)
            json_array_append_new(names, json_string(pictures->pictures[i].view));
    }
    json_object_set_new(pictures->overlay, "pictures", names);
    char *text = json_dumps(pictures->overlay, JSON_COMPACT);
    buffer_add_string(out, ",\"overlay\":");
    buffer_add_string(out, text ? text : "{}");
    free(text);
}

/* --- Cards before they go on air --- */

/* Who paints this view; if nobody has shown a picture of it, any overlay: it says whether it knows the view. */
static struct client *find_painter(const struct pictures *pictures, const char *view)
{
    const struct picture *picture = find(pictures, view);
    if (picture && picture->client)
        return picture->client;
    struct client *client;
    list_for_each(client, &pictures->api->clients, link)
    {
        if (client->is_overlay)
            return client;
    }
    return NULL;
}

static json_t *copy_box(const json_t *box)
{
    json_t *copy = json_array();
    for (size_t i = 0; i < 4; i++)
        json_array_append_new(copy, json_integer(json_integer_value(json_array_get(box, i))));
    return copy;
}

static json_t *take_card(const json_t *result)
{
    static const char *const keys[] = {"width", "height", "view_width", "view_height", "is_cut", "is_shrunk", "read_ms"};
    static const char *const card_missing_keys[] = {"text", "script", "package"};
    json_t *card = copy_known(result, keys, ARRAY_LENGTH(keys)), *list = json_array();
    const json_t *missing = json_object_get(result, "missing");
    for (size_t i = 0; i < json_array_size(missing) && i < MISSING_MAX; i++)
        json_array_append_new(list, copy_known(json_array_get(missing, i), card_missing_keys, ARRAY_LENGTH(card_missing_keys)));
    json_object_set_new(card, "missing", list);
    json_object_set_new(card, "box", copy_box(json_object_get(result, "box")));
    if (copy_is_base64(json_get_text(result, "png"), PICTURE_BYTES_MAX))
        json_object_set(card, "png", json_object_get(result, "png"));
    return card;
}

bool pictures_ask(struct pictures *pictures, const char *view, const char *kind, const json_t *card, struct reply *reply,
                  struct error *err)
{
    struct client *client = find_painter(pictures, view);
    if (!client)
        return error_set(err, ERROR_AGAIN, "no overlay is connected: is it running?");
    json_t *message = json_pack("{s:s,s:s,s:s,s:O}", "command", "card.preview", "view", view, "kind", kind, "card", card);
    bool is_sent = passing_send(pictures->api->passing, &(struct passing_order){
        .client = client, .whom = "the overlay", .reply = reply, .message = message, .patience_ms = CARD_MS,
        .take = take_card}, err);
    json_decref(message);
    return is_sent;
}
