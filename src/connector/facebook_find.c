/* facebook_find.c - who the token is, and which video is live. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/facebook_inside.h"
#include "connector/fields.h"

static void wait_for(struct facebook *facebook, const char *what)
{
    backoff_reset(&facebook->backoff);
    facebook_later(facebook, facebook_slowed_ms(facebook, facebook->look_ms), facebook_find);
    connector_set_state(&facebook->base, CONNECTOR_WAITING, "%s", what);
}

/* ---- the Page's live videos ---- */

static const char *live_of(const json_t *answer)
{
    const json_t *videos = json_object_get(answer, "data");
    for (size_t i = 0; i < json_array_size(videos); i++) {
        const json_t *video = json_array_get(videos, i);
        if (str_equal(field_text(video, "status"), STR("LIVE")) && json_get_text(video, "id"))
            return json_get_text(video, "id");
    }
    return NULL;
}

static void handle_videos(struct facebook *facebook, const json_t *answer, const struct graph_failure *failure)
{
    const char *video = live_of(answer);
    if (!answer) {
        facebook_fail(facebook, failure, facebook_find);
    } else if (video) {
        facebook_begin(facebook, video);
    } else if (facebook->video && facebook->alive_ms > 0) {
        facebook_over(facebook);  // the last life's has ended meanwhile
    } else {
        wait_for(facebook, "the Page is not live; waiting for its next live video");
    }
}

/* ---- one video, by its id ---- */

static void handle_status(struct facebook *facebook, const json_t *answer, const struct graph_failure *failure)
{
    struct str status = field_text(answer, "status");
    if (!answer) {
        facebook_fail(facebook, failure, facebook_find);
    } else if (str_equal(status, STR("LIVE"))) {
        facebook_begin(facebook, facebook->wanted_video);
    } else if (facebook->video && facebook->alive_ms > 0) {
        facebook_over(facebook);
    } else if (str_starts_with(status, STR("SCHEDULED")) || str_equal(status, STR("UNPUBLISHED"))) {
        wait_for(facebook, "the video has not begun; waiting for it");
    } else {
        wait_for(facebook, "the video is not live; looking again now and then");
    }
}

/* ---- who we are ---- */

static void ask_video(struct facebook *facebook)
{
    if (facebook->wanted_video) {
        facebook_path(facebook, "/%s", facebook->wanted_video);
        facebook_add(facebook, "fields", "status,live_views");
        facebook_call(facebook, handle_status);
    } else {
        facebook_path(facebook, "/%s/live_videos", facebook->page);
        facebook_add(facebook, "fields", "id,title,status,permalink_url,creation_time");
        facebook_call(facebook, handle_videos);
    }
}

/* Its id tells the broadcaster's own comments. A token that may not look at the Page may still read a video. */
static void handle_page(struct facebook *facebook, const json_t *answer, const struct graph_failure *failure)
{
    bool may_go_on = facebook->wanted_video && failure && (failure->act == GRAPH_FORBIDDEN ||
                     failure->act == GRAPH_UNKNOWN || failure->act == GRAPH_PARAMETER);
    if (!answer && !may_go_on) {
        facebook_fail(facebook, failure, facebook_find);
        return;
    }
    const char *id = json_get_text(answer, "id");
    facebook_set_text(&facebook->reader.page_id, id ? id : "");
    if (id)
        connector_set_own_author(&facebook->base, id);
    ask_video(facebook);
}

void facebook_find(struct facebook *facebook)
{
    if (facebook->reader.page_id) {
        ask_video(facebook);
        return;
    }
    facebook_path(facebook, "/%s", facebook->page);
    facebook_add(facebook, "fields", "id,name");
    facebook_call(facebook, handle_page);
}

void facebook_over(struct facebook *facebook)
{
    bool is_told = facebook->ended_video && strcmp(facebook->ended_video, facebook->video) == 0;
    facebook_hang_up(facebook);
    if (!is_told)
        facebook_reader_end(&facebook->reader, facebook->video);
    facebook_set_text(&facebook->ended_video, facebook->video);
    facebook_set_text(&facebook->video, NULL);
    facebook->alive_ms = facebook->since_ms = 0;
    wait_for(facebook, "the live video is over; waiting for the next one");
    facebook_give_cursor(facebook);
}
