#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

enum { LINE_BYTES = 2048, SECRETS_MAX = 64, SECRET_BYTES_MIN = 6 };

static _Atomic enum log_level threshold = LOG_INFO;

/* Guarded by lock. Secrets that last live as long as the program: a late line must not leak an early one. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *secrets[SECRETS_MAX];
static size_t secret_count;

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

void log_hide(const char *secret)
{
    if (!secret || strlen(secret) < SECRET_BYTES_MIN)
        return;
    pthread_mutex_lock(&lock);
    size_t i = 0;
    while (i < secret_count && strcmp(secrets[i], secret) != 0)
        i++;
    if (i == secret_count && secret_count < SECRETS_MAX)
        secrets[secret_count++] = xstrdup(secret);
    pthread_mutex_unlock(&lock);
}

void log_unhide(const char *secret)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; secret && i < secret_count; i++) {
        if (strcmp(secrets[i], secret) != 0)
            continue;
        free(secrets[i]);
        secrets[i] = secrets[--secret_count];
        break;
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
