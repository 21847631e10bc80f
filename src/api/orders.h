/*
 * orders.h - what moderators ordered of the video process, so that one that died and came back stands as they left it: an
 * output that was taken off or blanked is not suddenly seen again. Kept in memory. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

enum { ORDERS_MAX = 64 };

struct orders {
    json_t *kept[ORDERS_MAX];  // the messages, oldest first
    size_t count;
};

void orders_fini(struct orders *orders);

/* The message went to the video process. What it takes back is forgotten; beyond ORDERS_MAX the oldest is. */
void orders_note(struct orders *orders, const json_t *message);
