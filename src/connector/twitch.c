#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "connector/connector_impl.h"
#include "connector/twitch_reader.h"

struct twitch {
    struct connector base;
    struct twitch_reader reader;
    char *channel;  // owned, lower case, without the '#'
};

static const struct connector_key keys[] = {{"channel", JSON_STRING, true}, {"url", JSON_STRING, false}, {NULL}};

static char *twitch_check(const json_t *config, struct error *err)
{
    return xstrdup(json_get_text(config, "channel"));
}

static struct connector *twitch_create(const json_t *config)
{
    struct twitch *twitch = xcalloc(1, sizeof(*twitch));
    twitch_reader_init(&twitch->reader, &twitch->base);
    twitch->channel = xstrdup(connector_config_text(config, "channel", ""));
    return &twitch->base;
}

static void twitch_start(struct connector *base)
{
    connector_set_state(base, CONNECTOR_CONNECTING, "to irc-ws.chat.twitch.tv");
}

static bool twitch_receive(struct connector *base, const char *text, size_t len, struct error *err)
{
    struct twitch *twitch = container_of(base, struct twitch, base);
    struct twitch_line line;
    return twitch_line_parse(&line, text, len, err) && twitch_reader_read(&twitch->reader, &line, err);
}

static void twitch_destroy(struct connector *base)
{
    struct twitch *twitch = container_of(base, struct twitch, base);
    free(twitch->channel);
    free(twitch);
}

const struct connector_impl twitch_connector = {
    .name = "twitch", .keys = keys, .check = twitch_check, .create = twitch_create, .start = twitch_start,
    .receive = twitch_receive, .destroy = twitch_destroy,
};
