#include "overlay/calendar.h"

#include <string.h>
#include <unicode/ucal.h>
#include <unicode/udat.h>
#include <unicode/udatpg.h>
#include <unicode/uloc.h>
#include <unicode/unumberformatter.h>
#include <unicode/ustring.h>
#include <unicode/uchar.h>

enum { LOCALE_BYTES = 64, UNITS = 128 };

static void find_locale(char locale[LOCALE_BYTES], const char *language)
{
    UErrorCode status = U_ZERO_ERROR;
    locale[0] = '\0';
    uloc_forLanguageTag(language, locale, LOCALE_BYTES - 1, NULL, &status);
    locale[LOCALE_BYTES - 1] = '\0';
}

/* What does not fit is empty: cut in the middle it would say another time. */
static void to_utf8(char *out, int capacity, const UChar *units, int32_t count)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t len = 0;
    u_strToUTF8(out, capacity - 1, &len, units, count, &status);
    out[U_SUCCESS(status) ? len : 0] = '\0';
}

/* ---- a moment */

struct place {
    char locale[LOCALE_BYTES];
    UChar zone[UNITS];
};

static bool find_zone(UChar zone[UNITS], const char *name)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar asked[UNITS];
    int32_t count = 0;
    u_strFromUTF8(asked, UNITS - 1, &count, name, -1, &status);
    int32_t len = ucal_getCanonicalTimeZoneID(asked, count, zone, UNITS - 1, NULL, &status);
    if (U_FAILURE(status) || len <= 0)
        return false;
    zone[len] = 0;
    return true;
}

static void format(const struct place *place, int64_t unix_ms, const UChar *pattern, int32_t pattern_count, char *out,
    int capacity)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar units[UNITS];
    out[0] = '\0';
    UDateFormat *format = udat_open(UDAT_PATTERN, UDAT_PATTERN, place->locale, place->zone, -1, pattern, pattern_count,
        &status);
    int32_t count = udat_format(format, (UDate)unix_ms, units, UNITS, NULL, &status);
    if (U_SUCCESS(status))
        to_utf8(out, capacity, units, count);
    udat_close(format);
}

/* skeleton: the parts that are wanted; their order and what stands between is the language's. */
static void format_by(UDateTimePatternGenerator *patterns, const struct place *place, int64_t unix_ms, const char *skeleton,
    char *out, int capacity)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar wanted[16], pattern[UNITS];
    u_uastrcpy(wanted, skeleton);
    int32_t count = udatpg_getBestPattern(patterns, wanted, -1, pattern, UNITS, &status);
    if (U_SUCCESS(status))
        format(place, unix_ms, pattern, count, out, capacity);
}

static bool is_place(const char *zone)
{
    return strchr(zone, '/') && strncmp(zone, "Etc/", 4) != 0;
}

bool calendar_tell(struct calendar_moment *moment, int64_t unix_ms, const char *zone, const char *language)
{
    static const UChar city[] = {'V', 'V', 'V'}, abbreviation[] = {'z'};
    struct place place;
    UErrorCode status = U_ZERO_ERROR;
    memset(moment, 0, sizeof(*moment));
    find_locale(place.locale, language);
    if (!find_zone(place.zone, zone))
        return false;
    UDateTimePatternGenerator *patterns = udatpg_open(place.locale, &status);
    if (U_FAILURE(status))
        return false;
    format(&place, unix_ms, is_place(zone) ? city : abbreviation, is_place(zone) ? 3 : 1, moment->city, sizeof(moment->city));
    format_by(patterns, &place, unix_ms, "EEEEMMMMd", moment->date, sizeof(moment->date));
    format_by(patterns, &place, unix_ms, "jm", moment->time, sizeof(moment->time));
    udatpg_close(patterns);
    return true;
}

/* ---- units */

/*
 * CLDR has the names only with a number. 10 takes the form that most numbers take, in languages with several plurals too;
 * the number and what sets it off are cut away.
 */
static int32_t without_number(UChar *units, int32_t count, const UFormattedNumber *number)
{
    UErrorCode status = U_ZERO_ERROR;
    UConstrainedFieldPosition *field = ucfpos_open(&status);
    int32_t from = 0, to = 0;
    ucfpos_constrainField(field, UFIELD_CATEGORY_NUMBER, UNUM_INTEGER_FIELD, &status);
    if (ufmtval_nextPosition(unumf_resultAsValue(number, &status), field, &status))
        ucfpos_getIndexes(field, &from, &to, &status);
    ucfpos_close(field);
    if (U_FAILURE(status))
        return count;
    memmove(units + from, units + to, (size_t)(count - to) * sizeof(*units));
    count -= to - from;
    int32_t first = 0;
    while (count > 0 && !u_isalpha(units[count - 1]) && u_charType(units[count - 1]) != U_NON_SPACING_MARK &&
           u_charType(units[count - 1]) != U_COMBINING_SPACING_MARK)
        count--;
    while (first < count && !u_isalpha(units[first]))
        first++;
    memmove(units, units + first, (size_t)(count - first) * sizeof(*units));
    return count - first;
}

void calendar_name_unit(char name[CALENDAR_UNIT_BYTES], enum calendar_unit unit, const char *language)
{
    static const char *const names[CALENDAR_UNITS] = {"day", "hour", "minute", "second"};
    char locale[LOCALE_BYTES], ascii[64] = "unit-width-full-name measure-unit/duration-";
    UChar skeleton[64], units[UNITS];
    UErrorCode status = U_ZERO_ERROR;
    name[0] = '\0';
    find_locale(locale, language);
    u_uastrcpy(skeleton, strcat(ascii, names[unit]));
    UNumberFormatter *formatter = unumf_openForSkeletonAndLocale(skeleton, -1, locale, &status);
    UFormattedNumber *number = unumf_openResult(&status);
    unumf_formatInt(formatter, 10, number, &status);
    int32_t count = unumf_resultToString(number, units, UNITS, &status);
    if (U_SUCCESS(status))
        to_utf8(name, CALENDAR_UNIT_BYTES, units, without_number(units, count, number));
    unumf_closeResult(number);
    unumf_close(formatter);
}
