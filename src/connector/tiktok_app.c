/*
 * tiktok_app.c - TikFinity's local websocket: JSON events from the streamer's own computer. Nothing is to be sent; the app
 * repeats nothing, so all that it passed on while we were away is a gap. It lets us in also when it is not connected
 * to a broadcast itself: only events show that it is.
 */
#include "base/clock.h"
#include "connector/tiktok_inside.h"
#include "net/websocket.h"

static const char *label(const struct tiktok *tiktok)
{
    return tiktok->channel ? tiktok->channel : "the streamer";
}

static void say_waiting(struct tiktok *tiktok, const char *what)
{
    connector_set_state(&tiktok->base, CONNECTOR_WAITING, "%s; connect TikFinity to the LIVE of %s", what, label(tiktok));
}

static void handle_open(void *data)
{
    struct tiktok *tiktok = data;
    tiktok_enter(tiktok);
    backoff_reset(&tiktok->backoff);
    say_waiting(tiktok, "TikFinity is there, and has sent nothing yet");
}

/* The app said itself, or shows by its events, how it stands. */
static void note_heard(struct tiktok *tiktok)
{
    struct tiktok_reader *reader = &tiktok->reader;
    if (reader->is_app_offline) {
        reader->is_app_offline = false;
        say_waiting(tiktok, "TikFinity has lost the LIVE");
    } else if (reader->events != tiktok->heard) {
        tiktok->heard = reader->events;
        tiktok->heard_ms = clock_monotonic_ms();
        connector_set_state(&tiktok->base, CONNECTOR_LIVE, "TikFinity passes on the LIVE of %s", label(tiktok));
    }
}

static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    struct tiktok *tiktok = data;
    struct error err = {0};
    tiktok_read_flat(&tiktok->reader, bytes, len, &err);  // counted and logged there
    note_heard(tiktok);
    tiktok_note_alive(tiktok, clock_unix_ms());
}

static void handle_close(void *data, const struct websocket_close *end)
{
    struct tiktok *tiktok = data;
    char again[32];
    if (end->was_open) {
        tiktok_lose(tiktok, tiktok_app_connect, end->error.text);
        return;
    }
    char *why = xstrdup(end->error.text);
    int64_t delay_ms = backoff_next_ms(&tiktok->backoff);
    tiktok_leave(tiktok, why);
    tiktok_later(tiktok, delay_ms, tiktok_app_connect);
    connector_set_remedy(&tiktok->base, "start the TikFinity desktop app on this computer and connect it to your LIVE");
    connector_set_state(&tiktok->base, CONNECTOR_FAILED, "TikFinity does not answer (%s): is the desktop app running? (%s)",
                        why, connector_again_text(delay_ms, again));
    free(why);
}

static const struct websocket_handler handler = {
    .on_open = handle_open, .on_message = handle_message, .on_close = handle_close,
};

void tiktok_app_connect(struct tiktok *tiktok)
{
    struct error err = {0};
    struct websocket_options options = {
        .url = tiktok->url, .message_bytes_max = TIKTOK_FRAME_BYTES_MAX,
        .handler = &handler, .data = tiktok};
    if (tiktok->base.health.state != CONNECTOR_FAILED)
        connector_set_state(&tiktok->base, CONNECTOR_CONNECTING, "connecting to TikFinity");
    connector_fill_websocket(&tiktok->base, &options);
    tiktok->socket = websocket_create(tiktok->base.options.loop, &options, &err);
    if (!tiktok->socket)
        connector_set_state(&tiktok->base, CONNECTOR_FAILED, "url: %s", err.text);
}

void tiktok_app_tick(struct tiktok *tiktok)
{
    int64_t alive_ms = websocket_alive_ms(tiktok->socket), now_ms = clock_monotonic_ms();
    // A pong shows that all before it has come, but it was sent up to a round trip earlier: a second is taken off.
    if (alive_ms > 0)
        tiktok_note_alive(tiktok, clock_unix_ms() - (now_ms - alive_ms) - 1000);
    if (tiktok->base.health.state == CONNECTOR_LIVE && now_ms - tiktok->heard_ms >= tiktok->quiet_ms)
        say_waiting(tiktok, "TikFinity is there, but sends nothing any more");
}
