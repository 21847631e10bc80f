#include "relay/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"
#include "chat/message.h"
#include "net/loop.h"

enum { CAPACITY = 4096 };

struct slot {
    uint64_t id;              // stays when the message is gone, so that ids can be searched
    struct message *message;  // a reference; NULL: removed
    struct queue_gift gift;
    bool is_gift;
    uint32_t next;            // in its bucket: place + 1; 0: the last
};

struct cleared {
    char *source;
    uint64_t up_to;
};

/* Held by a posted flush that may outlive the queue. */
struct wake {
    struct queue *queue;  // NULL: destroyed
};

struct queue {
    struct loop *loop;
    struct hash_key hash_key;
    size_t capacity;
    struct slot *slots;        // a ring; place of the n-th pushed: n % capacity
    uint64_t pushed;           // ever
    uint64_t told;             // of these, how many the listeners know of
    uint32_t *buckets;         // by native id: place + 1
    size_t bucket_count;       // a power of two
    struct list listeners;     // of struct queue_listener
    struct cleared *cleared;
    size_t cleared_count;
    uint64_t *removed;         // scratch
    size_t removed_capacity;
    struct wake *wake;         // NULL: none is posted
};

/* ---- Places ---- */

static uint64_t first_place(const struct queue *queue)
{
    return queue->pushed > queue->capacity ? queue->pushed - queue->capacity : 0;
}

static struct slot *slot_at(const struct queue *queue, uint64_t place)
{
    return &queue->slots[place % queue->capacity];
}

