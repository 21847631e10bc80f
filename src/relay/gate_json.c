/* What was caught, and the gate itself, as the panel reads them (docs/api.md). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "chat/message.h"
#include "relay/gate_private.h"

static void add_text(struct buffer *out, const char *key, const char *text)
{
    buffer_printf(out, ",\"%s\":", key);
    buffer_add_json(out, text, strlen(text));
}

static void add_reason(struct buffer *out, const struct gate_reason *reason)
{
    buffer_add_string(out, "{\"list\":");
    buffer_add_json(out, reason->list, strlen(reason->list));
    if (*reason->category)
        add_text(out, "category", reason->category);
    add_text(out, "word", reason->word);
    buffer_printf(out, ",\"from\":%" PRIu32 ",\"to\":%" PRIu32 "}", reason->from, reason->to);
}

void gate_caught_write_json(const struct gate_caught *caught, struct buffer *out)
{
    buffer_printf(out, "{\"id\":%" PRIu64 ",\"reasons\":[", caught->message->id);
    for (size_t i = 0; i < caught->reason_count; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        add_reason(out, &caught->reasons[i]);
    }
    buffer_add_string(out, "],\"message\":");
    message_write_json(caught->message, out);
    buffer_add_char(out, '}');
}

void gate_write_json(const struct gate *gate, struct buffer *out)
{
    struct gate_counts counts;
    gate_get_counts(gate, &counts);
    char *settings = json_dumps(gate->settings, JSON_COMPACT);
    buffer_printf(out, "{\"is_wanted\":%s,\"hold_ms\":%" PRId64 ",\"settings\":%s,\"words\":%zu}",
                  gate->options.is_wanted ? "true" : "false", gate->rules.hold_ms, settings ? settings : "{}", counts.words);
    free(settings);
}
