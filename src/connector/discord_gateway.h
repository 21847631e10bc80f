/*
 * discord_gateway.h - one connection to Discord's gateway: hello, heartbeats, identify or resume, and how it ended.
 * Facts: discord.com/developers/docs, events/gateway and topics/opcodes-and-status-codes, 2026-08. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connector;
struct discord_gateway;
struct error;

/* What is to be done when a connection ended. */
enum discord_end {
    DISCORD_RESUME,    // come again with the session
    DISCORD_IDENTIFY,  // the session is gone: a new one
    DISCORD_STOP,      // a person must act first
};

/* After on_end none comes any more; destroy the gateway outside of its callbacks. */
struct discord_gateway_handler {
    void (*on_frame)(void *data, const char *bytes, size_t len);  // give it to discord_gateway_handle() when parsed
    void (*on_ready)(void *data, const json_t *ready);  // READY's d; NULL: RESUMED, all that was missed came before it
    /* All that Discord sent until sent_ms (Unix) has been read: the answer to a heartbeat of that moment came. */
    void (*on_alive)(void *data, int64_t sent_ms);
    /* remedy: with DISCORD_STOP what a person must do, NULL: give a new token; else NULL. */
    void (*on_end)(void *data, enum discord_end end, const struct error *why, const char *remedy);
};

struct discord_gateway_options {
    const struct connector *base;  // borrowed: loop, certificates and proxy
    const char *url;               // without query
    const char *token;             // borrowed
    int64_t intents;
    const char *session;           // borrowed; NULL: a new one
    int64_t seq;
    int64_t answer_ms;             // Discord has so long for hello and for READY; 0: 20000
    const struct discord_gateway_handler *handler;  // borrowed
    void *data;
};

struct discord_gateway *discord_gateway_create(const struct discord_gateway_options *options, struct error *err);

/* Leaves so that the session can be resumed. Accepts NULL. */
void discord_gateway_destroy(struct discord_gateway *gateway);

/* Every frame, parsed: heartbeats, hello, READY and so on are answered here. */
void discord_gateway_handle(struct discord_gateway *gateway, const json_t *frame);

/* The last event's number; it goes with the session. */
int64_t discord_gateway_seq(const struct discord_gateway *gateway);
bool discord_gateway_is_ready(const struct discord_gateway *gateway);  // accepts NULL
