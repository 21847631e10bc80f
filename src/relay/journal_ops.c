/* What stands in line for the writer. */
#include <stdlib.h>

#include "base/memory.h"
#include "relay/journal_inside.h"

void op_list_add(struct op_list *list, struct op op)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 256;
        list->items = xreallocarray(list->items, list->capacity, sizeof(*list->items));
    }
    list->items[list->count++] = op;
}

static void op_release(struct op *op)
{
    switch (op->kind) {
    case OP_MESSAGE:
    case OP_ERASED:
    case OP_REPLACE:
        message_unref(op->message);
        break;
    case OP_STATE:
    case OP_GAP:
    case OP_AUDIT:
        free(op->texts);
        break;
    case OP_VOTE:
        free(op->vote);
        break;
    case OP_ERASE:
    case OP_FIND:
        erasure_unref(op->erasure);
        break;
    case OP_DURABLE:
        if (op->answer)
            op->answer->destroy(op->answer);
        break;
    }
}

void op_list_clear(struct op_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        op_release(&list->items[i]);
    list->count = 0;
}

void op_list_fini(struct op_list *list)
{
    op_list_clear(list);
    free(list->items);
    *list = (struct op_list){0};
}

size_t message_cost(const struct message *message)
{
    const struct message_draft *is = &message->is;
    return sizeof(*message) + 256 + is->text.len + is->author.name.len + is->author.avatar.len + is->reply_to.text.len +
           is->emote_count * (sizeof(struct emote) + 128) + is->author.badge_count * 64;
}
