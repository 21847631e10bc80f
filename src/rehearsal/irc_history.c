#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "rehearsal/irc_inside.h"

void irc_keep(struct irc_side *side, int64_t time_ms, const struct buffer *lines)
{
    if (side_number(&side->base, "history") == 0 || lines->len < 2)
        return;
    struct kept *kept = &side->history[side->kept_count++ % HISTORY_MAX];
    free(kept->line);
    *kept = (struct kept){time_ms, xstrndup(lines->data, lines->len - 1)};
}

/* Behind the line of "msgid=…"; SIZE_MAX: there is none. */
static size_t find_kept(const struct irc_side *side, const char *reference)
{
    char mark[TRANSCRIPT_ID_BYTES + 16];
    int len = snprintf(mark, sizeof(mark), ";%s", reference);
    size_t oldest = side->kept_count > HISTORY_MAX ? side->kept_count - HISTORY_MAX : 0;
    for (size_t i = oldest; strncmp(reference, "msgid=", 6) == 0 && i < side->kept_count; i++) {
        const char *at = strstr(side->history[i % HISTORY_MAX].line, mark);
        if (at && (at[len] == ';' || at[len] == ' '))
            return i + 1;
    }
    return SIZE_MAX;
}

/* "AFTER #live timestamp=… 100" and "LATEST #live * 50": the oldest that fit of those, in a batch. */
void irc_history(struct client *client, const char *word, const char *from, int64_t count)
{
    struct irc_side *side = container_of(client->base.side, struct irc_side, base);
    int64_t after_ms = 0;
    size_t behind_id = find_kept(side, from);
    bool is_by_id = behind_id != SIZE_MAX;
    if (!(client->caps & CAP_HISTORY) || count < 1 || count > PAGE_MAX ||
        (strcmp(word, "AFTER") == 0 && !is_by_id && (strncmp(from, "timestamp=", 10) != 0 || !clock_parse_rfc3339(from + 10, strlen(from + 10), &after_ms)))) {
        side_client_printf(&client->base, ":irc.rehearsal FAIL CHATHISTORY INVALID_PARAMS %s :Not so", word);
        return;
    }
    size_t oldest = side->kept_count > HISTORY_MAX ? side->kept_count - HISTORY_MAX : 0;
    if (strcmp(word, "LATEST") == 0 && side->kept_count - oldest > (size_t)count)
        oldest = side->kept_count - (size_t)count;
    if (is_by_id)
        oldest = behind_id;
    unsigned long long batch = ++side->batches;
    side_client_printf(&client->base, ":irc.rehearsal BATCH +h%llu chathistory %s", batch, side->channel);
    for (size_t i = oldest; i < side->kept_count && count > 0; i++) {
        const struct kept *kept = &side->history[i % HISTORY_MAX];
        if (kept->time_ms <= after_ms)
            continue;
        side_client_printf(&client->base, "@batch=h%llu;%s", batch, kept->line + 1);
        count--;
    }
    side_client_printf(&client->base, ":irc.rehearsal BATCH -h%llu", batch);
}
