/* cmd_door.c - the secret addresses at which other programs reach the sources, and a token for a new one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/options.h"
#include "connector/connector.h"
#include "connector/inbound.h"

static void drop(void *data, struct message *message)
{
}

/* "http://127.0.0.1:8471", or where a tunnel begins. The caller frees. */
static char *base_address(const struct config *config)
{
    const char *url = config->door.public_url;
    size_t len = strlen(url);
    if (len > 0)
        return xstrndup(url, len - (url[len - 1] == '/'));
    return xasprintf("%s://%s", *config->door.certificate ? "https" : "http", config->door.listen);
}

/* False: this source wants nothing from outside. */
static bool print_source(const struct config *config, const json_t *source, const char *base)
{
    struct connector *connector = connector_create(source, &(struct connector_options){.deliver = drop}, NULL);
    const char *token = connector ? connector_token(connector) : NULL;
    if (token) {
        const char *rest = strstr(base, "://");
        bool is_tls = strncmp(base, "https", 5) == 0;
        printf("%s\n    POST       %s/in/%s\n", connector_source(connector), base, token);
        if (connector_takes_sockets(connector))
            printf("    websocket  %s%s/ws/%s\n", is_tls ? "wss" : "ws", rest ? rest : "", token);
        printf("\n");
    }
    connector_destroy(connector);
    return token != NULL;
}

static void print_new(const struct config *config)
{
    char token[INBOUND_TOKEN_BYTES];
    inbound_make_token(token);
    const char *slash = strrchr(config->path, '/');
    printf("For a new source, two lines: into \"sources\" of %s\n    {\"connector\": \"door\", \"token\": \"secret:door\"}\n"
           "and into %.*ssecrets.json (mode 0600)\n    {\"door\": \"%s\"}\n", config->path,
           slash ? (int)(slash - config->path) + 1 : 0, config->path, token);
}

static bool print_all(const char *config_path, bool wants_new, struct error *err)
{
    struct config *config = config_load(config_path, err);
    if (!config)
        return false;
    size_t count = 0;
    char *base = base_address(config);
    for (size_t i = 0; i < json_array_size(config->sources); i++)
        count += print_source(config, json_array_get(config->sources, i), base);
    if (count > 0)
        printf("Who knows an address can put words into the show: keep it as a password. Kinds (/generic, /kofi, …): docs/door.md\n");
    if (count == 0 || wants_new)
        print_new(config);
    free(base);
    config_destroy(config);
    return true;
}

int cmd_door(int argc, char **argv)
{
    const char *config_path = NULL;
    bool wants_new = false;
    const struct option_spec specs[] = {
        {"config", OPTION_TEXT, &config_path, "FILE", "the configuration; usual: ~/.config/antiphon/antiphon.json"},
        {"new", OPTION_FLAG, &wants_new, NULL, "also a token for one more source"},
    };
    const struct option_usage usage = {"door", NULL,
        "Prints the addresses at which other programs reach your sources: webhooks and websockets. They are secrets.",
        specs, ARRAY_LENGTH(specs)};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    struct error err = {0};
    if (print_all(config_path, wants_new, &err))
        return COMMAND_OK;
    fprintf(stderr, "antiphon door: %s\n", err.text);
    return COMMAND_FAILED;
}
