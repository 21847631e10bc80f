#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static void put(struct error *err, enum error_code code, const char *text)
{
    err->code = code;
    size_t len = strlen(text);
    if (len >= sizeof(err->text))
        len = utf8_cut(text, sizeof(err->text) - 1);
    memmove(err->text, text, len);
    err->text[len] = '\0';
}

bool error_set(struct error *err, enum error_code code, const char *format, ...)
{
    if (!err)
        return false;
    char text[2 * sizeof(err->text)];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    put(err, code, text);
    return false;
}

bool error_prefix(struct error *err, const char *format, ...)
{
    if (!err)
        return false;
    char context[sizeof(err->text)];
    va_list args;
    va_start(args, format);
    vsnprintf(context, sizeof(context), format, args);
    va_end(args);
    char text[2 * sizeof(err->text) + 2];
    snprintf(text, sizeof(text), "%s: %s", context, err->text);
    put(err, err->code, text);
    return false;
}

bool error_errno(struct error *err, const char *format, ...)
{
    if (!err)
        return false;
    const char *reason = strerror(errno);
    char text[2 * sizeof(err->text)];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len >= 0 && (size_t)len < sizeof(text))
        snprintf(text + len, sizeof(text) - (size_t)len, ": %s", reason);
    put(err, ERROR_SYSTEM, text);
    return false;
}

const char *error_code_name(enum error_code code)
{
    switch (code) {
    case ERROR_NONE: return "none";
    case ERROR_AGAIN: return "again";
    case ERROR_DENIED: return "denied";
    case ERROR_DATA: return "data";
    case ERROR_SYSTEM: return "system";
    }
    return "none";
}
