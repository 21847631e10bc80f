/*
 * outputs.h - what overlay and video report, and commands that go on to the video process. Reports are copied key by
 * key: nothing that a client adds reaches another one. Thread: the loop's.
 */
#pragma once

#include "api/client.h"

struct reply;

struct outputs *outputs_create(struct api *api);
void outputs_destroy(struct outputs *outputs);  // accepts NULL

void outputs_handle_report(struct api *api, struct client *client, const json_t *report);

/* The video process's answer to a command that was passed on. */
void outputs_handle_reply(struct api *api, struct client *client, const json_t *message);

/* Passes a command on to the video process of that output; its answer, or that none came, ends the reply. */
bool outputs_pass_on(struct api *api, const char *command, const char *name, const json_t *arguments,
                     struct reply *reply, struct error *err);

void outputs_forget_client(struct api *api, const struct client *client);

/* Appends ,"outputs":[…],"input":{…} and ,"overlay":{…} as far as there are any. */
void outputs_write(const struct outputs *outputs, struct buffer *out);
void outputs_write_overlay(const struct outputs *outputs, struct buffer *out);

/* The newest picture of a view, PNG in base64; NULL: none yet. Borrowed until the next report. */
const char *outputs_preview(const struct outputs *outputs, const char *view);
