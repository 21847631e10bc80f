#include "connector/discord_guild.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "connector/fields.h"

/* More than Discord itself allows: 200 servers for a bot of this kind, 250 roles, 500 channels and 1,000 threads. */
enum { GUILDS_MAX = 256, ROLES_MAX = 512, CHANNELS_MAX = 2048 };

enum { ADMINISTRATOR = 1 << 3, MANAGE_MESSAGES = 1 << 13 };  // topics/permissions

uint64_t discord_id_of(struct str text)
{
    uint64_t id = 0;
    if (text.len == 0 || text.len > 20)
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)text.data[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(id, 10u, &id) || __builtin_add_overflow(id, digit, &id))
            return 0;
    }
    return id;
}

uint64_t discord_id(const json_t *object, const char *key)
{
    return discord_id_of(field_text(object, key));
}

/* ---- finding ---- */

static struct discord_guild *find(const struct discord_guilds *guilds, uint64_t id)
{
    for (size_t i = 0; i < guilds->count; i++) {
        if (guilds->guilds[i].id == id)
            return &guilds->guilds[i];
    }
    return NULL;
}

const struct discord_guild *discord_guild_find(const struct discord_guilds *guilds, uint64_t id)
{
    return find(guilds, id);
}

static struct discord_channel *find_channel(const struct discord_guild *guild, uint64_t id)
{
    for (size_t i = 0; i < guild->channel_count; i++) {
        if (guild->channels[i].id == id)
            return &guild->channels[i];
    }
    return NULL;
}

const struct discord_guild *discord_guild_of_channel(const struct discord_guilds *guilds, uint64_t channel_id)
{
    for (size_t i = 0; i < guilds->count; i++) {
        if (find_channel(&guilds->guilds[i], channel_id))
            return &guilds->guilds[i];
    }
    return NULL;
}

const char *discord_channel_name(const struct discord_guilds *guilds, uint64_t id)
{
    const struct discord_guild *guild = discord_guild_of_channel(guilds, id);
    return guild ? find_channel(guild, id)->name : NULL;
}

static struct discord_role *find_role(const struct discord_guild *guild, uint64_t id)
{
    for (size_t i = 0; guild && i < guild->role_count; i++) {
        if (guild->roles[i].id == id)
            return &guild->roles[i];
    }
    return NULL;
}

const struct discord_role *discord_guild_role(const struct discord_guild *guild, uint64_t id)
{
    return find_role(guild, id);
}

/* ---- taking in ---- */

static void set_name(char **slot, const json_t *object)
{
    const char *name = json_get_text(object, "name");
    if (!name && *slot)
        return;
    free(*slot);
    *slot = xstrdup(name ? name : "");
}

static void take_role(struct discord_guild *guild, const json_t *object)
{
    uint64_t id = discord_id(object, "id");
    struct discord_role *role = find_role(guild, id);
    if (!role) {
        if (id == 0 || guild->role_count == ROLES_MAX)
            return;
        guild->roles = xreallocarray(guild->roles, guild->role_count + 1, sizeof(*guild->roles));
        role = &guild->roles[guild->role_count++];
        *role = (struct discord_role){.id = id};
    }
    set_name(&role->name, object);
    role->color = (uint32_t)json_get_int(object, "color", 0) & 0xffffff;
    role->position = json_get_int(object, "position", 0);
    role->may_moderate = (discord_id(object, "permissions") & (ADMINISTRATOR | MANAGE_MESSAGES)) != 0;
}

static void take_channel(struct discord_guild *guild, const json_t *object)
{
    uint64_t id = discord_id(object, "id");
    struct discord_channel *channel = find_channel(guild, id);
    if (!channel) {
        if (id == 0 || guild->channel_count == CHANNELS_MAX)
            return;
        guild->channels = xreallocarray(guild->channels, guild->channel_count + 1, sizeof(*guild->channels));
        channel = &guild->channels[guild->channel_count++];
        *channel = (struct discord_channel){.id = id};
    }
    set_name(&channel->name, object);
}

static void take_list(struct discord_guild *guild, const json_t *list,
                      void (*take)(struct discord_guild *guild, const json_t *object))
{
    for (size_t i = 0; i < json_array_size(list); i++)
        take(guild, json_array_get(list, i));
}

