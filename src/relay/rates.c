#include "relay/rates.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "chat/message.h"
#include "net/loop.h"
#include "relay/message_language.h"
#include "relay/sources.h"

enum { SECOND_MS = 1000, CATCH_UP_MAX = RATES_STEPS * RATES_STEP_S };

/* Numbers of one source or language: a ring of steps. */
struct series {
    char *name;  // owned
    uint32_t counting, second;         // of the second that runs; of the one that is over
    uint32_t step;                     // of the step that runs
    uint32_t counts[RATES_STEPS];
    uint64_t total;                    // of counts
    char states[RATES_STEPS], state;   // the worst of the step that runs; 0: not known
    size_t steps;                      // ever, so that a new one shows no past
};

struct table {
    struct series *items[RATES_SERIES_MAX];  // owned
    size_t count, last;                      // last: found last, most often the next as well
};

struct rates {
    struct rates_options options;
    struct table sources, languages;
    struct timer timer;
    int64_t due_ms;   // monotonic, when the running second ends
    int64_t end_ms;   // Unix, when the last step ended
    int seconds;      // of the running step
};

/* --- Series --- */

static struct series *find(struct table *table, struct str name)
{
    if (table->last < table->count && str_equal(str_from(table->items[table->last]->name), name))
        return table->items[table->last];
    for (size_t i = 0; i < table->count; i++) {
        if (str_equal(str_from(table->items[i]->name), name)) {
            table->last = i;
            return table->items[i];
        }
    }
    return NULL;
}

/* NULL: there are too many. */
static struct series *find_or_add(struct table *table, struct str name)
{
    struct series *series = find(table, name);
    if (series || table->count == RATES_SERIES_MAX)
        return series;
    series = xcalloc(1, sizeof(*series));
    series->name = xstrndup(name.data ? name.data : "", name.len);
    table->items[table->count++] = series;
    return series;
}

static void drop(struct table *table, size_t index)
{
    free(table->items[index]->name);
    free(table->items[index]);
    table->items[index] = table->items[--table->count];
}

static void drop_all(struct table *table)
{
    while (table->count > 0)
        drop(table, table->count - 1);
}

static void end_step(struct series *series)
{
    size_t at = series->steps++ % RATES_STEPS;
    series->total += series->step;
    series->total -= series->counts[at];
    series->counts[at] = series->step;
    series->states[at] = series->state ? series->state : 'o';
    series->step = 0;
    series->state = 0;
}

static void end_second(struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        struct series *series = table->items[i];
        series->second = series->counting;
        series->step += series->counting;
        series->counting = 0;
    }
}

/* What said nothing for ten minutes and is no source any more has nothing to show. */
static void end_steps(struct table *table)
{
    for (size_t i = table->count; i-- > 0;) {
        struct series *series = table->items[i];
        bool is_used = series->state != 0;
        end_step(series);
        if (series->total == 0 && !is_used)
            drop(table, i);
    }
}

/* --- States --- */

static char letter_of(const struct source *source)
{
    switch (source->health.state) {
    case CONNECTOR_LIVE: return source->silent_since_ms ? 's' : 'l';
    case CONNECTOR_CONNECTING: return 'c';
    case CONNECTOR_WAITING: return 'w';
    case CONNECTOR_FAILED: return 'f';
    default: return 'o';
    }
}

static void note_state(void *data, const struct source *source)
{
    static const char worst_first[] = "fwcslo";
    struct rates *rates = data;
    struct series *series = find_or_add(&rates->sources, str_from(source->id));
    char now = letter_of(source);
    if (series && (series->state == 0 || strchr(worst_first, now) < strchr(worst_first, series->state)))
        series->state = now;
}

/* --- Time --- */

void rates_step(struct rates *rates)
{
    if (rates->options.sources)
        sources_each(rates->options.sources, note_state, rates);
    end_second(&rates->sources);
    end_second(&rates->languages);
    if (++rates->seconds < RATES_STEP_S)
        return;
    rates->seconds = 0;
    rates->end_ms = clock_unix_ms();
    end_steps(&rates->sources);
    end_steps(&rates->languages);
}

