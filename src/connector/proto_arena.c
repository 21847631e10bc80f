#include "connector/proto_arena.h"

#include <stdlib.h>

#include "base/error.h"

enum { FIRST_BYTES = 32 * 1024, ALIGNMENT = 16, KEEP_BYTES = 1024 * 1024 };

struct proto_block {
    struct proto_block *next;
    char *data;
};

/* A larger block; the old one stays until the message is done, for protobuf-c points into it. */
static bool grow(struct proto_arena *arena, size_t wanted)
{
    size_t size = arena->size ? arena->size * 2 : FIRST_BYTES;
    while (size < wanted)
        size *= 2;
    if (arena->old_bytes + arena->size + size > arena->bytes_max)
        return false;
    struct proto_block *old = arena->block ? malloc(sizeof(*old)) : NULL;
    char *block = malloc(size);
    if (!block || (arena->block && !old)) {
        free(block);
        free(old);
        return false;
    }
    if (old) {
        *old = (struct proto_block){arena->old, arena->block};
        arena->old = old;
        arena->old_bytes += arena->size;
    }
    arena->block = block;
    arena->size = size;
    arena->used = 0;
    return true;
}

/* NULL makes protobuf-c give the message up cleanly. */
static void *take(void *data, size_t size)
{
    struct proto_arena *arena = data;
    if (size > arena->bytes_max)
        return NULL;
    size = size ? (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1) : ALIGNMENT;
    if (size > arena->size - arena->used && !grow(arena, size))
        return NULL;
    void *piece = arena->block + arena->used;
    arena->used += size;
    return piece;
}

static void give_back(void *data, void *piece)
{
}

void proto_arena_init(struct proto_arena *arena, size_t bytes_max)
{
    *arena = (struct proto_arena){.bytes_max = bytes_max, .allocator = {take, give_back, arena}};
}

static void free_old(struct proto_arena *arena)
{
    for (struct proto_block *old = arena->old, *next; old; old = next) {
        next = old->next;
        free(old->data);
        free(old);
    }
    arena->old = NULL;
    arena->old_bytes = 0;
}

void proto_arena_fini(struct proto_arena *arena)
{
    free_old(arena);
    free(arena->block);
    arena->block = NULL;
    arena->size = arena->used = 0;
}

static void empty(struct proto_arena *arena)
{
    free_old(arena);
    if (arena->size > KEEP_BYTES)
        proto_arena_fini(arena);
    arena->used = 0;
}

const void *proto_arena_unpack(struct proto_arena *arena, const ProtobufCMessageDescriptor *type, const void *bytes,
                               size_t len, const char *what, struct error *err)
{
    empty(arena);
    const void *message = protobuf_c_message_unpack(type, &arena->allocator, len, bytes);
    if (!message)
        error_set(err, ERROR_DATA, "%s: %zu bytes that are no protobuf of this form", what, len);
    return message;
}
