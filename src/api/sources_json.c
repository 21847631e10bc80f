#include "api/sources_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "relay/journal.h"
#include "relay/relay.h"
#include "relay/sources.h"

static void add_text(struct buffer *out, const char *key, const char *text)
{
    buffer_printf(out, ",\"%s\":", key);
    buffer_add_json(out, text, strlen(text));
}

static void add_budget(const struct source *source, struct buffer *out)
{
    const struct connector_budget *budget = &source->health.budget;
    if (budget->limit <= 0)
        return;
    buffer_add_string(out, ",\"budget\":{\"name\":");
    buffer_add_json(out, budget->name, strlen(budget->name));
    buffer_printf(out, ",\"left\":%" PRId64 ",\"limit\":%" PRId64, budget->left, budget->limit);
    if (budget->resets_ms > 0)
        buffer_printf(out, ",\"resets_ms\":%" PRId64, budget->resets_ms);
    int64_t empty_ms = source_budget_empty_ms(source);
    if (empty_ms >= 0)
        buffer_printf(out, ",\"empty_in_ms\":%" PRId64, empty_ms);
    buffer_add_char(out, '}');
}

/* What can be done there now; for the first thing that people would do, why it cannot. */
static void add_can(const struct source *source, struct buffer *out)
{
    const char *why_not = "";
    bool is_first = true;
    buffer_add_string(out, ",\"can\":[");
    for (int kind = CONNECTOR_SAY; kind < CONNECTOR_ACT_COUNT; kind++) {
        if (!sources_can(source->owner, source->id, (enum connector_act_kind)kind, NULL))
            continue;
        buffer_printf(out, "%s\"%s\"", is_first ? "" : ",", connector_act_name((enum connector_act_kind)kind));
        is_first = false;
    }
    buffer_add_char(out, ']');
    if (!sources_can(source->owner, source->id, CONNECTOR_SAY, &why_not))
        add_text(out, "cannot_say", why_not);
}

/* {"count":2,"last_ms":0.4,"median_ms":0.4,"worst_ms":1.2} */
static void add_delays(struct buffer *out, const char *key, const struct delays *delays)
{
    if (delays->count == 0)
        return;
    buffer_printf(out, ",\"%s\":{\"count\":%" PRIu64 ",\"last_ms\":%.2f,\"median_ms\":%.2f,\"worst_ms\":%.2f}", key,
                  delays->count, (double)delays->last_us / 1000, (double)delays_median_us(delays) / 1000,
                  (double)delays->worst_us / 1000);
}

static void add_removal(const struct source *source, struct buffer *out)
{
    const struct source_removal *removal = &source->removal;
    if (removal->at_ms == 0)
        return;
    buffer_printf(out, ",\"removal\":{\"at_ms\":%" PRId64, removal->at_ms);
    add_delays(out, "lists", &removal->lists);
    add_delays(out, "off_air", &removal->off_air);
    add_delays(out, "way", &removal->way);
    add_delays(out, "whole", &removal->whole);
    buffer_add_char(out, '}');
}

void source_write_json(const struct source *source, struct buffer *out)
{
    const struct connector_health *health = &source->health;
    buffer_add_string(out, "{\"id\":");
    buffer_add_json(out, source->id, strlen(source->id));
    add_text(out, "platform", source->platform);
    char *config = json_dumps(source->config, JSON_COMPACT);
    buffer_printf(out, ",\"config\":%s,\"state\":\"%s\"", config ? config : "{}", connector_state_name(health->state));
    free(config);
    add_text(out, "text", health->text ? health->text : "");
    buffer_printf(out, ",\"since_ms\":%" PRId64 ",\"last_message_ms\":%" PRId64 ",\"messages\":%" PRIu64, health->since_ms,
                  health->last_message_ms, health->messages);
    buffer_printf(out, ",\"reconnects\":%" PRIu64 ",\"dropped\":%" PRIu64 ",\"duplicates\":%" PRIu64, health->reconnects,
                  health->dropped, source->duplicates);
    if (source->usual_interval_ms > 0)
        buffer_printf(out, ",\"interval_ms\":%" PRId64, source->usual_interval_ms);
    if (source->silent_since_ms > 0)
        buffer_printf(out, ",\"silent_since_ms\":%" PRId64, source->silent_since_ms);
    if (health->remedy && *health->remedy)
        add_text(out, "remedy", health->remedy);
    if (health->has_skew)
        buffer_printf(out, ",\"skew_ms\":%" PRId64, health->skew_ms);
    add_budget(source, out);
    add_can(source, out);
    add_removal(source, out);
    if (source->gaps > 0)
        buffer_printf(out, ",\"gaps\":%" PRIu64 ",\"gaps_ms\":%" PRId64, source->gaps, source->gaps_ms);
    buffer_add_char(out, '}');
}

void gap_write_json(const struct journal_gap *gap, struct buffer *out)
{
    buffer_add_string(out, "{\"source\":");
    buffer_add_json(out, gap->source, strlen(gap->source));
    buffer_printf(out, ",\"from_ms\":%" PRId64 ",\"to_ms\":%" PRId64, gap->from_ms, gap->to_ms);
    add_text(out, "reason", gap->reason);
    buffer_add_char(out, '}');
}

static void begin_item(struct buffer *out)
{
    if (out->data[out->len - 1] == '}')
        buffer_add_char(out, ',');
}

static void add_source(void *data, const struct source *source)
{
    begin_item(data);
    source_write_json(source, data);
}

static void add_gap(void *data, const struct journal_gap *gap)
{
    begin_item(data);
    gap_write_json(gap, data);
}

void sources_write_snapshot(const struct relay *relay, struct buffer *out)
{
    buffer_add_string(out, ",\"sources\":[");
    sources_each(relay->sources, add_source, out);
    buffer_add_string(out, "],\"gaps\":[");
    journal_each_gap(relay->journal, add_gap, out);
    buffer_add_char(out, ']');
}
