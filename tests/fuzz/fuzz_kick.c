/* fuzz_kick.c - hostile frames of Kick's socket, webhooks and history; lines of one input share a reader. Deps: connector_dep. */
#include "decoding.h"

#include "base/json.h"
#include "connector/kick_inside.h"

/* The same bytes as a message of the site's history, and as the body of a webhook. */
static void try_elsewhere(struct connector *connector, const char *line, size_t len)
{
    static const char *const types[] = {"chat.message.sent", "channel.subscription.gifts", "moderation.banned", "kicks.gifted"};
    struct kick_reader *reader = &kick_of(connector)->reader;
    json_t *value = json_parse(line, len, NULL);
    const char *data = json_get_text(value, "data");
    json_t *inner = data ? json_parse(data, strlen(data), NULL) : NULL;
    kick_reader_history(reader, inner ? inner : value, NULL);
    for (size_t i = 0; value && i < ARRAY_LENGTH(types); i++)
        kick_reader_webhook(reader, str_from(types[i]), STR("01J"), inner ? inner : value, NULL);
    json_decref(inner);
    json_decref(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_decode("kick", data, size, try_elsewhere);
}
