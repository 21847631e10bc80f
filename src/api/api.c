#include "api/api.h"

#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "api/audit.h"
#include "api/client.h"
#include "api/command.h"
#include "api/crew.h"
#include "api/feed.h"
#include "api/gate_json.h"
#include "api/guard.h"
#include "api/outputs.h"
#include "api/passing.h"
#include "api/pictures.h"
#include "api/session.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "relay/host_pictures.h"

enum {
    MESSAGE_BYTES_MAX = 5 * 1024 * 1024,  // a caption file of 4 MiB, escaped
    BODY_BYTES_MAX = HOST_PICTURE_BYTES_MAX,  // of a picture; of all else less: see http_limit_body()
    SWEEP_MS = 60 * 1000,
    QUEUE_COUNT_MAX = 1024,
    QUEUE_BYTES_MAX = 8 * 1024 * 1024,
};

/* Sessions whose time is over while their socket is open. */
static void handle_sweep(void *data)
{
    struct api *api = data;
    client_end_expired(api, false);
    crew_sweep(api->crew);
    timer_start(&api->sweep, SWEEP_MS);
}

static bool listen_all(struct api *api, const struct api_options *options, struct error *err)
{
    struct server_options server = {
        .address = access_address(api->access),
        .port = access_port(api->access),
        .is_unix_only = access_address(api->access) == NULL,
        .waits_for_port = true,
        .unix_path = options->unix_path,
        .cert_file = options->cert_file,
        .key_file = options->key_file,
        .body_bytes_max = BODY_BYTES_MAX,
        .limit_body = http_limit_body,
        .refuse_body = http_refuse_body,
        .message_bytes_max = MESSAGE_BYTES_MAX,
        .queue_count_max = QUEUE_COUNT_MAX,
        .queue_bytes_max = QUEUE_BYTES_MAX,
        .on_request = http_handle_request,
        .protocols = &session_protocol,
        .protocol_count = 1,
        .data = api,
    };
    api->server = server_create(api->loop, &server, err);
    if (!api->server)
        return false;
    if (server_port(api->server))
        access_set_port(api->access, server_port(api->server));
    return true;
}

struct api *api_create(struct loop *loop, struct relay *relay, const struct api_options *options, struct error *err)
{
    struct api *api = xcalloc(1, sizeof(*api));
    api->loop = loop;
    api->relay = relay;
    api->version = xstrdup(options->version ? options->version : ANTIPHON_VERSION);
    api->panel_folder = xstrdup(options->panel_folder);
    list_init(&api->clients);
    list_init(&api->replies);
    api->listener = (struct relay_listener){.impl = &api_listener, .data = api};
    list_init(&api->listener.link);
    timer_init(&api->candidates_timer, loop, api_handle_candidates, api);
    timer_init(&api->caught_timer, loop, caught_flush, api);
    api->feed = feed_create(api);
    api->guard = guard_create();
    api->audit = audit_create(loop, relay->journal);
    api->crew = crew_create(api);
    timer_init(&api->sweep, loop, handle_sweep, api);
    timer_start(&api->sweep, SWEEP_MS);
    api->outputs = outputs_create(api, options->video_silent_ms);
    api->passing = passing_create(api);
    api->pictures = pictures_create(api);
    api->access = access_create(&(struct access_options){
        .listen = options->listen, .public_url = options->public_url, .hosts = options->hosts,
        .host_count = options->host_count, .has_certificate = options->cert_file != NULL,
        .trusted_proxies = options->trusted_proxies, .trusted_proxy_count = options->trusted_proxy_count,
        .link_minutes = options->link_minutes, .session_days = options->session_days}, relay->journal, err);
    if (!api->access || !listen_all(api, options, err)) {
        api_destroy(api);
        return NULL;
    }
    relay_add_listener(relay, &api->listener);
    return api;
}

void api_destroy(struct api *api)
{
    if (!api)
        return;
    relay_remove_listener(&api->listener);
    server_destroy(api->server);  // ends the clients
    timer_stop(&api->candidates_timer);
    buffer_fini(&api->candidates);
    timer_stop(&api->caught_timer);
    buffer_fini(&api->caught);
    passing_destroy(api->passing);
    pictures_destroy(api->pictures);
    outputs_destroy(api->outputs);
    feed_destroy(api->feed);
    reply_forget_all(api);
    timer_stop(&api->sweep);
    crew_destroy(api->crew);
    audit_destroy(api->audit);
    access_destroy(api->access);
    guard_destroy(api->guard);
    free(api->panel_folder);
    free(api->version);
    free(api);
}

uint16_t api_port(const struct api *api)
{
    return server_port(api->server);
}

char *api_make_link(struct api *api, enum api_role role, int minutes)
{
    char text[TOKEN_TEXT_BYTES];
    access_add_link(api->access, role, NULL, minutes, text);
    char *base = access_url(api->access);
    char *link = xasprintf("%s/#link=%s", base, text);
    free(base);
    return link;
}
