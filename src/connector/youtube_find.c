#include "connector/youtube_find.h"

#include <string.h>

#include "base/json.h"

bool youtube_broadcast_read(const json_t *item, struct youtube_broadcast *broadcast)
{
    const json_t *snippet = json_object_get(item, "snippet");
    const json_t *live = json_object_get(item, "liveStreamingDetails");
    const char *content = json_get_text(snippet, "liveBroadcastContent");
    const char *chat = json_get_text(live, "activeLiveChatId");
    *broadcast = (struct youtube_broadcast){
        .video = json_get_text(item, "id"),
        .channel = json_get_text(snippet, "channelId"),
        .chat = chat && *chat ? chat : NULL,
        .started = json_get_text(live, "actualStartTime"),
        .is_over = json_get_text(live, "actualEndTime") != NULL,
    };
    bool is_scheduled = !broadcast->started && json_get_text(live, "scheduledStartTime");
    broadcast->is_upcoming = content ? strcmp(content, "upcoming") == 0 : is_scheduled;
    return broadcast->video != NULL;
}

static bool is_later(const struct youtube_broadcast *a, const struct youtube_broadcast *b)
{
    if (a->is_upcoming != b->is_upcoming)
        return b->is_upcoming;
    return strcmp(a->started ? a->started : "", b->started ? b->started : "") > 0;
}

bool youtube_broadcast_choose(const json_t *answer, const char *ended_chat, bool may_be_upcoming,
                              struct youtube_broadcast *broadcast)
{
    const json_t *items = json_object_get(answer, "items");
    bool is_found = false;
    for (size_t i = 0; i < json_array_size(items); i++) {
        struct youtube_broadcast one;
        if (!youtube_broadcast_read(json_array_get(items, i), &one) || !one.chat || one.is_over)
            continue;
        if ((one.is_upcoming && !may_be_upcoming) || (ended_chat && strcmp(one.chat, ended_chat) == 0))
            continue;
        if (!is_found || is_later(&one, broadcast))
            *broadcast = one;
        is_found = true;
    }
    return is_found;
}
