#include "relay/show.h"

#include <string.h>

#include "base/json.h"
#include "relay/journal.h"
#include "relay/question_store.h"

int64_t show_begun_ms(const struct journal *journal)
{
    const char *text = journal_state(journal, QUESTION_SHOWS_KEY);
    json_t *shows = text ? json_parse(text, strlen(text), NULL) : NULL;
    int64_t begun_ms = json_integer_value(json_array_get(shows, json_array_size(shows) - 1));
    json_decref(shows);
    return begun_ms;
}
