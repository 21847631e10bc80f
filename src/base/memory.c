#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *check(void *memory, size_t size)
{
    if (!memory && size > 0) {
        fprintf(stderr, "antiphon: out of memory (%zu bytes wanted)\n", size);
        abort();
    }
    return memory;
}

void *xmalloc(size_t size)
{
    return check(malloc(size ? size : 1), size);
}

void *xcalloc(size_t count, size_t size)
{
    return check(calloc(count ? count : 1, size ? size : 1), size);
}

void *xrealloc(void *old, size_t size)
{
    return check(realloc(old, size ? size : 1), size);
}

void *xreallocarray(void *old, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return check(NULL, SIZE_MAX);
    return xrealloc(old, total);
}

char *xstrdup(const char *text)
{
    return text ? xstrndup(text, strlen(text)) : NULL;
}

char *xstrndup(const char *text, size_t len)
{
    char *copy = xmalloc(len + 1);
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *xasprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = NULL;
    int len = vasprintf(&text, format, args);
    va_end(args);
    return check(len < 0 ? NULL : text, 1);
}
