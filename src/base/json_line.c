#include "base/json_line.h"

#include <stdbool.h>
#include <string.h>

struct walk {
    const char *at, *end;
    int line;
};

static void step(struct walk *walk)
{
    walk->line += *walk->at++ == '\n';
}

static char skip_blanks(struct walk *walk)
{
    while (walk->at < walk->end && strchr(" \t\r\n", *walk->at))
        step(walk);
    return walk->at < walk->end ? *walk->at : '\0';
}

static void skip_string(struct walk *walk)
{
    for (walk->at++; walk->at < walk->end && *walk->at != '"'; walk->at++)
        walk->at += *walk->at == '\\' && walk->at + 1 < walk->end;
    walk->at += walk->at < walk->end;
}

/* Up to the comma or bracket behind it. */
static void skip_value(struct walk *walk)
{
    for (int depth = 0; walk->at < walk->end;) {
        char c = *walk->at;
        if (c == '"') {
            skip_string(walk);
            continue;
        }
        if (depth == 0 && (c == ',' || c == ']' || c == '}'))
            return;
        depth += (c == '[' || c == '{') - (c == ']' || c == '}');
        step(walk);
    }
}

/* Keys are compared as they are written: ours have no escapes. */
static bool is_key(const struct walk *walk, const char *key)
{
    size_t len = strlen(key);
    return (size_t)(walk->end - walk->at) > len + 1 && memcmp(walk->at + 1, key, len) == 0 && walk->at[len + 1] == '"';
}

/* From an object's brace to the value of one of its keys, or from a list's bracket to one of its items. */
static bool enter(struct walk *walk, const struct json_step *wanted, int *line)
{
    if (skip_blanks(walk) != (wanted->key ? '{' : '['))
        return false;
    walk->at++;
    for (size_t i = 0; skip_blanks(walk) != '\0' && *walk->at != '}' && *walk->at != ']'; i++) {
        *line = walk->line;
        bool is_it = wanted->key ? is_key(walk, wanted->key) : i == wanted->index;
        if (wanted->key) {
            skip_string(walk);
            if (skip_blanks(walk) != ':')
                return false;
            walk->at++;
        }
        if (is_it)
            return true;
        skip_value(walk);
        if (skip_blanks(walk) == ',')
            walk->at++;
    }
    return false;
}

int json_line_of(const char *text, size_t len, const struct json_step *steps, size_t count)
{
    struct walk walk = {text, text + len, 1};
    int line = 1;
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        walk.at += 3;
    for (size_t i = 0; i < count; i++) {
        if (!enter(&walk, &steps[i], &line))
            return 0;
    }
    return line;
}
