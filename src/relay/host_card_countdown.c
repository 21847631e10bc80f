/* Countdown and next show: a time, or so many seconds from when the card goes on air; and where in the world it is told. */
#include <inttypes.h>
#include <string.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#include "base/error.h"
#include "base/json.h"
#include "relay/host_cards_private.h"

enum { ZONE_BYTES = 64 };

#define AT_MS_MAX INT64_C(4102444800000)  // the year 2100

/* ICU knows the names of IANA's list, and the overlay asks it for the time there. */
static bool is_zone(const char *name)
{
    UChar id[ZONE_BYTES], canonical[2 * ZONE_BYTES];
    UErrorCode status = U_ZERO_ERROR;
    UBool is_known = false;
    if (strlen(name) >= ZONE_BYTES)
        return false;
    u_uastrcpy(id, name);
    ucal_getCanonicalTimeZoneID(id, -1, canonical, 2 * ZONE_BYTES, &is_known, &status);
    return U_SUCCESS(status) && is_known;
}

static bool check_zones(const json_t *zones, struct error *err)
{
    for (size_t i = 0; i < json_array_size(zones); i++) {
        const char *zone = json_string_value(json_array_get(zones, i));
        if (!is_zone(zone))
            return error_set(err, ERROR_DATA, "zones[%zu] \"%.60s\": a name like \"Asia/Tehran\" is expected", i, zone);
        for (size_t k = 0; k < i; k++) {
            if (strcmp(json_string_value(json_array_get(zones, k)), zone) == 0)
                return error_set(err, ERROR_DATA, "zones[%zu] \"%.60s\": it stands there twice", i, zone);
        }
    }
    return true;
}

static bool check_time(const json_t *content, bool is_show, struct error *err)
{
    int64_t at_ms = json_get_int(content, "at_ms", 0), seconds = json_get_int(content, "seconds", 0);
    if (is_show && seconds != 0)
        return error_set(err, ERROR_DATA, "seconds: the next show has a time, at_ms");
    if ((at_ms != 0) == (seconds != 0))
        return error_set(err, ERROR_DATA, "%s is expected", is_show ? "at_ms" : "either at_ms or seconds");
    if (seconds < 0 || seconds > HOST_CARD_SECONDS_MAX)
        return error_set(err, ERROR_DATA, "seconds %" PRId64 ": 1 to %d is possible", seconds, HOST_CARD_SECONDS_MAX);
    return (at_ms >= 0 && at_ms < AT_MS_MAX) ||
           error_set(err, ERROR_DATA, "at_ms %" PRId64 ": a Unix time in milliseconds is expected", at_ms);
}

bool host_countdown_check(const json_t *content, struct error *err)
{
    const char *mode = json_get_text(content, "mode");
    bool is_show = strcmp(mode, "next_show") == 0;
    if (!is_show && strcmp(mode, "countdown") != 0)
        return error_set(err, ERROR_DATA, "mode \"%.20s\": \"countdown\" or \"next_show\" is expected", mode);
    return check_time(content, is_show, err) && check_zones(json_object_get(content, "zones"), err);
}

void host_countdown_set(struct host_card *card, int64_t now_ms)
{
    int64_t seconds = json_get_int(card->content, "seconds", 0);
    int64_t counted_ms = card->is_on_air ? card->aired_ms + seconds * 1000 : 0;
    card->at_ms = seconds ? counted_ms : json_get_int(card->content, "at_ms", 0);
    card->is_over = card->is_on_air && card->at_ms <= now_ms && host_card_text(card, "text_after").len > 0;
}

bool host_countdown_may_air(const struct host_card *card, int64_t now_ms, struct error *err)
{
    int64_t at_ms = json_get_int(card->content, "at_ms", 0);
    return at_ms == 0 || at_ms > now_ms || error_set(err, ERROR_AGAIN, "its time is past: give it another one");
}
