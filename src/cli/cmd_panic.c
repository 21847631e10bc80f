/* cmd_panic.c - a blank overlay at once, and back. */
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
    bool is_over = false;
    const struct option_spec specs[] = {
        {"off", OPTION_FLAG, &is_over, NULL, "show again what was on air"},
    };
    const struct option_usage usage = {"panic", NULL,
        "Blanks the overlay at once. Nothing is lost: --off brings it back as it was.", specs, ARRAY_LENGTH(specs)};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    struct error err = {0};
    char *runtime = folder_runtime(&err);
    json_t *arguments = json_pack("{s:b}", "on", !is_over);
    bool ok = runtime && one_shot(runtime, "panic", arguments, NULL, &err);
    json_decref(arguments);
    free(runtime);
    if (!ok)
        fprintf(stderr, "antiphon panic: %s\n", err.text);
    return ok ? COMMAND_OK : COMMAND_FAILED;
}
