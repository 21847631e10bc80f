/*
 * outputs.h - what the video process reports, and commands that go on to it. Reports are copied key by key: nothing that
 * a client adds reaches another one. Thread: the loop's.
 */
#pragma once

#include "api/client.h"

struct reply;

struct outputs *outputs_create(struct api *api);
void outputs_destroy(struct outputs *outputs);  // accepts NULL

void outputs_handle_report(struct api *api, struct client *client, const json_t *report);

/* Passes a command on to the video process of that output; its answer, or that none came, ends the reply. */
bool outputs_pass_on(struct api *api, const char *command, const char *name, const json_t *arguments,
                     struct reply *reply, struct error *err);

void outputs_forget_client(struct api *api, const struct client *client);

/* Appends ,"outputs":[…],"input":{…} as far as there are any. */
void outputs_write(const struct outputs *outputs, struct buffer *out);
