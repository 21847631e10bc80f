#include "overlay/cost.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "overlay/cards.h"
#include "overlay/node.h"

enum { PERIOD_MS = 1000, NS_PER_US = 1000 };

static void write_kind(const char *name, const struct cost *cost, struct buffer *line)
{
    if (cost->updates == 0 && cost->paints == 0)
        return;
    buffer_printf(line, ", %s: %" PRIu64 " updates %" PRId64 " us, %" PRIu64 " paints %" PRId64 " us %" PRIu64 " px", name,
        cost->updates, cost->update_ns / NS_PER_US, cost->paints, cost->paint_ns / NS_PER_US, cost->pixels);
}

void costs_write(const struct costs *costs, struct buffer *line)
{
    for (size_t i = 0; cards[i]; i++)
        write_kind(cards[i]->name, &costs->kinds[cards[i]->kind], line);
}

void costs_tell(struct costs *costs, const char *view, int64_t now_ms)
{
    struct buffer line = {0};
    if (now_ms - costs->told_ms < PERIOD_MS)
        return;
    costs_write(costs, &line);
    if (line.len > 0)
        log_debug("overlay", "view %s%.*s", view, (int)line.len, line.data);
    buffer_fini(&line);
    memset(costs->kinds, 0, sizeof(costs->kinds));
    costs->told_ms = now_ms;
}
