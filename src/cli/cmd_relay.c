/* cmd_relay.c - the relay process: the configuration, the chats, the API. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/door.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/folders.h"
#include "cli/instance.h"
#include "cli/options.h"
#include "cli/pulse.h"
#include "cli/relay_config.h"
#include "net/loop.h"
#include "relay/relay.h"

struct process {
    struct relay_config *config;  // owned
    char *runtime, *data;         // folders, owned
    struct loop *loop;
    struct relay *relay;
    struct api *api;
    struct door *door;
    struct pulse pulse;
};

static void handle_end(void *data)
{
    struct process *process = data;
    loop_stop(process->loop);
}

static void handle_reload(void *data)
{
    struct process *process = data;
    struct error err = {0};
    if (relay_config_reload(process->config, process->relay, &err)) {
        log_info("relay", "%s read again", relay_config_get(process->config)->path);
    } else {
        log_error("relay", "%s; the old configuration stays", err.text);
    }
}

static struct api *open_api(struct process *process, struct error *err)
{
    const struct config *config = relay_config_get(process->config);
    char *socket = xasprintf("%s/relay.sock", process->runtime);
    char *panel = folder_asset("panel", NULL);
    const struct api_options options = {
        .listen = config->panel.listen,
        .unix_path = socket,
        .public_url = *config->panel.public_url ? config->panel.public_url : NULL,
        .trusted_proxies = (const char *const *)config->panel.trusted_proxies,
        .trusted_proxy_count = config_count_texts(config->panel.trusted_proxies),
        .panel_folder = panel,
        .cert_file = *config->panel.certificate ? config->panel.certificate : NULL,
        .key_file = *config->panel.key ? config->panel.key : NULL,
    };
    struct api *api = api_create(process->loop, process->relay, &options, err);
    free(panel);
    free(socket);
    return api;
}

/* The panel's own pages may send, where others reach them. */
static char *panel_origin(const struct config *config)
{
    const char *url = config->panel.public_url, *host = strstr(url, "://");
    return host ? xstrndup(url, (size_t)(host - url) + 3 + strcspn(host + 3, "/")) : NULL;
}

static struct door *open_door(struct process *process, struct error *err)
{
    const struct config *config = relay_config_get(process->config);
    size_t count = 0;
    while (config->door.origins[count])
        count++;
    const char **origins = xcalloc(count + 1, sizeof(*origins));
    memcpy(origins, config->door.origins, count * sizeof(*origins));
    char *own = panel_origin(config);
    if (own)
        origins[count++] = own;
    const struct door_options options = {
        .listen = config->door.listen,
        .cert_file = *config->door.certificate ? config->door.certificate : NULL,
        .key_file = *config->door.key ? config->door.key : NULL,
        .origins = origins,
        .origin_count = count,
    };
    struct door *door = door_create(process->loop, process->relay, &options, err);
    free(own);
    free(origins);
    return door;
}

static bool open_all(struct process *process, const char *config_path, struct error *err)
{
    process->config = relay_config_load(config_path, err);
    process->runtime = process->config ? folder_runtime(err) : NULL;
    process->data = process->runtime ? folder_data(err) : NULL;
    if (!process->data || !instance_take(process->runtime, "relay", err))
        return false;
    process->loop = loop_create(err);
    if (!process->loop || !loop_on_signal(process->loop, SIGTERM, handle_end, process, err)
        || !loop_on_signal(process->loop, SIGINT, handle_end, process, err)
        || !loop_on_signal(process->loop, SIGHUP, handle_reload, process, err))
        return false;
    process->relay = relay_config_create_relay(process->config, process->loop, process->data, process->runtime, err);
    process->api = process->relay ? open_api(process, err) : NULL;
    process->door = process->api ? open_door(process, err) : NULL;
    return process->door;
}

static void close_all(struct process *process)
{
    pulse_stop(&process->pulse);
    door_destroy(process->door);
    api_destroy(process->api);
    relay_destroy(process->relay);
    loop_destroy(process->loop);
    relay_config_destroy(process->config);
    free(process->runtime);
    free(process->data);
}

int cmd_relay(int argc, char **argv)
{
    const char *config_path = NULL;
    const struct option_spec specs[] = {
        {"config", OPTION_TEXT, &config_path, "FILE", "the configuration; usual: ~/.config/antiphon/antiphon.json"},
    };
    const struct option_usage usage = {"relay", NULL,
        "Reads the chats, keeps the journal, serves panel and API.\n"
        "SIGHUP: re-read the configuration; a bad file is refused and the old one kept.", specs, ARRAY_LENGTH(specs)};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    struct process process = {0};
    struct error err = {0};
    bool ok = open_all(&process, config_path, &err);
    if (ok) {
        if (api_port(process.api)) {
            log_info("relay", "panel on %s port %u; `antiphon link` gives a sign-in link",
                relay_config_get(process.config)->panel.listen, api_port(process.api));
        }
        pulse_start(&process.pulse, process.loop, NULL, NULL);
        ok = loop_run(process.loop, &err);
    }
    close_all(&process);
    if (!ok)
        log_error("relay", "%s", err.text);
    return ok ? COMMAND_OK : COMMAND_FAILED;
}
