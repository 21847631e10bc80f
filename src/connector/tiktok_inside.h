/*
 * tiktok_inside.h - the TikTok connector, shared by its files only: tiktok.c (configuration, what both ways need, the
 * table), tiktok_app.c (TikFinity's local websocket), tiktok_room.c (which broadcast), tiktok_sign.c (the signed fetch)
 * and tiktok_socket.c (the webcast's websocket).
 */
#pragma once

#include "base/buffer.h"
#include "connector/connector_impl.h"
#include "connector/tiktok_reader.h"
#include "net/backoff.h"
#include "net/loop.h"

struct http_request;
struct tiktok;
struct websocket;

typedef void (*tiktok_step)(struct tiktok *tiktok);

#define TIKTOK_USER_AGENT \
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"

struct tiktok {
    struct connector base;
    // From the configuration; owned.
    char *channel;           // without "@"; NULL: none was given
    bool is_webcast;         // else TikFinity
    char *url;               // TikFinity's
    char *site_url;          // TikTok's own site
    char *sign_url, *sign_key;
    int64_t wait_ms;         // between looks for a broadcast
    int64_t quiet_ms;        // without a word for so long: dead, or TikFinity has lost the broadcast
    int64_t heartbeat_ms;
    int64_t sign_ms;         // between two signed fetches at least
    int64_t streak_ms, likes_ms;
    int64_t proved_ms;       // a connection that lived so long was worth its signature
    // Both ways.
    struct tiktok_reader reader;
    struct websocket *socket;     // owned; NULL: none
    struct http_request *request; // owned; NULL: none under way
    struct backoff backoff;
    struct timer timer, tick;
    tiktok_step step;        // what the timer does
    char *loss;              // owned; why the last connection ended
    int64_t alive_ms;        // Unix: when the connection was last known to work; 0: never
    int64_t cursor_ms;       // alive_ms of the last cursor given
    int64_t heard_ms;        // monotonic: when events last came
    uint64_t heard;          // reader.events by then
    bool is_in;              // the connection is where messages come
    // The webcast; owned.
    char *room;              // id as text; NULL: not known
    char *cursor, *ext;      // where to go on
    char *push_url, *cookie, *idc;
    struct timer heartbeat, deadline;
    int64_t signed_ms;       // monotonic: of the last signed fetch; 0: none
    int64_t sign_wait_ms;    // before the next one; grows
    int64_t entered_ms;      // monotonic
    struct buffer out;
};

static inline struct tiktok *get_tiktok(struct connector *base)
{
    return container_of(base, struct tiktok, base);
}

/* The step after delay_ms; takes the place of one that was planned. */
void tiktok_later(struct tiktok *tiktok, int64_t delay_ms, tiktok_step step);

/* A copy, freeing the old; NULL empties. */
void tiktok_set_text(char **slot, struct str text);

/* Messages come from now on. Neither way promises to send again what was missed: from the last sign of life on is a gap. */
void tiktok_enter(struct tiktok *tiktok);

/* The connection worked now; gives a cursor now and then. */
void tiktok_note_alive(struct tiktok *tiktok, int64_t alive_ms);

/* The websocket is gone or is to go: closes it and remembers why. */
void tiktok_leave(struct tiktok *tiktok, const char *why);

/* leave, then the step after the backoff's delay, said in words. */
void tiktok_lose(struct tiktok *tiktok, tiktok_step again, const char *why);

void tiktok_app_connect(struct tiktok *tiktok);   // tiktok_app.c
void tiktok_app_tick(struct tiktok *tiktok);
void tiktok_find_room(struct tiktok *tiktok);     // tiktok_room.c
void tiktok_sign(struct tiktok *tiktok);          // tiktok_sign.c; room or channel is known
void tiktok_socket_open(struct tiktok *tiktok);   // tiktok_socket.c; push_url is known
void tiktok_socket_tick(struct tiktok *tiktok);

/* The broadcast is over: END was or is delivered, and the next one is waited for. */
void tiktok_end_broadcast(struct tiktok *tiktok);
