/*
 * discord_event.h - what the gateway's events and the history's messages mean.
 * Facts: discord.com/developers/docs, events/gateway-events and resources/message, 2026-08. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "connector/discord_guild.h"
#include "connector/discord_poll.h"
#include "connector/discord_text.h"
#include "connector/fields.h"

struct connector;
struct error;

enum { DISCORD_CHANNELS_MAX = 32 };

struct discord_reader {
    struct connector *base;  // borrowed; its connector_deliver() gets the messages
    uint64_t channels[DISCORD_CHANNELS_MAX];  // wanted; none: all (a decoder)
    size_t channel_count;
    struct discord_guilds guilds;
    struct discord_polls polls;
    struct discord_text text, quoted;
    struct field_scratch scratch;
    int64_t newest_ms;       // Discord's clock, of the newest message
    bool is_history;         // what is read now was written before we came
};

void discord_reader_fini(struct discord_reader *reader);

/* An event of op 0. True also if it means nothing to us. False: err says what is missing. */
bool discord_reader_event(struct discord_reader *reader, struct str name, const json_t *data, struct error *err);

/* One message object, as of an event or of the history. */
bool discord_reader_message(struct discord_reader *reader, const json_t *message, struct error *err);

bool discord_reader_wants(const struct discord_reader *reader, uint64_t channel_id);

/* When a snowflake was made, and the least one of a moment; Unix ms. */
int64_t discord_id_time_ms(uint64_t id);
uint64_t discord_id_at(int64_t unix_ms);
