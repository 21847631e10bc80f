/*
 * memory.h - allocation that does not fail, for small things.
 * Out of memory ends the program with one clear line. Frames and other large buffers use malloc() and check.
 * Thread: any.
 */
#pragma once

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);

/* old resized to count * size bytes; ends the program if the product overflows. */
void *xreallocarray(void *old, size_t count, size_t size);

/* A copy that the caller frees. NULL in, NULL out. */
char *xstrdup(const char *text);

/* The first len bytes, NUL-terminated; the caller frees. */
char *xstrndup(const char *text, size_t len);

/* printf() into memory that the caller frees. */
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The struct of `type` whose `member` ptr points at. */
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))
