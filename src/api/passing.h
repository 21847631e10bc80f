/*
 * passing.h - commands that go on to another process of ours, and its answer on the way back.
 * At most 32 wait at a time; one that is not answered in time, or whose process goes away, ends with words that say so.
 * Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct api;
struct client;
struct error;
struct passing;
struct reply;

struct passing *passing_create(struct api *api);
void passing_destroy(struct passing *passing);  // accepts NULL; who waits is told

struct passing_order {
    struct client *client;  // borrowed: to whom it goes
    const char *whom;       // "the video process", for words; a literal
    struct reply *reply;    // what the answer ends
    json_t *message;        // borrowed; "type" and "ref" are filled in
    int64_t patience_ms;
    /* Optional: what of its result may be passed back, a new reference; NULL: nothing. */
    json_t *(*take)(const json_t *result);
};

/* False: too much waits already, and the reply is still the caller's. */
bool passing_send(struct passing *passing, const struct passing_order *order, struct error *err);

/* A client's answer. One that nobody waits for, or that another client was asked for, is ignored. */
void passing_handle_reply(struct passing *passing, struct client *client, const json_t *message);

void passing_forget_client(struct passing *passing, const struct client *client);
