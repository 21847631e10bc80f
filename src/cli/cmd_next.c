/* cmd_next.c - the next question on air. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/folders.h"
#include "cli/one_shot.h"
#include "cli/options.h"

int cmd_next(int argc, char **argv)
{
    const struct option_usage usage = {argv[0], NULL,
        "Marks the question on air as answered and puts the oldest ready one on air.", NULL, 0};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    struct error err = {0};
    json_t *result = NULL;
    char *runtime = folder_runtime(&err);
    bool ok = runtime && one_shot(runtime, "next", NULL, &result, &err);
    free(runtime);
    if (!ok)
        fprintf(stderr, "antiphon %s: %s\n", usage.command, err.text);
    if (json_get_bool(result, "is_late", false))
        fprintf(stderr, "antiphon %s: pressed twice within a second: nothing was changed\n", usage.command);
    json_decref(result);
    return ok ? COMMAND_OK : COMMAND_FAILED;
}
