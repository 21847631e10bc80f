#include "base/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX = 40 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

static bool is_same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Damerau and Levenshtein, a neighbouring pair swapped counts once. Rows: letters of `a`, three of them kept. */
static int distance(const char *a, const char *b)
{
    int rows[3][WORD_MAX + 1], length_a = (int)strlen(a), length_b = (int)strlen(b);
    if (length_a > WORD_MAX || length_b > WORD_MAX)
        return WORD_MAX;
    for (int j = 0; j <= length_b; j++)
        rows[0][j] = j;
    for (int i = 1; i <= length_a; i++) {
        int *row = rows[i % 3];
        const int *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= length_b; j++) {
            row[j] = least(least(row[j - 1], above[j]) + 1, above[j - 1] + !is_same(a[i - 1], b[j - 1]));
            bool is_swapped = i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) && is_same(a[i - 2], b[j - 1]);
            if (is_swapped)
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[length_a % 3][length_b];
}

void nearest_try(struct nearest *nearest, const char *known)
{
    size_t length = strlen(nearest->word), known_length = strlen(known);
    int away = distance(nearest->word, known);
    // A third of the letters may be wrong; and what only lacks an ending is meant too: "radi".
    int allowed = (int)(length > known_length ? length : known_length) / 3 + 1;
    if (length >= 3 && known_length > length && strncasecmp(nearest->word, known, length) == 0)
        away = least(away, allowed);
    if (away <= allowed && away < (int)known_length && (!nearest->found || away < nearest->distance)) {
        nearest->found = known;
        nearest->distance = away;
    }
}
