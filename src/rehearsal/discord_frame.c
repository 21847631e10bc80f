#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "rehearsal/discord_inside.h"

/* How a message of the transcript looks in an event: discord.com/developers/docs, resources/message (August 2026). */

static json_t *id_json(uint64_t id)
{
    return json_sprintf("%" PRIu64, id);
}

static json_t *text_json(struct str text)
{
    return json_stringn(text.data ? text.data : "", text.len);
}

static bool is_number(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    }
    return text.len > 0 && text.len < 20;
}

uint64_t discord_frame_person(struct str id)
{
    uint64_t a, b;
    if (id.len == 0)
        return 0;
    if (is_number(id))
        return strtoull(id.data, NULL, 10);
    transcript_hash_word(id.data, id.len, 0, &a, &b);
    return a % UINT64_C(100000000000000000) + UINT64_C(100000000000000000);
}

/* ---- words ---- */

/* Letters, digits and _ of a name, 2 to 32 of them. */
static bool emoji_name(struct str from, char name[33])
{
    size_t len = 0;
    for (size_t i = 0; i < from.len && len < 32; i++) {
        char c = from.data[i];
        bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        if (is_letter || (c >= '0' && c <= '9') || c == '_')
            name[len++] = c;
    }
    name[len] = '\0';
    return len >= 2;
}

/* Emotes stand in the text by id. */
static json_t *content(const struct message_draft *is)
{
    struct buffer out = {0};
    size_t at = 0;
    for (size_t i = 0; i < is->emote_count; i++) {
        const struct emote *emote = &is->emotes[i];
        char name[33];
        if (emote->from < at || !emoji_name(emote->name, name))
            continue;
        buffer_add(&out, is->text.data + at, emote->from - at);
        buffer_printf(&out, "<:%s:%" PRIu64 ">", name, discord_frame_person(emote->id));
        at = emote->to;
    }
    buffer_add(&out, is->text.data ? is->text.data + at : "", is->text.len - at);
    json_t *text = json_stringn(out.data ? out.data : "", out.len);
    buffer_fini(&out);
    return text;
}

/* ---- people ---- */

static json_t *user(const struct message_draft *is)
{
    struct str name = is->author.name.len ? is->author.name : is->author.login;
    struct str login = is->author.login.len ? is->author.login : is->author.name;
    uint64_t id = discord_frame_person(is->author.id.len ? is->author.id : login);
    json_t *out = json_pack("{s:o, s:o, s:s, s:o, s:n}", "id", id_json(id), "username", text_json(login), "discriminator",
                            "0", "global_name", text_json(name), "avatar");
    if (is->author.roles & ROLE_BOT)
        json_object_set_new(out, "bot", json_true());
    return out;
}

static json_t *member(const struct message_draft *is)
{
    json_t *roles = json_array();
    if (is->author.roles & ROLE_MODERATOR)
        json_array_append_new(roles, json_string(DISCORD_ROLE));
    return json_pack("{s:n, s:o, s:s}", "nick", "roles", roles, "joined_at", "2024-01-01T00:00:00+00:00");
}

/* The server has one owner: who speaks as the broadcaster first, is it. */
static void note_owner(struct discord_side *side, const struct message_draft *is)
{
    uint64_t id = discord_frame_person(is->author.id);
    if (!(is->author.roles & ROLE_BROADCASTER) || side->owner || id == 0)
        return;
    side->owner = id;
    discord_side_tell(side, "GUILD_UPDATE", json_pack("{s:s, s:s, s:o}", "id", DISCORD_GUILD, "name", "Rehearsal",
                                                      "owner_id", id_json(id)), 0, (struct str){0});
}

/* ---- messages ---- */

static json_t *time_json(int64_t unix_ms)
{
    char text[CLOCK_RFC3339_BYTES];
    clock_format_rfc3339(unix_ms, text);
    return json_sprintf("%.23s000+00:00", text);
}

static json_t *envelope(struct discord_side *side, const struct message_draft *is, uint64_t id, int type)
{
    json_t *out = json_pack("{s:o, s:s, s:s, s:i, s:o, s:o, s:n, s:o, s:[], s:[], s:[], s:i}", "id", id_json(id),
                            "channel_id", side_text(&side->base, "channel"), "guild_id", DISCORD_GUILD, "type", type,
                            "content", content(is), "timestamp", time_json(is->time_ms), "edited_timestamp", "author",
                            user(is), "mentions", "attachments", "embeds", "flags", 0);
    if (str_equal(is->author.id, STR(DISCORD_HOOK)))
        json_object_set_new(out, "webhook_id", json_string(DISCORD_HOOK));
    else
        json_object_set_new(out, "member", member(is));
    return out;
}

static json_t *chat(struct discord_side *side, const struct message_draft *is, uint64_t id)
{
    struct str first = is->reply_to.native_id;
    json_t *out = envelope(side, is, id, first.len ? 19 : 0);
    struct discord_entry *entry = first.len ? discord_side_find(side, first, 0) : NULL;
    if (first.len == 0)
        return out;
    json_object_set_new(out, "message_reference", json_pack("{s:i, s:o}", "type", 0, "message_id",
                                                            id_json(entry ? entry->id : 1)));
    json_t *message = entry && entry->data ? json_loads(entry->data, 0, NULL) : json_null();
    json_object_set_new(out, "referenced_message", message);
    return out;
}

