#include "connector/discord_text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "connector/fields.h"

enum { MARK_BYTES_MAX = 128 };

/* Where an emote's strings lie in the bytes, while those still move: offsets, kept in the pointers. */
static struct str at(size_t offset, size_t len)
{
    return (struct str){(const char *)(uintptr_t)(offset + 1), len};
}

static struct str settle(const struct discord_text *text, struct str where)
{
    return (struct str){text->bytes.data + ((uintptr_t)where.data - 1), where.len};
}

struct str discord_name(const json_t *user, const json_t *member)
{
    struct str name = field_text(member, "nick");
    if (name.len == 0)
        name = field_text(user, "global_name");
    return name.len > 0 ? name : field_text(user, "username");
}

/* ---- one mark ---- */

struct context {
    struct discord_text *text;
    const json_t *mentions;
    const struct discord_guilds *guilds;
    const struct discord_guild *guild;
};

static void put(struct context *context, const char *before, struct str words)
{
    buffer_add_string(&context->text->bytes, before);
    buffer_add(&context->text->bytes, words.data, words.len);
}

static bool put_user(struct context *context, struct str id)
{
    if (id.len > 0 && id.data[0] == '!')
        id = (struct str){id.data + 1, id.len - 1};
    if (discord_id_of(id) == 0)
        return false;
    for (size_t i = 0; i < json_array_size(context->mentions); i++) {
        const json_t *user = json_array_get(context->mentions, i);
        if (str_equal(field_text(user, "id"), id)) {
            put(context, "@", discord_name(user, json_object_get(user, "member")));
            return true;
        }
    }
    put(context, "@", STR("unknown"));
    return true;
}

static bool put_role(struct context *context, struct str id)
{
    const struct discord_role *role = discord_guild_role(context->guild, discord_id_of(id));
    if (discord_id_of(id) == 0)
        return false;
    put(context, "@", role ? str_from(role->name) : STR("unknown role"));
    return true;
}

static bool put_channel(struct context *context, struct str id)
{
    const char *name = discord_channel_name(context->guilds, discord_id_of(id));
    if (discord_id_of(id) == 0)
        return false;
    put(context, "#", name ? str_from(name) : STR("unknown"));
    return true;
}

/* "name:id" and "name:" + id of a command: what stands before the last colon. */
static bool put_command(struct context *context, struct str body)
{
    const char *colon = memrchr(body.data, ':', body.len);
    if (!colon || colon == body.data)
        return false;
    put(context, "/", (struct str){body.data, (size_t)(colon - body.data)});
    return true;
}

/* "1795371645" or with ":R": shown in UTC, because each reader's own zone is not known here. */
static bool put_time(struct context *context, struct str body)
{
    const char *colon = memchr(body.data, ':', body.len);
    struct str digits = {body.data, colon ? (size_t)(colon - body.data) : body.len};
    uint64_t seconds = discord_id_of(digits);
    char text[CLOCK_RFC3339_BYTES], words[48];
    if (seconds == 0 || seconds > 253402300799)  // the year 9999
        return false;
    clock_format_rfc3339((int64_t)seconds * 1000, text);
    snprintf(words, sizeof(words), "%.10s %.5s UTC", text, text + 11);
    put(context, "", str_from(words));
    return true;
}

static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        if ((c | 0x20) < 'a' || (c | 0x20) > 'z') {
            if ((c < '0' || c > '9') && c != '_' && c != '-' && c != '~')
                return false;
        }
    }
    return name.len > 0;
}

/* ":name:id" behind "<" or "<a". */
static bool put_emoji(struct context *context, struct str body)
{
    struct discord_text *text = context->text;
    const char *colon = memchr(body.data, ':', body.len);
    if (!colon)
        return false;
    struct str name = {body.data, (size_t)(colon - body.data)};
    struct str id = {colon + 1, body.len - name.len - 1};
    if (!is_name(name) || discord_id_of(id) == 0)
        return false;
    size_t from = text->bytes.len;
    buffer_printf(&text->bytes, ":%.*s:", (int)name.len, name.data);
    if (text->emote_count < DISCORD_EMOTES_MAX)
        text->emotes[text->emote_count++] = (struct emote){
            .id = id, .from = (uint32_t)from, .to = (uint32_t)text->bytes.len};
    return true;
}

