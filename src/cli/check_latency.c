#include "cli/check_latency.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/latency.h"

enum { USUAL_S = 30 };

static double in_frames(const struct latency_result *result, double ms)
{
    return ms * result->fps / 1000;
}

static void print_row(const struct latency_result *result, const char *what, const struct latency_distribution *row)
{
    printf("%-22s %7.1f %7.1f %7.1f %7.1f %7.1f   %5.1f frames   %zu\n", what, row->min_ms, row->median_ms, row->p95_ms,
        row->p99_ms, row->max_ms, in_frames(result, row->median_ms), row->count);
}

static void print_words(const struct latency_result *result)
{
    printf("A camera's numbered pictures by SRT to antiphon, and by SRT to a player: %dx%d at %d a second, all on this machine.\n\n",
        result->width_px, result->height_px, result->fps);
    printf("%-22s %7s %7s %7s %7s %7s   %12s   %s\n", "ms", "min", "median", "95 %", "99 %", "max", "median", "of");
    print_row(result, "input -> output", &result->picture);
    print_row(result, "  without antiphon", &result->direct);
    if (result->line.count > 0)
        print_row(result, "chat -> pixel", &result->line);
    printf("\nantiphon itself: %.0f ms from its input to its output (median), what its input waits for included.\n",
        result->picture.median_ms - result->direct.median_ms);
    printf("The first line of chat took %.0f ms. Pictures that the player missed: %zu, could not read: %zu. Lines lost: %zu.\n",
        result->first_line_ms, result->missing, result->unreadable, result->lost_lines);
}

static json_t *describe(const struct latency_result *result, const struct latency_distribution *row)
{
    return json_pack("{s:I, s:f, s:f, s:f, s:f, s:f, s:f}", "count", (json_int_t)row->count, "min_ms", row->min_ms,
        "median_ms", row->median_ms, "p95_ms", row->p95_ms, "p99_ms", row->p99_ms, "max_ms", row->max_ms,
        "median_frames", in_frames(result, row->median_ms));
}

static void print_json(const struct latency_result *result)
{
    json_t *all = json_pack("{s:[i,i], s:i, s:o, s:o, s:o, s:f, s:I, s:I, s:I}", "size", result->width_px, result->height_px,
        "fps", result->fps, "input_to_output", describe(result, &result->picture), "without_antiphon",
        describe(result, &result->direct), "chat_to_pixel", describe(result, &result->line), "first_line_ms",
        result->first_line_ms, "missing", (json_int_t)result->missing, "unreadable", (json_int_t)result->unreadable,
        "lost_lines", (json_int_t)result->lost_lines);
    char *text = json_dumps(all, JSON_COMPACT | JSON_REAL_PRECISION(6));
    puts(text);
    free(text);
    json_decref(all);
}

int check_latency(const char *config_path, double seconds, bool is_json)
{
    struct error err = {0};
    struct config *config = config_load(config_path, &err);
    struct latency_result result;
    seconds = seconds > 0 ? seconds : USUAL_S;
    bool ok = config && latency_measure(config, seconds < LATENCY_SECONDS_MAX ? seconds : LATENCY_SECONDS_MAX, &result, &err);
    if (!ok)
        fprintf(stderr, "antiphon check --latency: %s\n", err.text);
    else if (is_json)
        print_json(&result);
    else
        print_words(&result);
    config_destroy(config);
    return ok ? COMMAND_OK : COMMAND_FAILED;
}