static json_t *poll_json(const struct message_draft *is)
{
    const json_t *options = json_object_get(is->detail, "options");
    json_t *answers = json_array(), *counts = json_array();
    for (size_t i = 0; i < json_array_size(options); i++) {
        const json_t *option = json_array_get(options, i);
        const char *text = json_get_text(option, "text");
        json_array_append_new(answers, json_pack("{s:i, s:{s:s}}", "answer_id", (int)i + 1, "poll_media", "text",
                                                 text ? text : ""));
        json_array_append_new(counts, json_pack("{s:i, s:I}", "id", (int)i + 1, "count",
                                                (json_int_t)json_get_int(option, "votes", 0)));
    }
    const char *state = json_get_text(is->detail, "state");
    return json_pack("{s:{s:o}, s:o, s:b, s:i, s:{s:b, s:o}}", "question", "text", text_json(is->text), "answers", answers,
                     "allow_multiselect", 0, "layout_type", 1, "results", "is_finalized",
                     state && strcmp(state, "closed") == 0, "answer_counts", counts);
}

/* The same poll again is a refresh of its message, which nobody edited. */
static json_t *poll(struct discord_side *side, const struct message_draft *is, uint64_t id, const char **name)
{
    struct discord_entry *entry = discord_side_find(side, is->native_id, 0);
    struct message_draft wordless = *is;
    wordless.text = (struct str){0};
    wordless.emote_count = 0;
    json_t *out = envelope(side, &wordless, entry ? entry->id : id, 0);
    json_object_set_new(out, "poll", poll_json(is));
    *name = entry ? "MESSAGE_UPDATE" : "MESSAGE_CREATE";
    return out;
}

static json_t *membership(struct discord_side *side, const struct message_draft *is, uint64_t id)
{
    const char *event = json_get_text(is->detail, "event");
    if (event && strcmp(event, "boost") == 0)
        return envelope(side, is, id, 8);
    json_t *out = envelope(side, is, id, 25);
    json_object_set_new(out, "role_subscription_data", json_pack("{s:o, s:I, s:b}", "tier_name",
        text_json(is->money.item), "total_months_subscribed", (json_int_t)json_get_int(is->detail, "months", 1),
        "is_renewal", event && strcmp(event, "renewed") == 0));
    return out;
}

/* ---- what acts on them ---- */

static json_t *edit(struct discord_side *side, const struct message_draft *is)
{
    struct discord_entry *entry = discord_side_find(side, is->target.native_id, 0);
    json_t *out = entry && entry->data ? json_loads(entry->data, 0, NULL) : NULL;
    if (!out)
        return NULL;
    json_object_set_new(out, "content", content(is));
    json_object_set_new(out, "edited_timestamp", time_json(is->time_ms));
    return out;
}

static json_t *removal(struct discord_side *side, const struct message_draft *is)
{
    struct discord_entry *entry = discord_side_find(side, is->target.native_id, 0);
    if (!entry)
        return NULL;
    free(entry->data);
    entry->data = NULL;
    return json_pack("{s:o, s:s, s:s}", "id", id_json(entry->id), "channel_id", side_text(&side->base, "channel"),
                     "guild_id", DISCORD_GUILD);
}

static json_t *ban(const struct message_draft *is)
{
    return json_pack("{s:s, s:{s:o, s:s}}", "guild_id", DISCORD_GUILD, "user", "id",
                     id_json(discord_frame_person(is->target.author_id)), "username", "somebody");
}

static json_t *timeout(const struct message_draft *is)
{
    return json_pack("{s:s, s:{s:o, s:s}, s:o}", "guild_id", DISCORD_GUILD, "user", "id",
                     id_json(discord_frame_person(is->target.author_id)), "username", "somebody",
                     "communication_disabled_until", time_json(is->time_ms + is->target.seconds * 1000));
}

json_t *discord_frame(struct discord_side *side, const struct message *message, uint64_t id, const char **name)
{
    const struct message_draft *is = &message->is;
    *name = "MESSAGE_CREATE";
    note_owner(side, is);
    switch (is->kind) {
    case MESSAGE_CHAT:
    case MESSAGE_ACTION:
    case MESSAGE_QUESTION: return chat(side, is, id);
    case MESSAGE_POLL: return poll(side, is, id, name);
    case MESSAGE_MEMBERSHIP: return membership(side, is, id);
    case MESSAGE_JOIN: return envelope(side, is, id, 7);
    case MESSAGE_EDIT: *name = "MESSAGE_UPDATE"; return edit(side, is);
    case MESSAGE_DELETE: *name = "MESSAGE_DELETE"; return removal(side, is);
    case MESSAGE_BAN:
        *name = is->target.seconds ? "GUILD_MEMBER_UPDATE" : "GUILD_BAN_ADD";
        return is->target.seconds ? timeout(is) : ban(is);
    case MESSAGE_UNBAN: *name = "GUILD_BAN_REMOVE"; return ban(is);
    default: return NULL;
    }
}
