/*
 * irc_history.c - what was said while we were away: asked for with CHATHISTORY where the server offers it, else a gap.
 * Source: IRCv3 chathistory (draft). Until all has come the cursor stays where it was.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "connector/irc_inside.h"
#include "connector/tag_value.h"

enum { PAGE_LINES = 100, FIRST_LINES = 50, PAGES_MAX = 50, PAGE_MS = 15000, OVERLAP_MS = 2000 };

static size_t page_lines(const struct irc *irc)
{
    int most = irc->reader.room.history_max;
    return most > 0 && most < PAGE_LINES ? (size_t)most : PAGE_LINES;
}

static bool is_offered(const struct irc *irc)
{
    const uint32_t needed = IRC_CAP_HISTORY | IRC_CAP_BATCH | IRC_CAP_TIME;
    return (irc->login.caps & needed) == needed;
}

/* By the last line's id where the server takes ids: any number of lines may bear one time. */
static void ask(struct irc *irc, int64_t after_ms)
{
    struct irc_history *history = &irc->history;
    char time[CLOCK_RFC3339_BYTES];
    clock_format_rfc3339(after_ms, time);
    history->count = 0;
    history->pages++;
    history->after_ms = after_ms;
    timer_start(&irc->history_deadline, PAGE_MS);
    if (history->last_id[0] && irc->reader.room.has_id_refs)
        irc_say(irc, "CHATHISTORY AFTER %s msgid=%s %zu", irc->channel, history->last_id, page_lines(irc));
    else
        irc_say(irc, "CHATHISTORY AFTER %s timestamp=%s %zu", irc->channel, time, page_lines(irc));
}

static void finish(struct irc *irc, int64_t lost_from_ms)
{
    struct irc_history *history = &irc->history;
    timer_stop(&irc->history_deadline);
    history->is_open = false;
    if (lost_from_ms > 0)
        connector_gap(&irc->base, lost_from_ms, clock_unix_ms(), history->reason);
    irc_note_alive(irc, clock_unix_ms());
}

void irc_history_begin(struct irc *irc, int64_t now_ms)
{
    struct irc_history *history = &irc->history;
    free(history->reason);
    *history = (struct irc_history){.reason = xstrdup(irc->loss ? irc->loss : "we were not running")};
    if (irc->alive_ms <= 0) {
        if (is_offered(irc))
            irc_say(irc, "CHATHISTORY LATEST %s * %zu", irc->channel, page_lines(irc) < FIRST_LINES ? page_lines(irc) : FIRST_LINES);
    } else if (is_offered(irc)) {
        history->is_open = true;
        history->last_ms = irc->alive_ms;
        ask(irc, irc->alive_ms - OVERLAP_MS);  // clocks differ a little; what comes twice is known by its id
    } else {
        connector_gap(&irc->base, irc->alive_ms, now_ms, history->reason);
    }
}

/* A page has come: was it the last? */
static void take_page(struct irc *irc)
{
    struct irc_history *history = &irc->history;
    // A whole page of one millisecond, and no ids to go on by: what else bears that time is out of reach.
    bool is_stuck = history->last_ms - 1 <= history->after_ms && !(history->last_id[0] && irc->reader.room.has_id_refs);
    if (history->count < page_lines(irc))
        finish(irc, 0);
    else if (history->pages >= PAGES_MAX || is_stuck)
        finish(irc, history->last_ms);
    else
        ask(irc, history->last_ms - 1);
}

static bool ends_history(const struct irc *irc, const struct irc_line *line)
{
    struct str ref = irc_line_param(line, 0);
    struct irc_line within = {0};
    if (!irc_line_is(line, "BATCH") || ref.len < 2 || ref.data[0] != '-')
        return false;
    within.tags[IRC_BATCH] = (struct str){ref.data + 1, ref.len - 1};
    return irc_reader_is_history(&irc->reader, &within);
}

static void keep_id(struct irc_history *history, struct str escaped)
{
    char *id = history->last_id;
    size_t len = escaped.len < sizeof(history->last_id) ? tag_value_unescape(escaped, id) : 0;
    id[len] = '\0';
    if (strcspn(id, " \r\n") != len)
        id[0] = '\0';
}

void irc_history_note(struct irc *irc, const struct irc_line *line)
{
    struct irc_history *history = &irc->history;
    if (!history->is_open)
        return;
    if (ends_history(irc, line)) {
        take_page(irc);
    } else if (irc_reader_is_history(&irc->reader, line)) {
        int64_t time_ms = irc_line_time_ms(line);
        history->count++;
        history->last_ms = time_ms > history->last_ms ? time_ms : history->last_ms;
        keep_id(history, line->tags[IRC_MSGID]);
    } else if ((irc_line_is(line, "FAIL") && str_equal(irc_line_param(line, 0), STR("CHATHISTORY"))) ||
               (line->numeric == 421 && str_equal(irc_line_param(line, 1), STR("CHATHISTORY")))) {
        finish(irc, history->last_ms);
    }
}

void irc_history_give_up(void *data)
{
    struct irc *irc = data;
    finish(irc, irc->history.last_ms);
}

void irc_history_stop(struct irc *irc)
{
    timer_stop(&irc->history_deadline);
    irc->history.is_open = false;
}
