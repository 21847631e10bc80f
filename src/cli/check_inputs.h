/*
 * check_inputs.h - for `antiphon check`: whether what the video process reads is there, and whether its outputs could begin on
 * this machine. Addresses are shown without their secrets. Thread: the caller's; gst_init() was called.
 */
#pragma once

#include <stdbool.h>

struct config;

/* One line a thing. what: "input", "output"; name: "main", "holding", or the output's. */
typedef void (*check_place_fn)(void *data, bool is_good, const char *what, const char *name, const char *text);

void check_inputs(const struct config *config, check_place_fn say, void *data);

/* Silent about what could begin. No peer is called: an address may be right and its service away. */
void check_output_places(const struct config *config, check_place_fn say, void *data);
