#include "base/secret.h"

#include <string.h>
#include <strings.h>

#include "base/memory.h"

bool secret_is_key(const char *key)
{
    static const char *const words[] = {"key", "token", "secret", "password", "cookie", "session",
                                        "webhook", "bearer",
                                        "proxy"};  // a proxy's address may hold a password
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (strcasestr(key, words[i]))
            return true;
    }
    return false;
}

bool secret_is_reference(const char *text)
{
    return strncmp(text, "secret:", 7) == 0;
}
