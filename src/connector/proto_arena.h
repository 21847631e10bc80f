/*
 * proto_arena.h - where protobuf-c puts what it unpacks: one stretch of memory, used again for the next message.
 * Two reasons: a small message has some 30 pieces, and malloc() for each costs more than the unpacking; and a hostile
 * one may ask for a hundred times its own size (a repeated message of two bytes becomes a struct), so there is a limit.
 * Thread: its owner's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

struct error;

struct proto_arena {
    ProtobufCAllocator allocator;
    char *block;           // owned; NULL: none yet
    size_t size, used;
    size_t bytes_max;      // of all blocks together
    size_t old_bytes;
    struct proto_block *old;  // owned; those that became too small for this message
};

void proto_arena_init(struct proto_arena *arena, size_t bytes_max);
void proto_arena_fini(struct proto_arena *arena);

/*
 * A message of `type`, borrowed until the next call or proto_arena_fini(); what was unpacked before is gone. NULL: err
 * names `what`. Strings in it are as they came: perhaps no UTF-8.
 */
const void *proto_arena_unpack(struct proto_arena *arena, const ProtobufCMessageDescriptor *type, const void *bytes,
                               size_t len, const char *what, struct error *err);
