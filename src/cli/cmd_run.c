/* cmd_run.c - everything the configuration names, kept alive. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/folders.h"
#include "cli/options.h"
#include "cli/supervise.h"

static void add_part(struct supervise_part *parts, size_t *count, const char *name, const char *config_path)
{
    parts[(*count)++] = (struct supervise_part){
        .name = name,
        .argv = {name, config_path ? "--config" : NULL, config_path},
    };
}

static bool run(const char *config_path, double seconds, struct error *err)
{
    // Read here only to refuse a bad file before anything starts, and to see what is wanted.
    struct config *config = config_load(config_path, err);
    char *runtime = config ? folder_runtime(err) : NULL;
    bool ok = false;
    if (runtime) {
        struct supervise_part parts[3] = {0};
        size_t count = 0;
        if (config->video.is_wanted)
            add_part(parts, &count, "video", config_path);
        add_part(parts, &count, "relay", config_path);
        add_part(parts, &count, "overlay", config_path);
        ok = supervise_run(parts, count, runtime, seconds, err);
    }
    free(runtime);
    config_destroy(config);
    return ok;
}

int cmd_run(int argc, char **argv)
{
    const char *config_path = NULL;
    double seconds = 0;
    const struct option_spec specs[] = {
        {"config", OPTION_TEXT, &config_path, "FILE", "the configuration; usual: ~/.config/antiphon/antiphon.json"},
        {"seconds", OPTION_REAL, &seconds, "N", "end by itself after so long"},
    };
    const struct option_usage usage = {"run", NULL,
        "Starts relay and overlay, and video if the configuration has a \"video\" section; restarts what dies.\n"
        "SIGHUP: re-read the configuration. SIGTERM or Ctrl-C: end all.", specs, ARRAY_LENGTH(specs)};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    struct error err = {0};
    if (run(config_path, seconds, &err))
        return COMMAND_OK;
    fprintf(stderr, "antiphon run: %s\n", err.text);
    return COMMAND_FAILED;
}
