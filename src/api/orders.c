#include "api/orders.h"

#include <string.h>

#include "base/json.h"
#include "base/memory.h"

static bool is_about(const json_t *order, const char *command, const char *name)
{
    const char *other = json_get_text(order, "name");
    return strcmp(json_get_text(order, "command"), command) == 0 && strcmp(other ? other : "", name) == 0;
}

static void drop(struct orders *orders, size_t index)
{
    json_decref(orders->kept[index]);
    memmove(&orders->kept[index], &orders->kept[index + 1], (--orders->count - index) * sizeof(*orders->kept));
}

static void forget(struct orders *orders, const char *command, const char *name)
{
    for (size_t i = orders->count; i-- > 0;) {
        if (is_about(orders->kept[i], command, name))
            drop(orders, i);
    }
}

/* A process that has just begun does so by itself: it starts, shows, and chooses its input. */
static bool is_usual(const json_t *message, const char *command)
{
    const char *which = json_get_text(message, "which");
    return strcmp(command, "output.start") == 0 || !json_get_bool(message, "on", true) ||
           (which && strcmp(which, "auto") == 0);
}

void orders_fini(struct orders *orders)
{
    while (orders->count > 0)
        drop(orders, orders->count - 1);
}

void orders_note(struct orders *orders, const json_t *message)
{
    const char *command = json_get_text(message, "command"), *name = json_get_text(message, "name");
    if (!name)
        name = "";
    forget(orders, command, name);
    if (strcmp(command, "output.start") == 0) {
        forget(orders, "output.stop", name);
        forget(orders, "output.blank", name);
    }
    if (is_usual(message, command))
        return;
    if (orders->count == ORDERS_MAX)
        drop(orders, 0);
    orders->kept[orders->count++] = json_deep_copy(message);
}
