/* cmd_say.c - something said in the chats, and what became of it in each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/folders.h"
#include "cli/one_shot.h"
#include "cli/options.h"

static json_t *make_arguments(const char *to, bool is_announcement, char *const *words, int count)
{
    struct buffer text = {0};
    for (int i = 0; i < count; i++) {
        if (i > 0)
            buffer_add_char(&text, ' ');
        buffer_add_string(&text, words[i]);
    }
    char *whole = buffer_take(&text);
    json_t *arguments = json_pack("{s:s}", "text", whole);
    free(whole);
    if (arguments && is_announcement)
        json_object_set_new(arguments, "announce", json_true());
    if (arguments && to) {
        json_t *list = json_array();
        char *copy = xstrdup(to), *rest = copy;
        for (char *name; (name = strsep(&rest, ","));)
            json_array_append_new(list, json_string(name));
        json_object_set_new(arguments, "to", list);
        free(copy);
    }
    return arguments;
}

/* One line a source. Returns how many took it. */
static size_t print_results(const json_t *answer)
{
    size_t index, taken = 0;
    json_t *result;
    json_array_foreach(json_object_get(json_object_get(answer, "sent"), "results"), index, result) {
        const char *source = json_get_text(result, "source"), *outcome = json_get_text(result, "outcome");
        const char *why = json_get_text(result, "text");
        printf("%-8s  %s%s%s\n", outcome ? outcome : "", source ? source : "", why ? ": " : "", why ? why : "");
        taken += outcome && strcmp(outcome, "accepted") == 0;
    }
    return taken;
}

int cmd_say(int argc, char **argv)
{
    const char *to = NULL;
    bool is_announcement = false;
    const struct option_spec specs[] = {
        {"to", OPTION_TEXT, &to, "SOURCE", "only there: a source's id, or several with commas; usual: all that can"},
        {"announce", OPTION_FLAG, &is_announcement, NULL, "as an announcement, where the platform has such"},
    };
    const struct option_usage usage = {"say", "TEXT …",
        "Says something in the chats, by the relay of this machine, and prints what became of it in each.\n"
        "Exit status 1 if no chat took it.", specs, ARRAY_LENGTH(specs)};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    if (first >= argc) {
        fprintf(stderr, "antiphon say: there is no text; see 'antiphon say --help'\n");
        return COMMAND_USAGE;
    }
    struct error err = {0};
    char *runtime = folder_runtime(&err);
    json_t *arguments = make_arguments(to, is_announcement, argv + first, argc - first), *answer = NULL;
    bool ok = arguments || error_set(&err, ERROR_DATA, "the text is no UTF-8");
    ok = ok && runtime && one_shot(runtime, "say", arguments, &answer, &err);
    size_t taken = ok ? print_results(answer) : 0;
    if (!ok)
        fprintf(stderr, "antiphon say: %s\n", err.text);
    json_decref(arguments);
    json_decref(answer);
    free(runtime);
    return taken > 0 ? COMMAND_OK : COMMAND_FAILED;
}
