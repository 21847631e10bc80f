#include "overlay/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "overlay/cards.h"
#include "overlay/lines.h"

void scene_init(struct scene *scene, const struct stage *stage)
{
    *scene = (struct scene){.stage = *stage};
    list_init(&scene->nodes);
}

void scene_fini(struct scene *scene)
{
    struct node *node, *following;
    list_for_each_safe(node, following, &scene->nodes, link)
        node_destroy(node);
    alerts_fini(&scene->alerts);
}

static struct node *find(const struct scene *scene, const char *id)
{
    struct node *node;
    list_for_each(node, &scene->nodes, link) {
        if (node->state != NODE_GONE && strcmp(node->id, id) == 0)
            return node;
    }
    return NULL;
}

static struct node *add(struct scene *scene, const struct want *want)
{
    struct node *node = node_create(want->impl, &scene->stage, want->id, want->slot);
    list_append(&scene->nodes, &node->link);
    if (want->impl->kind == THEME_CAPTIONS) {
        const struct size *room = &scene->arrangement.room_of_track[want->slot];
        node_reserve(node, room->width, room->height);
    }
    return node;
}

static void bring(struct scene *scene, const struct want *want, int64_t now_ms, bool at_once)
{
    struct node *node = find(scene, want->id);
    bool is_new = !node;
    if (is_new)
        node = add(scene, want);
    if (is_new || node->slot != want->slot || node->stay_until_ms || !json_equal(node->last, want->card)) {
        node->stay_until_ms = 0;
        node->slot = want->slot;
        node_update(node, want->card, now_ms, at_once);
    }
    if (node->state == NODE_LEAVING)
        node_enter(node, now_ms, 0, at_once);
}

/* The alert whose turn it is: no state of the relay asks for it. */
static void want_alert(const struct scene *scene, struct wants *wants)
{
    char key[24];
    const json_t *event = scene->alerts.current;
    snprintf(key, sizeof(key), "%llu", (unsigned long long)line_id(event));
    if (event)
        wants_add(wants, &card_alert_impl, key, event, 0);
}

static void take_alerts(struct scene *scene, const json_t *state, int64_t now_ms)
{
    alerts_take(&scene->alerts, &scene->stage, json_object_get(state, "alerts"), now_ms);
    alerts_advance(&scene->alerts, &scene->stage, now_ms);
}

/* Another alert in place of the one that stands there, and nothing else. */
static void change_alert(struct scene *scene, int64_t now_ms)
{
    struct wants wants = {0};
    struct node *node;
    want_alert(scene, &wants);
    list_for_each(node, &scene->nodes, link) {
        if (node->impl == &card_alert_impl && !wants_find(&wants, node->id))
            node_leave(node, now_ms, false);
    }
    for (size_t i = 0; i < wants.count; i++)
        bring(scene, &wants.items[i], now_ms, false);
    arrange(&scene->arrangement, &scene->stage, &scene->nodes, scene->arrangement.is_held, now_ms, false);
}

/* Something is still to be seen of it, before it leaves. */
static bool stays(struct node *node, const json_t *state, int64_t now_ms)
{
    int stay_ms = node->state == NODE_SHOWN && node->impl->stay_ms ? node->impl->stay_ms(node, state) : 0;
    if (stay_ms > 0 && node->stay_until_ms == 0)
        node->stay_until_ms = now_ms + stay_ms;
    return stay_ms > 0 && now_ms < node->stay_until_ms;
}

/* True: it leaves now. */
static bool end_stay(struct node *node, int64_t now_ms)
{
    if (node->stay_until_ms == 0 || node->state != NODE_SHOWN)
        return false;
    if (now_ms < node->stay_until_ms) {
        node_wake_at(node, node->stay_until_ms);
        return false;
    }
    node_leave(node, now_ms, false);
    return true;
}

/* A newer relay may have kinds of cards that came after us. */
static void tell_strangers(struct scene *scene, const json_t *state)
{
    const char *key;
    json_t *card;
    json_object_foreach((json_t *)(uintptr_t)state, key, card) {
        bool is_card = json_is_object(card) || json_is_array(card);
        if (scene->is_stranger_told || !is_card || cards_find(key) || strcmp(key, "alerts") == 0)
            continue;
        scene->is_stranger_told = true;
        log_warn("overlay", "the relay puts a \"%.40s\" on air, a card that this overlay does not know: it is not drawn; bring the "
            "overlay to the relay's version", key);
    }
}

