/*
 * check_outputs.h - for `antiphon check`: each output's picture, which platform's rule holds for it, and what its encoder is
 * told. Never an address. Thread: the caller's.
 */
#pragma once

#include <stdbool.h>

struct config;

/* One line a thing. name: of the output. */
typedef void (*check_output_fn)(void *data, bool is_good, const char *name, const char *text);

void check_outputs(const struct config *config, check_output_fn say, void *data);

/* Which encoder each size of picture gets on this machine, and why others are refused; name: the encoder's. Tries them. */
void check_encoders(const struct config *config, check_output_fn say, void *data);
