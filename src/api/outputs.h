/*
 * outputs.h - what the video process reports, and commands that go on to it. Reports are copied key by key: nothing that
 * a client adds reaches another one. Thread: the loop's.
 */
#pragma once

#include "api/client.h"

struct reply;

struct outputs *outputs_create(struct api *api, int silent_ms);  // 0: 7000
void outputs_destroy(struct outputs *outputs);  // accepts NULL

void outputs_handle_report(struct api *api, struct client *client, const json_t *report);
void outputs_forget_client(struct api *api, struct client *client);

/* Appends ,"outputs":[…],"input":{…},"video":{…} as far as there are any. */
void outputs_write(const struct outputs *outputs, struct buffer *out);

/* --- outputs_order.c --- */

/*
 * Passes a command on to the video process of that output (NULL: of them all) with its arguments; its answer, or that
 * none came, ends the reply. What was ordered is said again to a video process that died and came back.
 */
bool outputs_pass_on(struct api *api, const char *command, const char *name, const json_t *arguments,
                     struct reply *reply, struct error *err);

/* This client looks at the outputs' pictures, or no longer. They are made only while somebody does. */
void outputs_watch(struct api *api, struct client *client, bool is_on);

enum { OUTPUT_PICTURE_BYTES_MAX = 56 * 1024 };  // of base64

/* A picture of an output: to those who look, and nowhere else. */
void outputs_take_picture(struct api *api, const json_t *picture);
