#include "overlay/wants.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "overlay/node.h"

void wants_add(struct wants *wants, const struct node_impl *impl, const char *key, const json_t *card, int slot)
{
    if (wants->count == WANTS_MAX)
        return;
    struct want *item = &wants->items[wants->count];
    *item = (struct want){.impl = impl, .card = card, .slot = slot};
    int len = snprintf(item->id, sizeof(item->id), "%s:%s", impl->name, key);
    if (len > 0 && (size_t)len < sizeof(item->id))
        wants->count++;
}

void wants_add_numbered(struct wants *wants, const struct node_impl *impl, const json_t *state)
{
    const json_t *card = json_object_get(state, impl->name);
    char key[24];
    snprintf(key, sizeof(key), "%lld", (long long)json_get_int(card, "id", 0));
    if (json_is_object(card))
        wants_add(wants, impl, key, card, 0);
}

void wants_hold(struct wants *wants, int slot)
{
    wants->is_held[slot] = true;
}

const struct want *wants_find(const struct wants *wants, const char *id)
{
    for (size_t i = 0; i < wants->count; i++) {
        if (strcmp(wants->items[i].id, id) == 0)
            return &wants->items[i];
    }
    return NULL;
}
