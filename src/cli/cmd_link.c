/* cmd_link.c - a new sign-in link for the panel, as text and as a picture for a phone's camera. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/folders.h"
#include "cli/one_shot.h"
#include "cli/options.h"
#include "cli/qr_code.h"

static bool make_link(const char *role, int minutes, bool wants_code, struct error *err)
{
    char *runtime = folder_runtime(err);
    json_t *arguments = json_pack("{s:s, s:i}", "role", role, "minutes", minutes), *result = NULL;
    bool ok = runtime && one_shot(runtime, "invite", arguments, &result, err);
    const char *url = json_get_text(result, "url");
    if (ok && !url)
        ok = error_set(err, ERROR_DATA, "the relay answered without a link");
    if (ok) {
        printf("%s\n", url);
        if (wants_code)
            qr_code_print(url);
    }
    json_decref(result);
    json_decref(arguments);
    free(runtime);
    return ok;
}

int cmd_link(int argc, char **argv)
{
    const char *role = "owner";
    int minutes = 10;
    bool wants_code = false;
    const struct option_spec specs[] = {
        {"role", OPTION_TEXT, &role, "ROLE", "owner, moderator or viewer; usual: owner"},
        {"minutes", OPTION_INT, &minutes, "N", "how long the link lives unused; usual: 10", 1, 10080},
        {"qr", OPTION_FLAG, &wants_code, NULL, "also as a code for a phone's camera"},
    };
    const struct option_usage usage = {"link", NULL,
        "Prints a link that signs one browser in to the panel, once. Send it to nobody else: whoever opens it first is in.",
        specs, ARRAY_LENGTH(specs)};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    struct error err = {0};
    if (make_link(role, minutes, wants_code, &err))
        return COMMAND_OK;
    fprintf(stderr, "antiphon link: %s\n", err.text);
    return COMMAND_FAILED;
}
