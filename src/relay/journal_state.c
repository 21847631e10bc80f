#include "relay/journal_state.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void journal_state_fini(struct journal_state *state)
{
    for (size_t i = 0; i < state->count; i++) {
        free(state->items[i].key);
        free(state->items[i].text);
    }
    free(state->items);
    *state = (struct journal_state){0};
}

size_t journal_state_find(const struct journal_state *state, const char *prefix)
{
    size_t low = 0, high = state->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(state->items[middle].key, prefix) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void insert(struct journal_state *state, size_t at, const char *key, const char *text)
{
    if (state->count == state->capacity) {
        state->capacity = state->capacity ? state->capacity * 2 : 64;
        state->items = xreallocarray(state->items, state->capacity, sizeof(*state->items));
    }
    memmove(state->items + at + 1, state->items + at, (state->count - at) * sizeof(*state->items));
    state->items[at] = (struct state_item){xstrdup(key), xstrdup(text)};
    state->count++;
}

static void drop(struct journal_state *state, size_t at)
{
    free(state->items[at].key);
    free(state->items[at].text);
    state->count--;
    memmove(state->items + at, state->items + at + 1, (state->count - at) * sizeof(*state->items));
}

void journal_state_set(struct journal_state *state, const char *key, const char *text)
{
    size_t at = journal_state_find(state, key);
    bool is_there = at < state->count && strcmp(state->items[at].key, key) == 0;
    if (is_there && text) {
        char *copy = xstrdup(text);  // text may be the old one
        free(state->items[at].text);
        state->items[at].text = copy;
    } else if (is_there) {
        drop(state, at);
    } else if (text) {
        insert(state, at, key, text);
    }
}

const char *journal_state_get(const struct journal_state *state, const char *key)
{
    size_t at = journal_state_find(state, key);
    return at < state->count && strcmp(state->items[at].key, key) == 0 ? state->items[at].text : NULL;
}

struct journal_state journal_state_copy(const struct journal_state *state)
{
    struct journal_state copy = {
        .items = xcalloc(state->count + 1, sizeof(*copy.items)), .count = state->count, .capacity = state->count + 1};
    for (size_t i = 0; i < state->count; i++)
        copy.items[i] = (struct state_item){xstrdup(state->items[i].key), xstrdup(state->items[i].text)};
    return copy;
}