void scene_apply(struct scene *scene, const json_t *state, int64_t now_ms, bool at_once)
{
    struct wants wants = {0};
    tell_strangers(scene, state);
    for (size_t i = 0; cards[i]; i++)
        cards[i]->want(state, &wants);
    take_alerts(scene, state, now_ms);
    want_alert(scene, &wants);
    struct node *node;
    list_for_each(node, &scene->nodes, link) {
        if (!wants_find(&wants, node->id) && (at_once || !stays(node, state, now_ms)))
            node_leave(node, now_ms, at_once);
    }
    for (size_t i = 0; i < wants.count; i++)
        bring(scene, &wants.items[i], now_ms, at_once);
    arrange(&scene->arrangement, &scene->stage, &scene->nodes, wants.is_held, now_ms, at_once);
}

void scene_restyle(struct scene *scene, int64_t now_ms)
{
    struct arrangement fresh = {0};
    memcpy(fresh.is_held, scene->arrangement.is_held, sizeof(fresh.is_held));
    scene->arrangement = fresh;
    struct node *node;
    list_for_each(node, &scene->nodes, link) {
        // What leaves has no place among the others in their new sizes.
        if (node->state == NODE_LEAVING)
            node->state = NODE_GONE;
        node_restyle(node, now_ms);
    }
    arrange(&scene->arrangement, &scene->stage, &scene->nodes, fresh.is_held, now_ms, true);
}

/* Of this message, or with a platform of this author. */
static bool remove_one(struct scene *scene, uint64_t message, const char *platform, const char *author)
{
    bool is_any = alerts_remove(&scene->alerts, message, platform, author);
    struct node *node;
    list_for_each(node, &scene->nodes, link) {
        is_any |= node_forget(node, message, platform, author);
        if (!node->impl->is_from || node->state == NODE_GONE || !node->impl->is_from(node, message, platform, author))
            continue;
        node->state = NODE_GONE;
        is_any = true;
    }
    return is_any;
}

bool scene_remove(struct scene *scene, const json_t *ids, const json_t *author)
{
    const char *platform = json_get_text(author, "platform"), *id = json_get_text(author, "id");
    bool is_any = platform && id && remove_one(scene, 0, platform, id);
    size_t i;
    json_t *message;
    json_array_foreach((json_t *)(uintptr_t)ids, i, message)
        is_any |= remove_one(scene, (uint64_t)json_integer_value(message), NULL, NULL);
    return is_any;
}

bool scene_remove_card(struct scene *scene, const char *id)
{
    struct node *node = find(scene, id);
    if (node)
        node->state = NODE_GONE;
    return node != NULL;
}

bool scene_advance(struct scene *scene, int64_t now_ms)
{
    struct arrangement *arrangement = &scene->arrangement;
    bool is_moving = false, is_resized, is_unsettled = arrangement->is_unsettled;
    struct node *node;
    if (alerts_advance(&scene->alerts, &scene->stage, now_ms))
        change_alert(scene, now_ms);
    list_for_each(node, &scene->nodes, link) {
        is_moving |= node_advance(node, now_ms);
        is_moving |= end_stay(node, now_ms);
        if (node->is_stale && node->state == NODE_SHOWN)
            node_refresh(node, now_ms);
    }
    is_resized = arrange_is_due(&scene->nodes);
    if (!is_resized && is_unsettled)
        arrange_settle(arrangement, &scene->nodes, now_ms, false);
    if (arrange_is_due(&scene->nodes))
        arrange(arrangement, &scene->stage, &scene->nodes, arrangement->is_held, now_ms, false);
    return is_moving || is_resized || is_unsettled;  // who has set off just now moves with the next frame
}

int64_t scene_wake_ms(const struct scene *scene)
{
    int64_t wake_ms = alerts_wake_ms(&scene->alerts);
    const struct node *node;
    list_for_each(node, &scene->nodes, link) {
        if (node->wake_ms && (!wake_ms || node->wake_ms < wake_ms))
            wake_ms = node->wake_ms;
    }
    return wake_ms;
}
