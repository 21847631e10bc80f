#include "api/feed.h"

#include <stdlib.h>
#include <string.h>

#include "api/client.h"
#include "api/feed_lane.h"
#include "base/error.h"
#include "base/memory.h"
#include "relay/message_filter.h"

struct feed {
    struct api *api;
    struct feed_lane *whole;  // of those without a filter
    struct list lanes;        // the others, each with a client
};

struct feed *feed_create(struct api *api)
{
    struct feed *feed = xcalloc(1, sizeof(*feed));
    feed->api = api;
    feed->whole = feed_lane_create(api, NULL);
    list_init(&feed->lanes);
    return feed;
}

void feed_destroy(struct feed *feed)
{
    if (!feed)
        return;
    struct feed_lane *lane, *next;
    list_for_each_safe(lane, next, &feed->lanes, link)
        feed_lane_destroy(lane);
    feed_lane_destroy(feed->whole);
    free(feed);
}

static void push_all(struct feed *feed, struct message *message, bool is_edited)
{
    struct feed_lane *lane;
    struct message_look look = {0};
    feed_lane_push(feed->whole, message, &look, is_edited);
    list_for_each(lane, &feed->lanes, link)
        feed_lane_push(lane, message, &look, is_edited);
}

void feed_push(struct feed *feed, struct message *const *messages, size_t count)
{
    for (size_t i = 0; i < count; i++)
        push_all(feed, messages[i], false);
}

void feed_push_edited(struct feed *feed, struct message *message)
{
    push_all(feed, message, true);
}

uint64_t feed_skipped(const struct feed *feed)
{
    return feed_lane_skipped(feed->whole);
}

/* --- Filters --- */

static struct feed_lane *find_lane(struct feed *feed, const struct message_filter *filter)
{
    struct feed_lane *lane;
    list_for_each(lane, &feed->lanes, link) {
        if (strcmp(message_filter_key(lane->filter), message_filter_key(filter)) == 0)
            return lane;
    }
    return NULL;
}

static void leave(struct client *client)
{
    struct feed_lane *lane = client->lane;
    client->lane = NULL;
    if (lane && --lane->clients == 0)
        feed_lane_destroy(lane);
}

bool feed_set_filter(struct feed *feed, struct client *client, struct message_filter *filter, struct error *err)
{
    struct feed_lane *lane = filter ? find_lane(feed, filter) : NULL;
    bool is_last_of_its_lane = client->lane && client->lane->clients == 1;
    if (filter && !lane && list_count(&feed->lanes) - is_last_of_its_lane >= FEED_FILTERS_MAX)
        return error_set(err, ERROR_AGAIN, "%d different filters are in use: take one that a colleague has, or wait until "
                         "one is given up", FEED_FILTERS_MAX);
    if (filter && !lane) {
        lane = feed_lane_create(feed->api, filter);
        list_append(&feed->lanes, &lane->link);
    }
    if (lane)
        lane->clients++;  // before the old one is left: it may be the same
    leave(client);
    client->lane = lane;
    return true;
}

void feed_forget_client(struct feed *feed, struct client *client)
{
    leave(client);
}

const struct message_filter *feed_filter_of(const struct client *client)
{
    return client->lane ? client->lane->filter : NULL;
}
