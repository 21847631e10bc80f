/* cmd_panic.c - a blank overlay at once and nothing may go on air; and back. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/folders.h"
#include "cli/one_shot.h"
#include "cli/options.h"

int cmd_panic(int argc, char **argv)
{
    bool is_over = false, stays_empty = false;
    const struct option_spec specs[] = {
        {"off", OPTION_FLAG, &is_over, NULL, "it is over: show again what was on air"},
        {"empty", OPTION_FLAG, &stays_empty, NULL, "it is over, and what was on air stays away"},
    };
    const struct option_usage usage = {"panic", NULL,
        "Blanks the overlay at once, and nobody can bring anything on air. Nothing is lost: --off brings it back as it was.", specs, ARRAY_LENGTH(specs)};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    struct error err = {0};
    char *runtime = folder_runtime(&err);
    json_t *arguments = json_pack("{s:b, s:b}", "on", !is_over && !stays_empty, "clear", stays_empty);
    bool ok = runtime && one_shot(runtime, "panic", arguments, NULL, &err);
    json_decref(arguments);
    free(runtime);
    if (!ok)
        fprintf(stderr, "antiphon panic: %s\n", err.text);
    return ok ? COMMAND_OK : COMMAND_FAILED;
}
