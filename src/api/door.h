/*
 * door.h - the one inbound door: webhooks and websockets of other tools, each at a secret address of its source.
 *     POST /in/TOKEN/KIND     GET /ws/TOKEN/KIND (upgrade)
 * A listener of its own, so that a tunnel to the Internet shows nothing but the door. It is open while some source
 * wants it (connector/inbound.h). The token is the whole credential: a wrong one and a wrong path get the same 404.
 * A good answer waits until the journal has committed what was delivered, at most DOOR_STORE_MS; then it is a 503,
 * and the sender may repeat. docs/door.md is for those who send.
 * Thread: the loop's; create and destroy while the loop does not run. Destroy it before the relay.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct door;
struct error;
struct loop;
struct relay;

enum { DOOR_STORE_MS = 5000 };

#define DOOR_LISTEN "127.0.0.1:8471"

/* All borrowed for the call of door_create(). */
struct door_options {
    const char *listen;                // "127.0.0.1:8471", "[::1]:0"; port 0: any free one; NULL: DOOR_LISTEN
    const char *cert_file, *key_file;  // PEM: TLS; NULL: plain
    /*
     * Web pages that may send, besides those of this machine and browser extensions: "https://desk.example". What is no
     * web page names no origin, and is not asked for one.
     */
    const char *const *origins;
    size_t origin_count;
};

/*
 * Opens at once if a source wants it, else when one does. NULL: `listen` is none, err says what is expected. That the
 * port cannot be had is a notice, and it is tried again when sources change.
 */
struct door *door_create(struct loop *loop, struct relay *relay, const struct door_options *options, struct error *err);
void door_destroy(struct door *door);  // accepts NULL

uint16_t door_port(const struct door *door);  // 0: closed
