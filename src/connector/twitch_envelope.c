#include "connector/twitch_envelope.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/fields.h"

int64_t twitch_json_time_ms(const json_t *object, const char *key, int64_t otherwise)
{
    struct str text = field_text(object, key);
    int64_t time_ms;
    bool is_time = text.len > 0 && clock_parse_rfc3339(text.data, text.len, &time_ms) && time_ms > 0;
    return is_time ? time_ms : otherwise;
}

static enum twitch_envelope_type type_of(struct str name)
{
    static const struct {
        const char *name;
        enum twitch_envelope_type type;
    } table[] = {
        {"notification", TWITCH_NOTIFICATION}, {"session_keepalive", TWITCH_KEEPALIVE},
        {"session_welcome", TWITCH_WELCOME}, {"session_reconnect", TWITCH_RECONNECT},
        {"revocation", TWITCH_REVOCATION},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        if (str_equal(str_from(table[i].name), name))
            return table[i].type;
    }
    return TWITCH_OTHER;
}

bool twitch_envelope_open(struct twitch_envelope *envelope, const char *text, size_t len, struct error *err)
{
    *envelope = (struct twitch_envelope){.root = json_parse(text, len, err)};
    if (!envelope->root)
        return false;
    const json_t *metadata = json_object_get(envelope->root, "metadata");
    struct str type = field_text(metadata, "message_type");
    if (type.len == 0) {
        twitch_envelope_close(envelope);
        return error_set(err, ERROR_DATA, "a frame of EventSub without metadata.message_type");
    }
    envelope->type = type_of(type);
    envelope->message_id = field_text(metadata, "message_id");
    envelope->subscription = field_text(metadata, "subscription_type");
    envelope->time_ms = twitch_json_time_ms(metadata, "message_timestamp", 0);
    envelope->payload = json_object_get(envelope->root, "payload");
    return true;
}

void twitch_envelope_close(struct twitch_envelope *envelope)
{
    json_decref(envelope->root);
    *envelope = (struct twitch_envelope){0};
}
