/*
 * one_shot.h - one command to the relay of this machine, over its Unix socket, and the answer.
 * Blocks for twenty seconds at most. Thread: any but a loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct error;

/*
 * arguments: borrowed, NULL: none. *result (may be NULL): the answer, the caller's. False: no relay, or what it said
 * against the command.
 */
bool one_shot(const char *runtime_folder, const char *command, const json_t *arguments, json_t **result,
    struct error *err);

/* A whole subcommand: parses argv (only --help), sends `command`, prints nothing on success. */
int one_shot_command(int argc, char **argv, const char *command, const char *summary);