/* The first place whose id is not below `id`; queue->pushed: none. */
static uint64_t find_place(const struct queue *queue, uint64_t id)
{
    uint64_t low = first_place(queue), high = queue->pushed;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (slot_at(queue, middle)->id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct slot *find_slot(const struct queue *queue, uint64_t id)
{
    uint64_t place = find_place(queue, id);
    struct slot *slot = place < queue->pushed ? slot_at(queue, place) : NULL;
    return slot && slot->id == id && slot->message ? slot : NULL;
}

/* ---- By native id ---- */

static uint32_t *bucket_of(const struct queue *queue, struct str platform, struct str native_id)
{
    uint64_t hash = hash_bytes(&queue->hash_key, platform.data, platform.len) * 31 +
                    hash_bytes(&queue->hash_key, native_id.data, native_id.len);
    return &queue->buckets[hash & (queue->bucket_count - 1)];
}

static void link_slot(struct queue *queue, uint32_t at)
{
    struct slot *slot = &queue->slots[at];
    if (slot->message->is.native_id.len == 0)
        return;
    uint32_t *bucket = bucket_of(queue, slot->message->is.platform, slot->message->is.native_id);
    slot->next = *bucket;
    *bucket = at + 1;
}

static void unlink_slot(struct queue *queue, uint32_t at)
{
    struct slot *slot = &queue->slots[at];
    if (slot->message->is.native_id.len == 0)
        return;
    uint32_t *link = bucket_of(queue, slot->message->is.platform, slot->message->is.native_id);
    while (*link && *link != at + 1)
        link = &queue->slots[*link - 1].next;
    if (*link)
        *link = slot->next;
    slot->next = 0;
}

static void empty_slot(struct queue *queue, struct slot *slot)
{
    if (!slot->message)
        return;
    unlink_slot(queue, (uint32_t)(slot - queue->slots));
    message_unref(slot->message);
    slot->message = NULL;
    slot->is_gift = false;
}

/* ---- Making ---- */

struct queue *queue_create(const struct queue_options *options)
{
    struct queue *queue = xcalloc(1, sizeof(*queue));
    queue->loop = options->loop;
    queue->capacity = options->capacity ? options->capacity : CAPACITY;
    queue->slots = xcalloc(queue->capacity, sizeof(*queue->slots));
    queue->bucket_count = 16;
    while (queue->bucket_count < queue->capacity * 2)
        queue->bucket_count *= 2;
    queue->buckets = xcalloc(queue->bucket_count, sizeof(*queue->buckets));
    random_bytes(&queue->hash_key, sizeof(queue->hash_key));
    list_init(&queue->listeners);
    return queue;
}

void queue_destroy(struct queue *queue)
{
    if (!queue)
        return;
    assert(list_is_empty(&queue->listeners));
    for (size_t i = 0; i < queue->capacity; i++)
        message_unref(queue->slots[i].message);
    for (size_t i = 0; i < queue->cleared_count; i++)
        free(queue->cleared[i].source);
    if (queue->wake)
        queue->wake->queue = NULL;
    free(queue->cleared);
    free(queue->removed);
    free(queue->buckets);
    free(queue->slots);
    free(queue);
}

/* ---- Listeners ---- */

void queue_add_listener(struct queue *queue, struct queue_listener *listener)
{
    list_append(&queue->listeners, &listener->link);
}

void queue_remove_listener(struct queue_listener *listener)
{
    list_remove(&listener->link);
}

/* ---- Telling what came ---- */

enum { TELL_AT_ONCE = 256 };

static void tell(struct queue *queue, struct message *const *messages, size_t count)
{
    struct queue_listener *listener, *following;
    list_for_each_safe(listener, following, &queue->listeners, link) {
        if (listener->on_messages)
            listener->on_messages(listener->data, messages, count);
    }
}

void queue_flush(struct queue *queue)
{
    while (queue->told < queue->pushed) {
        struct message *messages[TELL_AT_ONCE];
        size_t count = 0;
        for (; queue->told < queue->pushed && count < TELL_AT_ONCE; queue->told++) {
            struct message *message = slot_at(queue, queue->told)->message;
            if (message)
                messages[count++] = message_ref(message);
        }
        if (count > 0)
            tell(queue, messages, count);
        for (size_t i = 0; i < count; i++)
            message_unref(messages[i]);
    }
}

static void run_wake(void *data)
{
    struct wake *wake = data;
    struct queue *queue = wake->queue;
    free(wake);
    if (!queue)
        return;
    queue->wake = NULL;
    queue_flush(queue);
}

static void post_wake(struct queue *queue)
{
    if (queue->wake || !queue->loop)
        return;
    queue->wake = xcalloc(1, sizeof(*queue->wake));
    queue->wake->queue = queue;
    loop_post(queue->loop, run_wake, queue->wake);
}

void queue_push(struct queue *queue, struct message *message, const struct queue_gift *gift)
{
    assert(message->id > queue_last_id(queue));
    if (queue->pushed - queue->told == queue->capacity)
        queue_flush(queue);  // a turn that brings more than fits: nobody misses what is pushed out
    struct slot *slot = slot_at(queue, queue->pushed);
    empty_slot(queue, slot);
    *slot = (struct slot){.id = message->id, .message = message_ref(message), .is_gift = gift != NULL};
    if (gift)
        slot->gift = *gift;
    link_slot(queue, (uint32_t)(slot - queue->slots));
    queue->pushed++;
    post_wake(queue);
}

/* ---- Finding ---- */

struct message *queue_find(const struct queue *queue, uint64_t id)
{
    const struct slot *slot = find_slot(queue, id);
    return slot ? slot->message : NULL;
}

const struct queue_gift *queue_find_gift(const struct queue *queue, uint64_t id)
{
    const struct slot *slot = find_slot(queue, id);
    return slot && slot->is_gift ? &slot->gift : NULL;
}

struct message *queue_find_native(const struct queue *queue, struct str platform, struct str native_id)
{
    if (native_id.len == 0)
        return NULL;
    for (uint32_t at = *bucket_of(queue, platform, native_id); at; at = queue->slots[at - 1].next) {
        struct message *message = queue->slots[at - 1].message;
        if (str_equal(message->is.native_id, native_id) && str_equal(message->is.platform, platform))
            return message;
    }
    return NULL;
}

struct message *queue_next(const struct queue *queue, uint64_t after)
{
    for (uint64_t place = find_place(queue, after + 1); place < queue->pushed; place++) {
        struct message *message = slot_at(queue, place)->message;
        if (message)
            return message;
    }
    return NULL;
}

struct message *queue_previous(const struct queue *queue, uint64_t before)
{
    uint64_t place = before ? find_place(queue, before) : queue->pushed;
    while (place > first_place(queue)) {
        struct message *message = slot_at(queue, --place)->message;
        if (message)
            return message;
    }
    return NULL;
}

size_t queue_count(const struct queue *queue)
{
    size_t count = 0;
    for (uint64_t place = first_place(queue); place < queue->pushed; place++)
        count += slot_at(queue, place)->message != NULL;
    return count;
}

uint64_t queue_last_id(const struct queue *queue)
{
    return queue->pushed > 0 ? slot_at(queue, queue->pushed - 1)->id : 0;
}

/* ---- Taking out ---- */

static bool is_meant(const struct queue_removal *removal, const struct message *message)
{
    const struct message_draft *is = &message->is;
    if (!str_equal(is->platform, removal->platform) ||
        (removal->source.len > 0 && !str_equal(is->source, removal->source)))
        return false;
    if (removal->author_id.len > 0)
        return str_equal(is->author.id, removal->author_id);
    return removal->native_id.len > 0 && str_equal(is->native_id, removal->native_id);
}

static void note_removed(struct queue *queue, size_t count, uint64_t id)
{
    if (count == queue->removed_capacity) {
        queue->removed_capacity = queue->removed_capacity ? queue->removed_capacity * 2 : 64;
        queue->removed = xreallocarray(queue->removed, queue->removed_capacity, sizeof(*queue->removed));
    }
    queue->removed[count] = id;
}

static void tell_removed(struct queue *queue, const struct queue_removal *removal)
{
    struct queue_listener *listener, *following;
    list_for_each_safe(listener, following, &queue->listeners, link) {
        if (listener->on_removed)
            listener->on_removed(listener->data, removal);
    }
}

const uint64_t *queue_remove(struct queue *queue, const struct queue_removal *removal, size_t *count)
{
    size_t found = 0;
    for (uint64_t place = first_place(queue); place < queue->pushed; place++) {
        struct slot *slot = slot_at(queue, place);
        if (!slot->message || slot->id > removal->up_to || !is_meant(removal, slot->message))
            continue;
        note_removed(queue, found++, slot->id);
        empty_slot(queue, slot);
    }
    struct queue_removal told = *removal;
    told.ids = queue->removed;
    told.id_count = found;
    tell_removed(queue, &told);
    *count = found;
    return queue->removed;
}

bool queue_remove_id(struct queue *queue, uint64_t id, const char *reason)
{
    struct slot *slot = find_slot(queue, id);
    if (!slot) {
        tell_removed(queue, &(struct queue_removal){.ids = &id, .id_count = 1, .up_to = id, .reason = reason});
        return false;
    }
    struct message *message = message_ref(slot->message);
    empty_slot(queue, slot);
    tell_removed(queue, &(struct queue_removal){.ids = &id,
                                                .id_count = 1,
                                                .platform = message->is.platform,
                                                .source = message->is.source,
                                                .native_id = message->is.native_id,
                                                .up_to = id,
                                                .reason = reason});
    message_unref(message);
    return true;
}

/* ---- Clearing and changing ---- */

static struct cleared *find_cleared(const struct queue *queue, struct str source)
{
    for (size_t i = 0; i < queue->cleared_count; i++) {
        if (str_equal(str_from(queue->cleared[i].source), source))
            return &queue->cleared[i];
    }
    return NULL;
}

void queue_clear(struct queue *queue, struct str source, uint64_t up_to)
{
    struct cleared *cleared = find_cleared(queue, source);
    if (!cleared) {
        queue->cleared = xreallocarray(queue->cleared, queue->cleared_count + 1, sizeof(*queue->cleared));
        cleared = &queue->cleared[queue->cleared_count++];
        *cleared = (struct cleared){.source = xstrndup(source.data, source.len)};
    }
    if (up_to > cleared->up_to)
        cleared->up_to = up_to;
    struct queue_listener *listener, *following;
    list_for_each_safe(listener, following, &queue->listeners, link) {
        if (listener->on_cleared)
            listener->on_cleared(listener->data, source, up_to);
    }
}

bool queue_is_cleared(const struct queue *queue, const struct message *message)
{
    const struct cleared *cleared = find_cleared(queue, message->is.source);
    return cleared && message->id <= cleared->up_to;
}

bool queue_replace(struct queue *queue, struct message *message)
{
    struct slot *slot = find_slot(queue, message->id);
    if (!slot)
        return false;
    uint32_t at = (uint32_t)(slot - queue->slots);
    unlink_slot(queue, at);
    message_unref(slot->message);
    slot->message = message_ref(message);
    link_slot(queue, at);
    struct queue_listener *listener, *following;
    list_for_each_safe(listener, following, &queue->listeners, link) {
        if (listener->on_changed)
            listener->on_changed(listener->data, message);
    }
    return true;
}
