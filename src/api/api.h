/*
 * api.h - antiphon.v1: what panel, overlay, video process and other programs speak with the relay (docs/api.md).
 * One server for websockets, one-shot HTTP and the panel's files, over TCP and a Unix socket. Thread: the loop's;
 * create and destroy while the loop does not run. Destroy it before the relay. Tokens and sessions are kept as SHA-256
 * hashes in the relay's journal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/role.h"

struct api;
struct error;
struct loop;
struct relay;

/* All borrowed for the call of api_create() unless it says otherwise. */
struct api_options {
    const char *listen;       // "127.0.0.1:8470", "[::1]:0"; port 0: any free one; NULL: no TCP
    const char *unix_path;    // mode 0600, its users are owner; NULL: none
    const char *public_url;   // "https://desk.example/antiphon"; NULL: none. Its path is the base path
    const char *const *hosts; // further names for Host and Origin, "desk.lan:8470"
    size_t host_count;
    const char *panel_folder; // static files; NULL: none are served
    const char *cert_file, *key_file;  // own certificates for the TCP side; NULL: plain
    const char *const *trusted_proxies;  // whose X-Forwarded-For is believed: "127.0.0.1", "10.0.0.0/8"
    size_t trusted_proxy_count;
    const char *version;      // for welcome; NULL: ANTIPHON_VERSION
    int link_minutes;         // a link's life when nobody says; 0: 10
    int session_days;         // a cookie's life since its last use; 0: 30
    int video_silent_ms;      // a video process that reports nothing for so long is called silent; 0: 7000
};

/* Listens when it returns. NULL: err names the address, key or file. relay: borrowed, outlives the api. */
struct api *api_create(struct loop *loop, struct relay *relay, const struct api_options *options, struct error *err);
void api_destroy(struct api *api);  // accepts NULL

uint16_t api_port(const struct api *api);  // 0: no TCP

/*
 * A link that signs one browser in, once: "http://127.0.0.1:8470/#link=TOKEN" below public_url if there is one. The
 * caller frees. It goes to a person, never into a log.
 */
char *api_make_link(struct api *api, enum api_role role, int minutes);
