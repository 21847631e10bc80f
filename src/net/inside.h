/*
 * inside.h - what the files of net/ share about the loop, and nobody else includes: libwebsockets stays in this room.
 * Thread: the loop's.
 */
#pragma once

#include <libwebsockets.h>

#include "net/loop.h"

struct error;
struct http_engine;
struct resolver;
struct tunnel;

struct lws_context *loop_context(const struct loop *loop);

/*
 * The vhost for connections that we make; one for each ca_file (NULL: the system's store alone). is_direct: whatever
 * proxy the environment names. NULL: err.
 */
struct lws_vhost *loop_client_vhost(struct loop *loop, const char *ca_file, bool is_direct, struct error *err);

/* Lives as long as the loop: a connection may outlive the websocket that asked for it. ping_s 0: nearly never. */
const lws_retry_bo_t *loop_idle_policy(struct loop *loop, int ping_s, int hangup_s);

/* free(memory) when libwebsockets is gone: it keeps pointers to protocol tables longer than their vhost. */
void loop_free_later(struct loop *loop, void *memory);

/* Made at first use. */
struct resolver *loop_resolver(struct loop *loop);
struct http_engine *loop_http(struct loop *loop);

struct resolver *resolver_create(struct loop *loop);
void resolver_destroy(struct resolver *resolver);
struct http_engine *http_engine_create(struct loop *loop);
void http_engine_destroy(struct http_engine *engine);

/* What a person can do about a certificate that does not fit, behind the reason. */
#define CERTIFICATE_WAY_OUT "check this computer's date; a certificate of your own belongs in \"ca_file\""

/* The tunnels that live; each ends by itself, or with the loop. */
struct list *loop_tunnels(struct loop *loop);

/*
 * A Unix socket for libwebsockets that is carried to `fd`, which the tunnel owns from now on, also if it fails. *holder
 * becomes NULL when the tunnel ends by itself. tunnel_let_go(): nobody holds it any more; what was said is still carried.
 */
struct tunnel *tunnel_create(struct loop *loop, int fd, struct tunnel **holder, struct error *err);
void tunnel_let_go(struct tunnel *tunnel);  // accepts NULL
void tunnels_destroy(struct list *tunnels);
const char *tunnel_address(const struct tunnel *tunnel);  // as lws_client_connect_info.address wants it

/* What libwebsockets last complained of, for the text of an error; "" if nothing since the last call. */
const char *loop_last_complaint(void);

int websocket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