static void take_guild(struct discord_guilds *guilds, const json_t *data)
{
    uint64_t id = discord_id(data, "id");
    struct discord_guild *guild = find(guilds, id);
    if (!guild) {
        if (id == 0 || guilds->count == GUILDS_MAX)
            return;
        guilds->guilds = xreallocarray(guilds->guilds, guilds->count + 1, sizeof(*guilds->guilds));
        guild = &guilds->guilds[guilds->count++];
        *guild = (struct discord_guild){.id = id};
    }
    guild->is_unavailable = json_get_bool(data, "unavailable", false);
    if (guild->is_unavailable)
        return;
    set_name(&guild->name, data);
    uint64_t owner_id = discord_id(data, "owner_id");
    guild->owner_id = owner_id ? owner_id : guild->owner_id;
    take_list(guild, json_object_get(data, "roles"), take_role);
    take_list(guild, json_object_get(data, "channels"), take_channel);
    take_list(guild, json_object_get(data, "threads"), take_channel);
}

static void guild_fini(struct discord_guild *guild)
{
    for (size_t i = 0; i < guild->role_count; i++)
        free(guild->roles[i].name);
    for (size_t i = 0; i < guild->channel_count; i++)
        free(guild->channels[i].name);
    free(guild->roles);
    free(guild->channels);
    free(guild->name);
}

/* With `unavailable` it is an outage; without, the bot was removed. */
static void drop_guild(struct discord_guilds *guilds, const json_t *data)
{
    struct discord_guild *guild = find(guilds, discord_id(data, "id"));
    if (!guild)
        return;
    if (json_get_bool(data, "unavailable", false)) {
        guild->is_unavailable = true;
        return;
    }
    guild_fini(guild);
    *guild = guilds->guilds[--guilds->count];
}

static void drop_channel(struct discord_guilds *guilds, const json_t *data)
{
    struct discord_guild *guild = find(guilds, discord_id(data, "guild_id"));
    struct discord_channel *channel = guild ? find_channel(guild, discord_id(data, "id")) : NULL;
    if (!channel)
        return;
    free(channel->name);
    *channel = guild->channels[--guild->channel_count];
}

static void update_channel(struct discord_guilds *guilds, const json_t *data)
{
    struct discord_guild *guild = find(guilds, discord_id(data, "guild_id"));
    if (guild)
        take_channel(guild, data);
}

static void update_role(struct discord_guilds *guilds, const json_t *data)
{
    struct discord_guild *guild = find(guilds, discord_id(data, "guild_id"));
    if (guild)
        take_role(guild, json_object_get(data, "role"));
}

static void drop_role(struct discord_guilds *guilds, const json_t *data)
{
    struct discord_guild *guild = find(guilds, discord_id(data, "guild_id"));
    struct discord_role *role = find_role(guild, discord_id(data, "role_id"));
    if (!role)
        return;
    free(role->name);
    *role = guild->roles[--guild->role_count];
}

bool discord_guilds_read(struct discord_guilds *guilds, struct str name, const json_t *data)
{
    static const struct {
        const char *name;
        void (*take)(struct discord_guilds *guilds, const json_t *data);
    } events[] = {
        {"GUILD_CREATE", take_guild}, {"GUILD_UPDATE", take_guild}, {"GUILD_DELETE", drop_guild},
        {"GUILD_ROLE_CREATE", update_role}, {"GUILD_ROLE_UPDATE", update_role}, {"GUILD_ROLE_DELETE", drop_role},
        {"CHANNEL_CREATE", update_channel}, {"CHANNEL_UPDATE", update_channel}, {"CHANNEL_DELETE", drop_channel},
        {"THREAD_CREATE", update_channel}, {"THREAD_UPDATE", update_channel}, {"THREAD_DELETE", drop_channel},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(events); i++) {
        if (str_equal(name, str_from(events[i].name))) {
            events[i].take(guilds, data);
            return true;
        }
    }
    return false;
}

void discord_guilds_fini(struct discord_guilds *guilds)
{
    for (size_t i = 0; i < guilds->count; i++)
        guild_fini(&guilds->guilds[i]);
    free(guilds->guilds);
    *guilds = (struct discord_guilds){0};
}
