/* check_latency.h - `antiphon check --latency`: measures and prints. Thread: main. */
#pragma once

#include <stdbool.h>

/* The command's exit status. seconds 0: the usual. */
int check_latency(const char *config_path, double seconds, bool is_json);
