#include "video/packets.h"

#include <stdlib.h>

#include "base/memory.h"

struct packets {
    int64_t span_ns;
    size_t bytes_max, bytes;
    bool has_key;                 // the queue of pictures begins with one, or began with one that was taken
    bool is_begun;                // one came since it was cleared: what is left out after that is a loss
    GQueue *queues[PACKET_KINDS]; // of struct packet
};

static size_t packet_bytes(const struct packet *packet)
{
    return gst_buffer_get_size(gst_sample_get_buffer(packet->sample));
}

struct packets *packets_create(int64_t span_ns, size_t bytes_max)
{
    struct packets *packets = xcalloc(1, sizeof(*packets));
    packets->span_ns = span_ns;
    packets->bytes_max = bytes_max;
    for (int kind = 0; kind < PACKET_KINDS; kind++)
        packets->queues[kind] = g_queue_new();
    return packets;
}

void packets_destroy(struct packets *packets)
{
    if (!packets)
        return;
    packets_clear(packets);
    for (int kind = 0; kind < PACKET_KINDS; kind++)
        g_queue_free(packets->queues[kind]);
    free(packets);
}

void packets_set_span(struct packets *packets, int64_t span_ns)
{
    packets->span_ns = span_ns;
}

size_t packets_bytes(const struct packets *packets)
{
    return packets->bytes;
}

static struct packet pop(struct packets *packets, enum packet_kind kind)
{
    struct packet *head = g_queue_pop_head(packets->queues[kind]);
    struct packet packet = *head;
    packets->bytes -= packet_bytes(head);
    free(head);
    return packet;
}

static void drop(struct packets *packets, enum packet_kind kind)
{
    struct packet packet = pop(packets, kind);
    gst_sample_unref(packet.sample);
}

static const struct packet *peek(const struct packets *packets, enum packet_kind kind)
{
    return g_queue_peek_head(packets->queues[kind]);
}

static void drop_sound_before(struct packets *packets, int64_t pts_ns)
{
    int64_t from_ns = pts_ns - PACKETS_EPSILON_NS;
    while (peek(packets, PACKET_AUDIO) && peek(packets, PACKET_AUDIO)->pts_ns < from_ns)
        drop(packets, PACKET_AUDIO);
}

static void empty(struct packets *packets)
{
    for (int kind = 0; kind < PACKET_KINDS; kind++) {
        while (peek(packets, kind))
            drop(packets, kind);
    }
    packets->has_key = false;
}

void packets_clear(struct packets *packets)
{
    empty(packets);
    packets->is_begun = false;
}

/* Pictures before `link` go, and the sound that belongs to them; link NULL: all of them. */
static unsigned drop_before(struct packets *packets, const GList *link)
{
    unsigned count = 0;
    const struct packet *first = link ? link->data : NULL;
    while (peek(packets, PACKET_VIDEO) && peek(packets, PACKET_VIDEO) != first) {
        drop(packets, PACKET_VIDEO);
        count++;
    }
    if (first)
        drop_sound_before(packets, first->pts_ns);
    else
        empty(packets);
    return count;
}

static unsigned drop_group(struct packets *packets)
{
    const GList *link = packets->queues[PACKET_VIDEO]->head;
    link = link ? link->next : NULL;
    while (link && !((const struct packet *)link->data)->is_key)
        link = link->next;
    return drop_before(packets, link);
}

/* Sound can come while no picture does, so each is held to the limit by itself. */
static bool is_long(const struct packets *packets, enum packet_kind kind)
{
    const struct packet *oldest = peek(packets, kind), *newest = g_queue_peek_tail(packets->queues[kind]);
    return packets->span_ns && oldest && newest->pts_ns - oldest->pts_ns > packets->span_ns;
}

static unsigned trim(struct packets *packets)
{
    unsigned count = 0;
    while (is_long(packets, PACKET_VIDEO) || (packets->bytes_max && packets->bytes > packets->bytes_max))
        count += drop_group(packets);
    while (is_long(packets, PACKET_AUDIO))
        drop(packets, PACKET_AUDIO);
    return count;
}

unsigned packets_push(struct packets *packets, const struct packet *packet)
{
    if (packet->kind == PACKET_VIDEO && !packets->has_key && !packet->is_key)
        return packets->is_begun;
    struct packet *copy = xmalloc(sizeof(*copy));
    *copy = *packet;
    gst_sample_ref(copy->sample);
    packets->bytes += packet_bytes(copy);
    g_queue_push_tail(packets->queues[packet->kind], copy);
    if (packet->kind == PACKET_VIDEO && !packets->has_key) {
        packets->has_key = packets->is_begun = true;
        drop_sound_before(packets, packet->pts_ns);
    }
    return trim(packets);
}

const struct packet *packets_head(const struct packets *packets, enum packet_kind kind)
{
    return packets->has_key ? peek(packets, kind) : NULL;
}

struct packet packets_take(struct packets *packets, enum packet_kind kind)
{
    return pop(packets, kind);
}

unsigned packets_skip(struct packets *packets, int64_t until_ns)
{
    const GList *link = packets->queues[PACKET_VIDEO]->tail;
    for (; link; link = link->prev) {
        const struct packet *packet = link->data;
        if (packet->is_key && packet->pts_ns <= until_ns)
            break;
    }
    if (link && link == packets->queues[PACKET_VIDEO]->head)
        link = NULL;
    return drop_before(packets, link);
}
