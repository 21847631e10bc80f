#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

enum { LINE_BYTES = 2048, SECRETS_FIRST = 64, SECRET_BYTES_MIN = 6 };

static _Atomic enum log_level threshold = LOG_INFO;

/*
 * Guarded by lock; the longest first, as one may begin like another. Secrets that last live as long as the program: a late
 * line must not leak an early one.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char **secrets;
static size_t secret_count, secret_room;

static const char *const names[] = {"error", "warn", "info", "debug"};

void log_set_level(enum log_level level)
{
    threshold = level;
}

bool log_parse_level(const char *word, enum log_level *level)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(word, names[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

static size_t find_secret(const char *secret)
{
    size_t i = 0;
    while (i < secret_count && strcmp(secrets[i], secret) != 0)
        i++;
    return i;
}

static void add_secret(const char *secret)
{
    if (secret_count == secret_room) {
        secret_room = secret_room ? 2 * secret_room : SECRETS_FIRST;
        secrets = xreallocarray(secrets, secret_room, sizeof(*secrets));
    }
    size_t at = 0, len = strlen(secret);
    while (at < secret_count && strlen(secrets[at]) >= len)
        at++;
    memmove(secrets + at + 1, secrets + at, (secret_count++ - at) * sizeof(*secrets));
    secrets[at] = xstrdup(secret);
}

void log_hide(const char *secret)
{
    if (!secret || strlen(secret) < SECRET_BYTES_MIN)
        return;
    pthread_mutex_lock(&lock);
    if (find_secret(secret) == secret_count)
        add_secret(secret);
    pthread_mutex_unlock(&lock);
}

void log_unhide(const char *secret)
{
    pthread_mutex_lock(&lock);
    size_t at = secret ? find_secret(secret) : secret_count;
    if (at < secret_count) {
        free(secrets[at]);
        memmove(secrets + at, secrets + at + 1, (--secret_count - at) * sizeof(*secrets));
    }
    pthread_mutex_unlock(&lock);
}

static void mask_secrets(char *line)
{
    for (size_t i = 0; i < secret_count; i++) {
        size_t len = strlen(secrets[i]);
        for (char *at = strstr(line, secrets[i]); at; at = strstr(at, secrets[i])) {
            memcpy(at, "***", 3);
            memmove(at + 3, at + len, strlen(at + len) + 1);
            at += 3;
        }
    }
}

/* C0, DEL and the two-byte C1 forms become '?': what is left cannot move a terminal's cursor. */
static void strip_controls(char *line)
{
    for (unsigned char *p = (unsigned char *)line; *p; p++) {
        if (*p < 0x20 || *p == 0x7f) {
            *p = '?';
        } else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) {
            p[0] = p[1] = '?';
        }
    }
}

void log_write(enum log_level level, const char *where, const char *format, ...)
{
    if (level > threshold)
        return;
    char text[LINE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    strip_controls(text);

    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &parts);
    char line[LINE_BYTES + 128];
    pthread_mutex_lock(&lock);
    mask_secrets(text);
    int len = snprintf(line, sizeof(line), "%02d:%02d:%02d.%03d %-5s %s: %s\n", parts.tm_hour, parts.tm_min,
        parts.tm_sec, (int)(now.tv_nsec / 1000000), names[level], where, text);
    if (len > 0) {
        size_t size = (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1;
        line[size - 1] = '\n';
        // One write a line: several processes share one standard error under `antiphon run`.
        if (write(STDERR_FILENO, line, size) < 0) {
            // Nobody is left to tell.
        }
    }
    pthread_mutex_unlock(&lock);
}
