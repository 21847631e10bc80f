/* message_private.h - what lies before a message in its allocation; for message.c and message_json.c alone. */
#pragma once

#include <stdatomic.h>
#include <stddef.h>

#include "base/memory.h"
#include "chat/message.h"

struct holder {
    atomic_uint references;
    char *detail_text;  // owned; detail as JSON, NULL: none
    struct message message;
    // Behind it: emotes, badges, then the bytes of all strings.
};

static inline struct holder *holder_of(const struct message *message)
{
    return container_of(message, struct holder, message);
}
