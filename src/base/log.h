/*
 * log.h - one line to standard error for each thing an operator may want to know.
 * error: a person must act. warn: we helped ourselves. info: what one asks afterwards. debug: for us.
 * Nothing per frame, no secrets. Control characters in a line are replaced, so hostile text cannot draw on a
 * terminal or forge a line. Thread: any.
 */
#pragma once

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Lines above `level` are dropped. Default: LOG_INFO. */
void log_set_level(enum log_level level);

/* "error", "warn", "info" or "debug"; false: another word. */
bool log_parse_level(const char *word, enum log_level *level);

/* From now on `secret` (6 bytes or more, copied) is printed as "***" wherever it stands in a line. */
void log_hide(const char *secret);

/* It is worth nothing any more: a token that was replaced. NULL and what was never hidden are harmless. */
void log_unhide(const char *secret);

/* where: the room and file, "connector/twitch". */
void log_write(enum log_level level, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(where, ...) log_write(LOG_ERROR, where, __VA_ARGS__)
#define log_warn(where, ...) log_write(LOG_WARN, where, __VA_ARGS__)
#define log_info(where, ...) log_write(LOG_INFO, where, __VA_ARGS__)
#define log_debug(where, ...) log_write(LOG_DEBUG, where, __VA_ARGS__)
