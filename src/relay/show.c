#include "relay/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "relay/journal.h"

#define KEY "show"

int64_t show_begun_ms(const struct journal *journal)
{
    const char *text = journal_state(journal, KEY);
    json_t *object = text ? json_parse(text, strlen(text), NULL) : NULL;
    int64_t begun_ms = json_get_int(object, "begun_ms", 0);
    json_decref(object);
    return begun_ms;
}

void show_begin(struct journal *journal)
{
    char text[48];
    int64_t now_ms = clock_unix_ms(), before_ms = show_begun_ms(journal);
    snprintf(text, sizeof(text), "{\"begun_ms\":%" PRId64 "}", now_ms > before_ms ? now_ms : before_ms);
    journal_set_state(journal, KEY, text);
}
