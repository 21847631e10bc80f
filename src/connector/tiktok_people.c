#include "connector/tiktok_people.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"

static struct str bytes_of(ProtobufCBinaryData data)
{
    return (struct str){(const char *)data.data, data.len};
}

json_t *tiktok_json_text(struct str text)
{
    if (text.len == 0 || utf8_is_valid(text.data, text.len))
        return json_stringn(text.data ? text.data : "", text.len);
    char *repaired = xmalloc(3 * text.len);
    json_t *value = json_stringn(repaired, utf8_repair(text.data, text.len, repaired));
    free(repaired);
    return value;
}

static bool ends_with(struct str text, struct str ending)
{
    return text.len >= ending.len && memcmp(text.data + text.len - ending.len, ending.data, ending.len) == 0;
}

/* The path's ending decides; what follows a "?" is a signature. */
static bool is_readable(struct str url)
{
    const char *query = url.len > 0 ? memchr(url.data, '?', url.len) : NULL;
    struct str path = {url.data, query ? (size_t)(query - url.data) : url.len};
    return ends_with(path, STR(".webp")) || ends_with(path, STR(".jpeg")) || ends_with(path, STR(".jpg")) ||
           ends_with(path, STR(".png"));
}

struct str tiktok_picture_of(const Tiktok__Image *image)
{
    if (!image || image->n_url_list == 0)
        return (struct str){0};
    for (size_t i = 0; i < image->n_url_list; i++) {
        if (is_readable(bytes_of(image->url_list[i])))
            return bytes_of(image->url_list[i]);
    }
    return bytes_of(image->url_list[0]);
}

struct str tiktok_name_of(const Tiktok__User *user)
{
    return bytes_of(user->nickname.len > 0 ? user->nickname : user->display_id);
}

static void read_badge(struct tiktok_item *item, const Tiktok__Badge *badge)
{
    struct str level = badge->privilege_log_extra ? bytes_of(badge->privilege_log_extra->level) : (struct str){0};
    tiktok_item_add_badge(item, badge->scene_type, level);
}

void tiktok_read_user(struct tiktok_item *item, const Tiktok__User *user, const Tiktok__UserIdentity *identity)
{
    struct message_author *author = &item->draft.author;
    if (user) {
        author->id = user->id ? tiktok_item_number(item, (uint64_t)user->id) : bytes_of(user->id_str);
        author->login = bytes_of(user->display_id);
        author->name = tiktok_name_of(user);
        author->avatar = tiktok_picture_of(user->avatar_thumb);
        for (size_t i = 0; i < user->n_badge_list; i++)
            read_badge(item, user->badge_list[i]);
        author->roles |= (user->verified ? ROLE_VERIFIED : 0u) |
                         (user->attr && user->attr->is_admin ? ROLE_MODERATOR : 0u);
    }
    if (identity)
        author->roles |= (identity->moderator ? ROLE_MODERATOR : 0u) | (identity->anchor ? ROLE_BROADCASTER : 0u) |
                         (identity->subscriber ? ROLE_SUBSCRIBER : 0u);
}
