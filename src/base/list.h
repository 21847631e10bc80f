/*
 * list.h - a circular list whose links live inside the listed things.
 * A `struct list` is either a head or a link; a link's comment names its head. The list owns nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"

struct list {
    struct list *prev, *next;
};

static inline void list_init(struct list *list)
{
    list->prev = list->next = list;
}

/* Puts link behind `at`: behind the head is the front of the list. */
static inline void list_add(struct list *at, struct list *link)
{
    link->prev = at;
    link->next = at->next;
    at->next->prev = link;
    at->next = link;
}

static inline void list_append(struct list *head, struct list *link)
{
    list_add(head->prev, link);
}

/* Harmless for a link that was initialised and is in no list. */
static inline void list_remove(struct list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}

static inline bool list_is_empty(const struct list *head)
{
    return head->next == head;
}

static inline size_t list_count(const struct list *head)
{
    size_t count = 0;
    for (const struct list *at = head->next; at != head; at = at->next)
        count++;
    return count;
}

/* item: a pointer to the listed struct, declared before. The body may remove `item` only in the safe form. */
#define list_for_each(item, head, member)                                   \
    for (item = container_of((head)->next, __typeof__(*item), member);      \
         &item->member != (head);                                           \
         item = container_of(item->member.next, __typeof__(*item), member))

#define list_for_each_safe(item, following, head, member)                         \
    for (item = container_of((head)->next, __typeof__(*item), member),            \
        following = container_of(item->member.next, __typeof__(*item), member);   \
         &item->member != (head); item = following,                               \
        following = container_of(item->member.next, __typeof__(*item), member))
