/*
 * lines.h - lists of what many wrote, as the on-air state tells them: chat lines, gifts, memberships, raids.
 * Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* 0: none. Of a streak the number that stays. */
uint64_t line_id(const json_t *line);

/* Is it this message, or (author not NULL) by this author? */
bool line_is_from(const json_t *line, uint64_t message, const char *platform, const char *author);

/* A new list without what is from there; NULL: there was nothing of it in the list. */
json_t *lines_without(const json_t *lines, uint64_t message, const char *platform, const char *author);