/* A loop that was busy, or a machine that slept, missed seconds: they had nothing. */
static void handle_second(void *data)
{
    struct rates *rates = data;
    int64_t now_ms = clock_monotonic_ms();
    for (int i = 0; rates->due_ms <= now_ms && i < CATCH_UP_MAX; i++, rates->due_ms += SECOND_MS)
        rates_step(rates);
    if (rates->due_ms <= now_ms)
        rates->due_ms = now_ms + SECOND_MS;
    timer_start(&rates->timer, rates->due_ms - now_ms);
    if (rates->options.on_second)
        rates->options.on_second(rates->options.data);
}

struct rates *rates_create(const struct rates_options *options)
{
    struct rates *rates = xcalloc(1, sizeof(*rates));
    rates->options = *options;
    rates->end_ms = clock_unix_ms();
    if (options->loop) {
        rates->due_ms = clock_monotonic_ms() + SECOND_MS;
        timer_init(&rates->timer, options->loop, handle_second, rates);
        timer_start(&rates->timer, SECOND_MS);
    }
    return rates;
}

void rates_destroy(struct rates *rates)
{
    if (!rates)
        return;
    timer_stop(&rates->timer);
    drop_all(&rates->sources);
    drop_all(&rates->languages);
    free(rates);
}

void rates_add(struct rates *rates, const struct message *message)
{
    if (message->is.is_history || message_is_control(message))
        return;
    struct series *source = find_or_add(&rates->sources, message->is.source);
    char tag[MESSAGE_LANGUAGE_BYTES];
    message_language(message, tag);
    struct series *language = find_or_add(&rates->languages, str_from(tag));
    if (source)
        source->counting++;
    if (language)
        language->counting++;
}

/* --- Writing --- */

static void add_name(struct buffer *out, const struct series *series, bool *is_first)
{
    if (!*is_first)
        buffer_add_char(out, ',');
    *is_first = false;
    buffer_add_json(out, series->name, strlen(series->name));
    buffer_add_char(out, ':');
}

static void write_seconds(const struct table *table, struct buffer *out)
{
    bool is_first = true;
    for (size_t i = 0; i < table->count; i++) {
        if (table->items[i]->second == 0)
            continue;
        add_name(out, table->items[i], &is_first);
        buffer_add_int(out, table->items[i]->second);
    }
}

void rates_write_second(const struct rates *rates, struct buffer *out)
{
    buffer_add_string(out, "\"sources\":{");
    write_seconds(&rates->sources, out);
    buffer_add_string(out, "},\"languages\":{");
    write_seconds(&rates->languages, out);
    buffer_add_char(out, '}');
}

static void write_series(const struct series *series, struct buffer *out)
{
    size_t count = series->steps < RATES_STEPS ? series->steps : RATES_STEPS;
    buffer_add_string(out, "{\"counts\":[");
    for (size_t i = series->steps - count; i < series->steps; i++) {
        if (i > series->steps - count)
            buffer_add_char(out, ',');
        buffer_add_int(out, series->counts[i % RATES_STEPS]);
    }
    buffer_add_string(out, "],\"states\":\"");
    for (size_t i = series->steps - count; i < series->steps; i++)
        buffer_add_char(out, series->states[i % RATES_STEPS]);
    buffer_add_string(out, "\"}");
}

void rates_write_json(const struct rates *rates, struct buffer *out)
{
    bool is_first = true;
    buffer_printf(out, "{\"step_ms\":%d,\"end_ms\":%" PRId64 ",\"sources\":{", RATES_STEP_S * SECOND_MS, rates->end_ms);
    for (size_t i = 0; i < rates->sources.count; i++) {
        add_name(out, rates->sources.items[i], &is_first);
        write_series(rates->sources.items[i], out);
    }
    buffer_add_string(out, "},\"languages\":{");
    is_first = true;
    for (size_t i = 0; i < rates->languages.count; i++) {
        const struct series *series = rates->languages.items[i];
        add_name(out, series, &is_first);
        buffer_add_int(out, (int64_t)(series->total + series->step + series->counting));
    }
    buffer_add_string(out, "}}");
}
