#include "overlay/alerts.h"

#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "overlay/cards.h"
#include "overlay/event_text.h"
#include "overlay/lines.h"
#include "overlay/node.h"
#include "overlay/reading.h"

enum {
    COUNT_MS = 2500,      // that a count stands which has just moved
    STAND_MS_MAX = 45000, // that a streak can hold up the others
};

void alerts_fini(struct alerts *alerts)
{
    json_decref(alerts->waiting);
    json_decref(alerts->current);
    *alerts = (struct alerts){0};
}

/* ---- what was seen */

static bool is_seen(const struct alerts *alerts, uint64_t id)
{
    size_t count = alerts->seen_count < ALERTS_SEEN ? alerts->seen_count : ALERTS_SEEN;
    for (size_t i = 0; i < count; i++) {
        if (alerts->seen[i] == id)
            return true;
    }
    return false;
}

static void note_seen(struct alerts *alerts, uint64_t id)
{
    alerts->seen[alerts->seen_count++ % ALERTS_SEEN] = id;
}

/* ---- the queue */

static const struct theme_card *look_of(const struct stage *stage)
{
    return &stage->theme->cards[THEME_ALERT];
}

/* The one that is worth least; of equals the last that came. */
static size_t find_least(const json_t *waiting)
{
    size_t i, least = 0;
    json_t *event;
    json_array_foreach((json_t *)(uintptr_t)waiting, i, event) {
        if (event_text_worth(event) <= event_text_worth(json_array_get(waiting, least)))
            least = i;
    }
    return least;
}

static void push(struct alerts *alerts, const json_t *event, int cap)
{
    if (!alerts->waiting)
        alerts->waiting = json_array();
    json_array_append(alerts->waiting, (json_t *)(uintptr_t)event);
    if (cap <= 0 || json_array_size(alerts->waiting) <= (size_t)cap)
        return;
    json_array_remove(alerts->waiting, find_least(alerts->waiting));
    alerts->uncounted++;
}

static const json_t *find(const json_t *list, uint64_t id)
{
    size_t i;
    json_t *event;
    json_array_foreach((json_t *)(uintptr_t)list, i, event) {
        if (line_id(event) == id)
            return event;
    }
    return NULL;
}

/* What is not told any more is gone; what counts up has its new count. */
static void follow(struct alerts *alerts, const json_t *list)
{
    for (size_t i = json_array_size(alerts->waiting); i-- > 0;) {
        const json_t *now = find(list, line_id(json_array_get(alerts->waiting, i)));
        if (now)
            json_array_set(alerts->waiting, i, (json_t *)(uintptr_t)now);
        else
            json_array_remove(alerts->waiting, i);
    }
}

static void end(struct alerts *alerts, const struct theme_card *look, int64_t now_ms)
{
    json_decref(alerts->current);
    alerts->current = NULL;
    alerts->quiet_until_ms = now_ms + look->motion.leave.duration_ms + look->quiet_ms;
}

/* A sum is told by nobody but us. */
static bool is_sum(const json_t *event)
{
    return json_object_get(event, "count") != NULL;
}

static void follow_current(struct alerts *alerts, const struct stage *stage, const json_t *list, int64_t now_ms)
{
    if (!alerts->current || is_sum(alerts->current))
        return;
    const json_t *now = find(list, line_id(alerts->current));
    if (!now) {
        alerts->until_ms = now_ms;
        return;
    }
    if (event_text_count(now) != event_text_count(alerts->current) && alerts->until_ms < now_ms + COUNT_MS)
        alerts->until_ms = now_ms + COUNT_MS < alerts->begun_ms + STAND_MS_MAX ? now_ms + COUNT_MS : alerts->begun_ms + STAND_MS_MAX;
    json_decref(alerts->current);
    alerts->current = json_incref((json_t *)(uintptr_t)now);
}

void alerts_take(struct alerts *alerts, const struct stage *stage, const json_t *list, int64_t now_ms)
{
    size_t i;
    json_t *event;
    if (!json_is_array(list)) {
        alerts_fini(alerts);
        return;
    }
    follow(alerts, list);
    follow_current(alerts, stage, list, now_ms);
    json_array_foreach((json_t *)(uintptr_t)list, i, event) {
        if (!json_is_object(event) || is_seen(alerts, line_id(event)))
            continue;
        note_seen(alerts, line_id(event));
        if (alerts->is_started)
            push(alerts, event, look_of(stage)->items);
    }
    alerts->is_started = true;
}

/* ---- one after the other */

static int64_t reading_time(const json_t *event, const struct stage *stage)
{
    struct buffer words = {0};
    event_text_write(event, stage->language, true, &words);
    buffer_add_char(&words, ' ');
    card_alert_impl.read(event, &words);
    int64_t ms = reading_ms((struct str){words.data, words.len});
    buffer_fini(&words);
    return ms;
}

static json_t *make_sum(struct alerts *alerts)
{
    json_t *sum = json_pack("{sssIsI}", "kind", "more", "id", (json_int_t)-(int64_t)++alerts->sums, "count",
        (json_int_t)alerts->uncounted);
    alerts->uncounted = 0;
    return sum;
}

static bool begin_next(struct alerts *alerts, const struct stage *stage, int64_t now_ms)
{
    json_t *next = json_incref(json_array_get(alerts->waiting, 0));
    if (next)
        json_array_remove(alerts->waiting, 0);
    else if (alerts->uncounted > 0)
        next = make_sum(alerts);
    if (!next)
        return false;
    alerts->current = next;
    alerts->begun_ms = now_ms;
    alerts->until_ms = now_ms + look_of(stage)->motion.enter.duration_ms + reading_time(next, stage);
    if (stage->alerted)
        stage->alerted(stage->alerted_data, json_get_text(next, "kind"));
    return true;
}

bool alerts_advance(struct alerts *alerts, const struct stage *stage, int64_t now_ms)
{
    if (alerts->current && now_ms < alerts->until_ms)
        return false;
    bool has_ended = alerts->current != NULL;
    if (has_ended)
        end(alerts, look_of(stage), now_ms);
    return (now_ms >= alerts->quiet_until_ms && begin_next(alerts, stage, now_ms)) || has_ended;
}

bool alerts_remove(struct alerts *alerts, uint64_t message, const char *platform, const char *author)
{
    json_t *kept = lines_without(alerts->waiting, message, platform, author);
    if (kept) {
        json_decref(alerts->waiting);
        alerts->waiting = kept;
    }
    bool is_current = alerts->current && line_is_from(alerts->current, message, platform, author);
    if (is_current) {
        json_decref(alerts->current);
        alerts->current = NULL;
        alerts->quiet_until_ms = 0;
    }
    return kept || is_current;
}

int64_t alerts_wake_ms(const struct alerts *alerts)
{
    if (alerts->current)
        return alerts->until_ms;
    return json_array_size(alerts->waiting) > 0 || alerts->uncounted > 0 ? alerts->quiet_until_ms : 0;
}