/* What stands between "<" and ">". False: it is no mark. */
static bool put_mark(struct context *context, struct str mark)
{
    static const struct {
        const char *start;
        bool (*put)(struct context *context, struct str body);
    } marks[] = {
        {"@&", put_role}, {"@", put_user}, {"#", put_channel}, {"a:", put_emoji}, {":", put_emoji}, {"t:", put_time},
        {"/", put_command},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(marks); i++) {
        struct str start = str_from(marks[i].start);
        if (str_starts_with(mark, start))
            return marks[i].put(context, (struct str){mark.data + start.len, mark.len - start.len});
    }
    return false;
}

/* ---- the whole ---- */

/*
 * Addresses follow the text, because they are nothing to read: each emote's strings are put behind it, and pointers
 * are made of the offsets when nothing moves any more.
 */
static void keep_emotes(struct discord_text *text)
{
    for (size_t i = 0; i < text->emote_count; i++) {
        struct emote *emote = &text->emotes[i];
        size_t id = text->bytes.len;
        buffer_add(&text->bytes, emote->id.data, emote->id.len);
        size_t url = text->bytes.len;
        buffer_printf(&text->bytes, "https://cdn.discordapp.com/emojis/%.*s.webp?size=48", (int)emote->id.len, emote->id.data);
        emote->id = at(id, emote->id.len);
        emote->url = at(url, text->bytes.len - url);
        emote->name = at(emote->from, emote->to - emote->from);
    }
}

void discord_text_resolve(struct discord_text *text, struct str content, const json_t *mentions,
                          const struct discord_guilds *guilds, const struct discord_guild *guild)
{
    struct context context = {text, mentions, guilds, guild};
    const char *from = content.data ? content.data : "", *end = from + content.len;
    buffer_clear(&text->bytes);
    text->emote_count = 0;
    for (const char *open = from; open < end && (open = memchr(open, '<', (size_t)(end - open)));) {
        size_t left = (size_t)(end - open);
        const char *close = memchr(open, '>', left < MARK_BYTES_MAX ? left : MARK_BYTES_MAX);
        buffer_add(&text->bytes, from, (size_t)(open - from));
        from = open++;
        if (close && put_mark(&context, (struct str){from + 1, (size_t)(close - from - 1)}))
            from = open = close + 1;
    }
    if (from < end)
        buffer_add(&text->bytes, from, (size_t)(end - from));
    text->text_len = text->bytes.len;
    keep_emotes(text);
}

void discord_text_add(struct discord_text *text, const char *before, struct str words, const char *behind)
{
    if (text->emote_count > 0 && text->text_len < text->bytes.len)
        return;  // what follows the text is not to be moved; such words are in the detail, too
    if (text->bytes.len > 0)
        buffer_add_char(&text->bytes, ' ');
    buffer_add_string(&text->bytes, before);
    buffer_add(&text->bytes, words.data, words.len);
    buffer_add_string(&text->bytes, behind);
    text->text_len = text->bytes.len;
}

void discord_text_picture(struct discord_text *text, struct str id, struct str name, const char *url)
{
    buffer_clear(&text->bytes);
    buffer_printf(&text->bytes, ":%.*s:", (int)name.len, name.data);
    text->text_len = text->bytes.len;
    struct emote *emote = &text->emotes[0];
    *emote = (struct emote){.from = 0, .to = (uint32_t)text->text_len, .name = at(0, text->text_len)};
    emote->id = at(text->bytes.len, id.len);
    buffer_add(&text->bytes, id.data, id.len);
    emote->url = at(text->bytes.len, strlen(url));
    buffer_add_string(&text->bytes, url);
    text->emote_count = 1;
}

void discord_text_use(struct discord_text *text, struct message_draft *draft)
{
    draft->text = (struct str){text->bytes.data, text->text_len};
    for (size_t i = 0; i < text->emote_count; i++) {
        struct emote *emote = &text->emotes[i];
        emote->id = settle(text, emote->id);
        emote->name = settle(text, emote->name);
        emote->url = settle(text, emote->url);
    }
    draft->emotes = text->emotes;
    draft->emote_count = text->emote_count;
}

void discord_text_fini(struct discord_text *text)
{
    buffer_fini(&text->bytes);
}
