#include "overlay/foreseen.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/list.h"
#include "overlay/pictures.h"

enum { PICTURES_MAX = 9, SIDE_PX = 16 };  // of one question; px: the file matters, the size is made when it is shown

struct sight {
    struct list link;  // in foreseen.sights
    int64_t question;
    struct picture_use *uses[PICTURES_MAX];  // owned
    size_t count;
};

struct foreseen {
    struct pictures *pictures;  // borrowed
    struct list sights;
};

struct foreseen *foreseen_create(struct pictures *pictures)
{
    struct foreseen *foreseen = xcalloc(1, sizeof(*foreseen));
    foreseen->pictures = pictures;
    list_init(&foreseen->sights);
    return foreseen;
}

static void drop(struct sight *sight)
{
    for (size_t i = 0; i < sight->count; i++)
        picture_use_destroy(sight->uses[i]);
    list_remove(&sight->link);
    free(sight);
}

void foreseen_forget_all(struct foreseen *foreseen)
{
    struct sight *sight, *following;
    list_for_each_safe(sight, following, &foreseen->sights, link)
        drop(sight);
}

void foreseen_destroy(struct foreseen *foreseen)
{
    if (!foreseen)
        return;
    foreseen_forget_all(foreseen);
    free(foreseen);
}

void foreseen_forget(struct foreseen *foreseen, int64_t id)
{
    struct sight *sight, *following;
    list_for_each_safe(sight, following, &foreseen->sights, link) {
        if (sight->question == id)
            drop(sight);
    }
}

/* Nothing is on screen that would have to know. */
static void handle_change(void *data)
{
}

static void hold(struct foreseen *foreseen, struct sight *sight, const char *url)
{
    if (!url || !*url || sight->count == PICTURES_MAX)
        return;
    sight->uses[sight->count++] = picture_use_create(foreseen->pictures, &(struct picture_want){.url = url,
        .width_px = SIDE_PX, .height_px = SIDE_PX, .is_still = true}, handle_change, NULL);
}

void foreseen_look(struct foreseen *foreseen, const json_t *question)
{
    const char *state = json_get_text(question, "state");
    bool is_near = state && (strcmp(state, "ready") == 0 || strcmp(state, "on_air") == 0);
    size_t i;
    json_t *emote;
    foreseen_forget(foreseen, json_get_int(question, "id", 0));
    if (!is_near || list_count(&foreseen->sights) >= FORESEEN_MAX)
        return;
    struct sight *sight = xcalloc(1, sizeof(*sight));
    sight->question = json_get_int(question, "id", 0);
    list_append(&foreseen->sights, &sight->link);
    hold(foreseen, sight, json_get_text(json_object_get(question, "author"), "avatar"));
    json_array_foreach(json_object_get(question, "emotes"), i, emote)
        hold(foreseen, sight, json_get_text(emote, "url"));
}
