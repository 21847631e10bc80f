/* cmd_chapters.c - what was on air and when, for the description or the track of a recording. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/folders.h"
#include "cli/one_shot.h"
#include "cli/options.h"

static bool make_arguments(const char *format, const char *zero, json_t **arguments, struct error *err)
{
    int64_t zero_ms = 0;
    if (zero && !clock_parse_rfc3339(zero, strlen(zero), &zero_ms))
        return error_set(err, ERROR_DATA, "--zero %.40s: expected as in 2026-11-22T18:20:45Z", zero);
    *arguments = json_pack("{s:s,s:I}", "format", format, "zero_ms", (json_int_t)zero_ms);
    return *arguments || error_set(err, ERROR_DATA, "--format is no UTF-8");
}

int cmd_chapters(int argc, char **argv)
{
    const char *format = "youtube", *zero = NULL;
    const struct option_spec specs[] = {
        {"format", OPTION_TEXT, &format, "FORMAT", "youtube, webvtt or csv; usual: youtube"},
        {"zero", OPTION_TEXT, &zero, "TIME", "where the recording begins, 2026-11-22T18:20:45Z; usual: with the show"},
    };
    const struct option_usage usage = {"chapters", NULL,
        "Prints the questions of this show with their times on air, as chapters of the recording.", specs,
        ARRAY_LENGTH(specs)};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    struct error err = {0};
    char *runtime = folder_runtime(&err);
    json_t *arguments = NULL, *answer = NULL;
    bool ok = runtime && make_arguments(format, zero, &arguments, &err) &&
              one_shot(runtime, "questions.chapters", arguments, &answer, &err);
    if (ok) {
        fputs(json_get_text(answer, "text"), stdout);
    } else {
        fprintf(stderr, "antiphon chapters: %s\n", err.text);
    }
    json_decref(arguments);
    json_decref(answer);
    free(runtime);
    return ok ? COMMAND_OK : COMMAND_FAILED;
}
