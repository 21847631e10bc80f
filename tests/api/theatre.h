/*
 * theatre.h - a rehearsal in a thread and loop of its own, so that the relay under test meets it as it meets a platform.
 * Thread: the test's; each call is carried out before it returns.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct message;
struct rehearsal_options;
struct theatre;

struct theatre *theatre_open(const struct rehearsal_options *options);  // fails the test
void theatre_close(struct theatre *theatre);

json_t *theatre_source(const struct theatre *theatre, const char *connector);  // a new reference: entry of `sources`
void theatre_say(struct theatre *theatre, const struct message *message);
void theatre_fault(struct theatre *theatre, const char *fault, const char *platform);
json_t *theatre_state(struct theatre *theatre);  // a new reference
json_t *theatre_writes(struct theatre *theatre, const char *platform);  // what was written there, oldest first; a new one
