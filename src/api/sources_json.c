#include "api/sources_json.h"

#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "relay/journal.h"
#include "relay/relay.h"

void source_write_json(const struct source *source, struct buffer *out)
{
    buffer_add_string(out, "{}");
}

void gap_write_json(const struct journal_gap *gap, struct buffer *out)
{
    buffer_add_string(out, "{\"source\":");
    buffer_add_json(out, gap->source, strlen(gap->source));
    buffer_printf(out, ",\"from_ms\":%" PRId64 ",\"to_ms\":%" PRId64 ",\"reason\":", gap->from_ms, gap->to_ms);
    buffer_add_json(out, gap->reason, strlen(gap->reason));
    buffer_add_char(out, '}');
}

static void add_gap(void *data, const struct journal_gap *gap)
{
    struct buffer *out = data;
    if (out->data[out->len - 1] == '}')
        buffer_add_char(out, ',');
    gap_write_json(gap, out);
}

void sources_write_snapshot(const struct relay *relay, struct buffer *out)
{
    buffer_add_string(out, ",\"sources\":[],\"gaps\":[");
    journal_each_gap(relay->journal, add_gap, out);
    buffer_add_char(out, ']');
}
