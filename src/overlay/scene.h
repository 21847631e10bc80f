/*
 * scene.h - the cards of one view, kept in step with the on-air state.
 * Cards are known by their id: what stays on air is changed in place and never enters twice, so neither a restarted
 * relay nor a returning link makes anything blink. Thread: the loop's.
 */
#pragma once

#include <jansson.h>

#include "overlay/alerts.h"
#include "overlay/arrange.h"
#include "overlay/node.h"
#include "overlay/wants.h"

struct scene {
    struct stage stage;
    struct list nodes;               // back to front
    struct arrangement arrangement;
    struct alerts alerts;
    bool is_stranger_told;           // the log has it that the relay knows a card that we do not
};

void scene_init(struct scene *scene, const struct stage *stage);
void scene_fini(struct scene *scene);

/*
 * state: this view's object of the on-air state; NULL: nothing is on air. at_once: no entrances and exits - the first
 * state after a start, and panic.
 */
void scene_apply(struct scene *scene, const json_t *state, int64_t now_ms, bool at_once);

/*
 * Deleted means gone: cards of these messages or this author leave with the next frame, also while they fade out.
 * ids: JSON array or NULL; author: object with platform and id, or NULL. True: there was one.
 */
bool scene_remove(struct scene *scene, const json_t *ids, const json_t *author);

/* The same for one card: "question:12". */
bool scene_remove_card(struct scene *scene, const char *id);

/* stage.theme is another one: every card is laid out anew in its place and shows what it showed. */
void scene_restyle(struct scene *scene, int64_t now_ms);

/* Moves everything; true: something still moves. */
bool scene_advance(struct scene *scene, int64_t now_ms);

/* When something moves next that stands still now; 0: nothing does by itself. */
int64_t scene_wake_ms(const struct scene *scene);
