/* api_private.h - what the files of this room share. */
#pragma once

#include <jansson.h>

#include "api/access.h"
#include "base/buffer.h"
#include "base/list.h"
#include "net/loop.h"
#include "net/server.h"
#include "relay/relay.h"

struct audit;
struct client;
struct crew;
struct feed;
struct guard;
struct outputs;
struct passing;
struct pictures;
struct reply;
struct sources;

enum api_topic {
    TOPIC_ON_AIR = 1 << 0,
    TOPIC_DESK = 1 << 1,
    TOPIC_SOURCES = 1 << 2,
    TOPIC_FEED = 1 << 3,
    TOPIC_OUTPUTS = 1 << 4,
    TOPIC_ALL = (1 << 5) - 1,
    TOPIC_CAPTIONS = 1 << 5,  // for whoever names it
};

struct api {
    struct loop *loop;
    struct relay *relay;    // borrowed
    struct access *access;
    struct guard *guard;    // of the sign-in
    struct audit *audit;
    struct crew *crew;
    struct timer sweep;     // of sessions whose time is over
    struct server *server;
    char *panel_folder;     // NULL: no files
    char *version;
    struct list clients;    // struct client
    struct list replies;    // struct reply, those not given yet
    struct relay_listener listener;
    struct feed *feed;
    struct outputs *outputs;
    struct passing *passing;
    struct pictures *pictures;
    struct buffer candidates;  // questions of the crowd, JSON, until the end of this turn
    struct timer candidates_timer;
    struct buffer caught;      // before air, JSON, likewise
    struct timer caught_timer;
    uint64_t refused, overflows, commands;  // for metrics
};

/* --- events.c: what the relay says goes out, built once --- */

extern const struct relay_listener_impl api_listener;

/* The end of a turn in which candidates came. */
void api_handle_candidates(void *data);

/* Sends to every client with one of the topics. The buffer is emptied. */
void api_send(struct api *api, unsigned topics, struct buffer *json);

/* --- snapshot.c --- */

/* The whole state as far as the client's topics, role and filter go, one object without line end. */
void snapshot_write(const struct api *api, const struct client *client, struct buffer *out);

/* The lines of all subtitles that stand or come: an array, empty while panic keeps the screen blank. */
void snapshot_write_caption_lines(const struct api *api, struct buffer *out);

/* --- http.c: one-shot commands, sessions, files --- */

void http_handle_request(void *data, struct server_request *request);

/* Who asks? False: answered with the refusal. `least`: 'viewer' or 'button' for reading; a command's role is its own. */
bool http_check(struct api *api, struct server_request *request, enum api_role least, struct identity *who);

/* Answers; the first takes over `body`. */
void http_respond_json(struct server_request *request, int status, const struct net_header *headers, size_t count, json_t *body);
void http_respond_error(struct server_request *request, int status, enum error_code code, const char *text);

/* host_pictures_http.c: POST pictures, and GET pictures/HEX. */
void host_pictures_take(struct api *api, struct server_request *request);
void host_pictures_give(struct api *api, struct server_request *request, const char *name);

/* How much of its body is read: of who has not signed in, a link's token and no more. */
size_t http_limit_body(void *data, const struct server_request *request);

/* It has more: answered with 413, in words. */
void http_refuse_body(void *data, struct server_request *request, size_t limit);

/* --- metrics.c, metrics_sources.c, metrics_outputs.c --- */

void metrics_write(const struct api *api, struct buffer *out);
void metrics_write_sources(const struct sources *sources, struct buffer *out);
void metrics_write_outputs(const struct outputs *outputs, struct buffer *out);

/* NAME="value": backslash, quote and line feed are escaped, as the format says. */
void metrics_add_label(struct buffer *out, const char *name, const char *value);
