/*
 * x_broadcast.c - the chat of one's own broadcast, polled: the newest messages come first, so pages are read until one is
 * known. Nothing is lost by a break as long as the pages reach back to it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/x_inside.h"
#include "net/form.h"
#include "net/http.h"

enum { PAGES_MAX = 10, STATE_MS = 60 * 1000 };

static void read_chat(struct x *x);
static void read_page(struct x *x);

/* ---- which broadcast ---- */

static bool is_running(const json_t *broadcast)
{
    const char *state = json_get_text(broadcast, "state");
    return state && strcasecmp(state, "running") == 0;
}

static void begin(struct x *x, const char *id)
{
    if (!x->broadcast || strcmp(x->broadcast, id) != 0) {
        x->reader.last_id[0] = '\0';
        x->alive_ms = 0;
    }
    x_set_text(&x->broadcast, id);
    snprintf(x->reader.broadcast, sizeof(x->reader.broadcast), "%s", id);
    x->reader.is_ended = false;
    x->was_first = x->reader.last_id[0] == '\0';
    x->state_ms = clock_monotonic_ms();
    read_chat(x);
}

static void wait_for_next(struct x *x)
{
    if (x->broadcast) {
        x_reader_end(&x->reader, clock_unix_ms());
        x_set_text(&x->broadcast, NULL);
        x->reader.last_id[0] = '\0';
        x->alive_ms = 0;
        x_give_cursor(x);
    }
    connector_set_state(&x->base, CONNECTOR_WAITING, "no broadcast of yours runs at X; a look every %lld s",
                        (long long)(x->wait_ms + 999) / 1000);
    x_later(x, x->wait_ms, x_find_broadcast);
}

static void handle_broadcasts(void *data, const struct http_result *result)
{
    struct x *x = data;
    x->request = NULL;
    if (result->error.code != ERROR_NONE) {
        x_handle_failure(x, result, x_find_broadcast);
        return;
    }
    json_t *answer = json_parse(result->body, result->len, NULL);
    const json_t *found = json_object_get(answer, "data"), *running = NULL;
    if (json_is_object(found) && is_running(found))
        running = found;
    for (size_t i = 0; i < json_array_size(found) && !running; i++)
        running = is_running(json_array_get(found, i)) ? json_array_get(found, i) : NULL;
    const char *id = json_get_text(running, "id");
    x_calm(x);
    if (id && *id && strlen(id) < 64) {
        begin(x, id);
    } else {
        wait_for_next(x);
    }
    json_decref(answer);
}

void x_find_broadcast(struct x *x)
{
    char *path = x->wanted_broadcast ? xasprintf("/2/broadcasts/%s", x->wanted_broadcast) : xstrdup("/2/broadcasts?max_results=10");
    if (x->base.health.state != CONNECTOR_WAITING && x->base.health.state != CONNECTOR_LIVE)
        connector_set_state(&x->base, CONNECTOR_CONNECTING, "looking for your broadcast at X");
    x_call(x, NULL, path, x->user_token, NULL, handle_broadcasts);
    free(path);
}

/* ---- its chat ---- */

static void end_poll(struct x *x, bool is_complete)
{
    int64_t from_ms = x->alive_ms;
    if (!is_complete)
        connector_gap(&x->base, from_ms, clock_unix_ms(), "more was written than X's pages reach back to");
    x->was_first = false;
    x->page_token[0] = '\0';
    connector_set_state(&x->base, CONNECTOR_LIVE, "polling the chat of broadcast %s", x->broadcast);
    x_note_alive(x);
    bool is_due = clock_monotonic_ms() - x->state_ms >= STATE_MS || x->wait_ms < STATE_MS;
    x_later(x, x->poll_ms, is_due ? x_find_broadcast : read_chat);
}

static void handle_page(void *data, const struct http_result *result)
{
    struct x *x = data;
    struct x_report report;
    struct error err = {0};
    char newest[X_ID_BYTES];
    x->request = NULL;
    if (result->error.code != ERROR_NONE) {
        x_handle_failure(x, result, result->status == 404 ? x_find_broadcast : read_chat);
        return;
    }
    // The newest page is read first: what is known is told by what was known before all of them.
    memcpy(newest, x->reader.last_id, sizeof(newest));
    if (x->pages > 0)
        memcpy(x->reader.last_id, x->missed.since, sizeof(newest));
    x->reader.is_history = x->was_first;
    bool is_good = x_read(&x->reader, result->body, result->len, &report, &err);
    if (x_id_is_newer(newest, x->reader.last_id))
        memcpy(x->reader.last_id, newest, sizeof(newest));
    x->pages++;
    x_calm(x);
    bool is_back = x->was_first || !x->missed.since[0] || report.has_known || !report.next_token[0];
    if (!is_good || report.type == X_PROBLEM) {
        end_poll(x, false);
    } else if (is_back) {
        end_poll(x, true);
    } else if (x->pages >= PAGES_MAX) {
        end_poll(x, false);
    } else {
        memcpy(x->page_token, report.next_token, sizeof(x->page_token));
        read_page(x);
    }
}

static void read_page(struct x *x)
{
    struct buffer path = {0};
    buffer_printf(&path, "/2/broadcasts/%s/chat?max_results=200&expansions=author_id&user.fields=name,username,profile_image_url,"
                  "verified,verified_type", x->broadcast);
    if (x->page_token[0]) {
        buffer_add_string(&path, "&pagination_token=");
        form_escape(&path, x->page_token, strlen(x->page_token));
    }
    buffer_add_char(&path, '\0');
    x_call(x, NULL, path.data, x->user_token, NULL, handle_page);
    buffer_fini(&path);
}

static void read_chat(struct x *x)
{
    x->pages = 0;
    x->page_token[0] = '\0';
    memcpy(x->missed.since, x->reader.last_id, sizeof(x->missed.since));
    read_page(x);
}
