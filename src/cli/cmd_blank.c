/* cmd_blank.c - the holding picture on every network output at once; and back. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/folders.h"
#include "cli/one_shot.h"
#include "cli/options.h"

int cmd_blank(int argc, char **argv)
{
    bool is_over = false;
    const struct option_spec specs[] = {
        {"off", OPTION_FLAG, &is_over, NULL, "it is over: show the picture again"},
    };
    const struct option_usage usage = {"blank", NULL,
        "Shows the holding picture, with silence, to the audience of every network output at once. Recordings go on.", specs, ARRAY_LENGTH(specs)};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    struct error err = {0};
    char *runtime = folder_runtime(&err);
    json_t *arguments = json_pack("{s:b}", "on", !is_over);
    bool ok = runtime && one_shot(runtime, "blank", arguments, NULL, &err);
    json_decref(arguments);
    free(runtime);
    if (!ok)
        fprintf(stderr, "antiphon blank: %s\n", err.text);
    return ok ? COMMAND_OK : COMMAND_FAILED;
}
