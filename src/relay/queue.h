/*
 * queue.h - the one line in which the messages of every platform stand: the last of them, in memory.
 * Ids only grow and may skip. What was deleted leaves at once. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/str.h"

struct loop;
struct message;
struct queue;

struct queue_options {
    struct loop *loop;  // listeners are told once a turn; NULL: when queue_flush() is called
    size_t capacity;    // messages held; 0: 4096
};

struct queue *queue_create(const struct queue_options *options);
void queue_destroy(struct queue *queue);  // accepts NULL; listeners must be gone

/* What a gift adds: in a streak the platform repeats the running total, and only the increase counts. */
struct queue_gift {
    int64_t micros, units, count;
    bool is_more;  // the streak was seen before: no second alert
};

/* Appends; takes its own reference. The id must be above all before. gift: NULL where the message is none. */
void queue_push(struct queue *queue, struct message *message, const struct queue_gift *gift);

/* Borrowed until the loop's next turn; message_ref() to keep. NULL: never there, pushed out or deleted. */
struct message *queue_find(const struct queue *queue, uint64_t id);
struct message *queue_find_native(const struct queue *queue, struct str platform, struct str native_id);

/* What the message added; NULL: no gift, or not here. */
const struct queue_gift *queue_find_gift(const struct queue *queue, uint64_t id);

/* The first message with an id above `after`; NULL: none yet. */
struct message *queue_next(const struct queue *queue, uint64_t after);

/* The last message with an id below `before` (0: the newest); NULL: none. */
struct message *queue_previous(const struct queue *queue, uint64_t before);

/* True if the platform cleared the room of this message after it came: no chat card may show it. */
bool queue_is_cleared(const struct queue *queue, const struct message *message);

size_t queue_count(const struct queue *queue);
uint64_t queue_last_id(const struct queue *queue);  // 0: nothing came yet

/* What left, and why. Borrowed for the call. */
struct queue_removal {
    const uint64_t *ids;            // of the queue, growing; may be none when all had been pushed out before
    size_t id_count;
    struct str platform, source;    // source empty: of all sources of the platform
    struct str native_id;           // a single message was deleted, also one the queue does not hold; or
    struct str author_id;           // all messages of this author were
    uint64_t up_to;                 // messages with a higher id are not meant
    const char *reason;             // "deleted", "banned", "removed by anna"
};

/*
 * Embedded by whoever listens; fill the functions (each may be NULL) and data, then add. A listener may remove itself
 * within its own call, and must not change the queue in it.
 */
struct queue_listener {
    struct list link;  // in queue.listeners
    void *data;
    /* Once a turn of the loop: all that came since the last call and is still here, ids growing. */
    void (*on_messages)(void *data, struct message *const *messages, size_t count);
    /* At once. Texts must leave whatever shows or keeps them before this returns. */
    void (*on_removed)(void *data, const struct queue_removal *removal);
    /* At once: the platform cleared the room; messages of this source up to the id are meant. */
    void (*on_cleared)(void *data, struct str source, uint64_t up_to);
    /* At once: message has taken the place of the one with its id. */
    void (*on_changed)(void *data, struct message *message);
};

void queue_add_listener(struct queue *queue, struct queue_listener *listener);
void queue_remove_listener(struct queue_listener *listener);

/*
 * Takes out what matches and tells the listeners. `removal->ids` are filled in by the queue. Returns them, borrowed
 * until the next call, with their number in *count.
 */
const uint64_t *queue_remove(struct queue *queue, const struct queue_removal *removal, size_t *count);

/*
 * Takes out this one id as queue_remove() does. False: it is not here; the listeners are told all the same (with an
 * empty platform), as one of them may hold what the queue has long let go.
 */
bool queue_remove_id(struct queue *queue, uint64_t id, const char *reason);

void queue_clear(struct queue *queue, struct str source, uint64_t up_to);

/* message takes the place of the one with the same id. False: that one is not here. */
bool queue_replace(struct queue *queue, struct message *message);

/* Tells the listeners of what came now rather than at the end of the turn. */
void queue_flush(struct queue *queue);
