#include "overlay/event_text.h"

#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "overlay/amount.h"
#include "overlay/digits.h"
#include "overlay/words.h"

enum { MICROS = 1000000 };

static bool is_text(const char *text, const char *other)
{
    return text && strcmp(text, other) == 0;
}

static void add_words(struct buffer *out, enum word word, const char *language, int64_t count)
{
    char text[WORDS_BYTES];
    words_write(text, word, language, count);
    buffer_add_string(out, text);
}

int64_t event_text_count(const json_t *event)
{
    const json_t *money = json_object_get(event, "money");
    int64_t count = json_get_int(money, "count", 0);
    bool is_gift = is_text(json_get_text(event, "kind"), "gift") && json_get_text(money, "item");
    return is_gift && (count > 1 || json_get_text(money, "streak")) ? count : 0;
}

/* ---- gifts */

static void add_amount(struct buffer *out, const json_t *money, const char *language)
{
    char text[AMOUNT_BYTES];
    int64_t micros = json_get_int(money, "micros", 0);
    struct amount *amount = amount_create(language, json_get_text(money, "currency"), micros % MICROS == 0);
    amount_write(amount, micros, text);
    amount_destroy(amount);
    buffer_add_string(out, text);
}

static void add_item(struct buffer *out, const json_t *event, const char *item, const char *language, bool has_count)
{
    char digits[DIGITS_BYTES];
    int64_t count = event_text_count(event);
    buffer_add_string(out, item);
    if (!has_count || count == 0)
        return;
    digits_count(digits, count, language);
    buffer_printf(out, " ×%s", digits);
}

static void add_units(struct buffer *out, const json_t *money, const char *language)
{
    char digits[DIGITS_BYTES];
    int64_t units = json_get_int(money, "units", 0);
    const char *unit = json_get_text(money, "unit");
    if (is_text(unit, "bits")) {
        add_words(out, WORD_BITS, language, units);
        return;
    }
    digits_count(digits, units, language);
    buffer_printf(out, "%s %s", digits, unit ? unit : "");
}

static void add_gift(struct buffer *out, const json_t *event, const char *language, bool has_count)
{
    const json_t *money = json_object_get(event, "money");
    const char *item = json_get_text(money, "item");
    int64_t units = json_get_int(money, "units", 0), micros = json_get_int(money, "micros", 0);
    if (item && *item)
        add_item(out, event, item, language, has_count);
    else if (units > 0)
        add_units(out, money, language);
    else if (micros > 0)
        add_amount(out, money, language);
    else
        add_words(out, WORD_GIFT, language, 1);
}

/* ---- memberships */

static bool says_subscription(const json_t *event)
{
    const char *platform = json_get_text(event, "platform");
    return is_text(platform, "twitch") || is_text(platform, "kick");
}

static int64_t gifted(const json_t *event)
{
    int64_t count = json_get_int(json_object_get(event, "money"), "count", 1);
    return count > 0 ? count : 1;
}

static void add_membership(struct buffer *out, const json_t *event, const char *language)
{
    const char *what = json_get_text(event, "event");
    int64_t months = json_get_int(event, "months", 0);
    bool is_subscription = says_subscription(event);
    if (is_text(what, "gifted"))
        add_words(out, is_subscription ? WORD_GIFTED_SUBSCRIBERS : WORD_GIFTED_MEMBERS, language, gifted(event));
    else if (is_text(what, "boost"))
        add_words(out, WORD_BOOST, language, 1);
    else if (months > 1)
        add_words(out, is_subscription ? WORD_SUBSCRIBER_MONTHS : WORD_MEMBER_MONTHS, language, months);
    else
        add_words(out, is_subscription ? WORD_SUBSCRIBER : WORD_MEMBER, language, 1);
}

void event_text_write(const json_t *event, const char *language, bool has_count, struct buffer *out)
{
    const char *kind = json_get_text(event, "kind");
    int64_t viewers = json_get_int(event, "viewers", 0);
    if (is_text(kind, "gift"))
        add_gift(out, event, language, has_count);
    else if (is_text(kind, "membership"))
        add_membership(out, event, language);
    else if (is_text(kind, "raid"))
        add_words(out, viewers > 0 ? WORD_RAID_VIEWERS : WORD_RAID, language, viewers);
    else if (is_text(kind, "more"))
        add_words(out, WORD_MORE, language, json_get_int(event, "count", 0));
}

/* Whatever is told can be multiplied. */
static int64_t within(int64_t count)
{
    return count < 0 ? 0 : count < INT32_MAX ? count : INT32_MAX;
}

/* A membership counts like the five dollars that it costs, a viewer of a raid like ten cents. */
int64_t event_text_worth(const json_t *event)
{
    const char *kind = json_get_text(event, "kind");
    const json_t *money = json_object_get(event, "money");
    int64_t micros = json_get_int(money, "micros", 0), units = json_get_int(money, "units", 0);
    if (is_text(kind, "raid"))
        return MICROS + within(json_get_int(event, "viewers", 0)) * MICROS / 10;
    if (is_text(kind, "membership"))
        return (is_text(json_get_text(event, "event"), "gifted") ? gifted(event) % 100000 : 1) * 5 * MICROS;
    return micros > 0 ? micros : within(units) * MICROS / 100;
}
