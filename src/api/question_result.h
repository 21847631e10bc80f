/* question_result.h - what the commands about one question answer. Thread: the loop's. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "api/command.h"

struct question;

/* {"id":12,"change":7}: the number takes back what was done last; absent: nothing can be. */
json_t *question_result(const struct question *question);

/* The outcome of a command with an argument "id", and *result as above where it was done and the question is there. */
enum outcome question_finish(const struct call *call, bool is_done, json_t **result);
