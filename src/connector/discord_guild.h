/*
 * discord_guild.h - what the gateway tells about servers ("guilds"): names of channels and roles, owner, who moderates.
 * Messages name all of these by id only. Facts: discord.com/developers/docs, events/gateway-events, 2026-08.
 * Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct discord_role {
    uint64_t id;
    char *name;  // owned
    uint32_t color;      // 0xRRGGBB; 0: none
    int64_t position;    // the highest with a colour gives the name's colour
    bool may_moderate;   // Manage Messages or Administrator
};

struct discord_channel {
    uint64_t id;
    char *name;  // owned
};

struct discord_guild {
    uint64_t id, owner_id;
    char *name;  // owned
    bool is_unavailable;  // an outage of Discord's, not a kick
    struct discord_role *roles;        // owned
    struct discord_channel *channels;  // owned; threads too
    size_t role_count, channel_count;
};

struct discord_guilds {
    struct discord_guild *guilds;  // owned
    size_t count;
};

void discord_guilds_fini(struct discord_guilds *guilds);  // leaves it empty

/* True: event `name` was about servers, channels or roles, and is taken in. */
bool discord_guilds_read(struct discord_guilds *guilds, struct str name, const json_t *data);

/* All return NULL if it is not known. */
const struct discord_guild *discord_guild_find(const struct discord_guilds *guilds, uint64_t id);
const struct discord_guild *discord_guild_of_channel(const struct discord_guilds *guilds, uint64_t channel_id);
const struct discord_role *discord_guild_role(const struct discord_guild *guild, uint64_t id);  // guild may be NULL
const char *discord_channel_name(const struct discord_guilds *guilds, uint64_t id);

/* A snowflake: 64 bits, written as a string. 0: none. */
uint64_t discord_id(const json_t *object, const char *key);
uint64_t discord_id_of(struct str text);
