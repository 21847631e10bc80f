/*
 * latency_show.h - the configuration of the show that `antiphon check --latency` measures: the user's sizes, rates, theme
 * and bit rate, but one chat, one input, one output, all on loopback. Thread: any.
 */
#pragma once

#include <jansson.h>

struct config;
struct error;

struct latency_show {
    const char *twitch;  // address of the chat
    int input_port, output_port;  // UDP, of SRT
    int width_px, height_px, fps;
};

/* The caller's. NULL: the view's theme is not there. */
json_t *latency_show_config(const struct config *config, const struct latency_show *show, struct error *err);
