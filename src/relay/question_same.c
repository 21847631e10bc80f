/* Do two questions ask the same? The guards against near-misses come first: they are cheap and refuse most. */
#include <string.h>

#include "relay/letters.h"
#include "relay/question_print.h"

enum {
    TYPO_LETTERS_MIN = 5,   // shorter words differ by one letter and are others: map, mop
    TYPO_DENSER_MIN = 7,    // of scripts that leave vowels out: بهترین, بدترین
    EXTRA_MATCHED_MIN = 3,  // so many tokens must agree before one side may say a word more
    ORDER_TOKENS_MIN = 3,   // "did Messi beat Ronaldo" the other way round; two words may change places
};

static bool has_same_numbers(const struct question_print *a, const struct question_print *b)
{
    return a->number_count == b->number_count && memcmp(a->numbers, b->numbers, a->number_count * sizeof(*a->numbers)) == 0;
}

static bool has_person(const struct question_print *print, uint8_t person)
{
    return memchr(print->persons, person, print->person_count) != NULL;
}

/* A viewer speaks to the host, so "you" may be left out; then the others must be the same, in their order. */
static bool has_same_persons(const struct question_print *a, const struct question_print *b)
{
    bool skips = !(has_person(a, 2) && has_person(b, 2));
    size_t i = 0, k = 0;
    for (;; i++, k++) {
        while (skips && i < a->person_count && a->persons[i] == 2)
            i++;
        while (skips && k < b->person_count && b->persons[k] == 2)
            k++;
        if (i >= a->person_count || k >= b->person_count)
            return i >= a->person_count && k >= b->person_count;
        if (a->persons[i] != b->persons[k])
            return false;
    }
}

static bool is_latin(uint16_t letter)
{
    return letter >= 'a' && letter <= 'z';
}

static bool is_vowel(uint16_t letter)
{
    return letter == 'a' || letter == 'e' || letter == 'i' || letter == 'o' || letter == 'u' || letter == 'y';
}

/*
 * One letter left out or doubled, two that changed places, a vowel for another; not the first and not the last letter: those
 * are where Persian, Arabic and Turkish say who does it (میای, میاد; تلعب, يلعب). Another consonant is another name.
 */
static bool is_typo(const uint16_t *a, size_t a_count, const uint16_t *b, size_t b_count)
{
    if (a_count < b_count)
        return is_typo(b, b_count, a, a_count);
    if (b_count < (is_latin(*b) ? TYPO_LETTERS_MIN : TYPO_DENSER_MIN) || a_count > b_count + 1 || a[0] != b[0] || a[a_count - 1] != b[b_count - 1])
        return false;
    size_t front = 0, back = 0;
    while (front < b_count && a[front] == b[front])
        front++;
    while (back < b_count - front && a[a_count - 1 - back] == b[b_count - 1 - back])
        back++;
    size_t left = a_count - front - back, right = b_count - front - back;
    if (left == 2 && right == 2)  // two that changed places
        return a[front] == b[front + 1] && a[front + 1] == b[front];
    if (left == 1 && right == 1)
        return b_count >= TYPO_DENSER_MIN && is_vowel(a[front]) && is_vowel(b[front]);
    return left == 1 && right == 0;
}

/* "streaming" and "stream", "videos" and "video": what Latin writing adds behind a long enough stem. */
static bool is_inflected(const uint16_t *a, size_t a_count, const uint16_t *b, size_t b_count)
{
    if (a_count < b_count)
        return is_inflected(b, b_count, a, a_count);
    if (b_count < 4 || !is_latin(*a) || memcmp(a, b, b_count * sizeof(*a)) != 0)
        return false;
    const uint16_t *rest = a + b_count;
    size_t count = a_count - b_count;
    return (count == 1 && (rest[0] == 's' || rest[0] == 'd')) || (count == 2 && rest[0] == 'e' && (rest[1] == 's' || rest[1] == 'd')) ||
           (count == 3 && rest[0] == 'i' && rest[1] == 'n' && rest[2] == 'g');
}

static bool is_same_token(const struct question_print *a, const struct print_token *left, const struct question_print *b,
                          const struct print_token *right)
{
    if (left->hash == right->hash)
        return true;
    if (left->asks != right->asks)
        return false;
    const uint16_t *first = a->letters + left->from, *second = b->letters + right->from;
    return is_typo(first, left->count, second, right->count) || is_inflected(first, left->count, second, right->count);
}

struct matching {
    int8_t to[PRINT_TOKENS_MAX];  // of a's tokens, in b; -1: none
    size_t matched, only_a, only_b, plain;  // plain: matched, and no question word
    bool is_turned, extra_asks;
};

static void match(const struct question_print *a, const struct question_print *b, struct matching *matching)
{
    uint64_t used = 0;
    int last = -1;
    memset(matching, 0, sizeof(*matching));
    for (size_t i = 0; i < a->token_count; i++) {
        matching->to[i] = -1;
        for (size_t k = 0; k < b->token_count && matching->to[i] < 0; k++) {
            if (!(used >> k & 1) && is_same_token(a, &a->tokens[i], b, &b->tokens[k]))
                matching->to[i] = (int8_t)k;
        }
        int to = matching->to[i];
        if (to < 0) {
            matching->only_a++;
            matching->extra_asks |= a->tokens[i].asks;
            continue;
        }
        used |= UINT64_C(1) << to;
        matching->matched++;
        if (!a->tokens[i].asks) {
            matching->plain++;
            matching->is_turned |= to < last;
            last = to;
        }
    }
    for (size_t k = 0; k < b->token_count; k++)
        matching->extra_asks |= !(used >> k & 1) && b->tokens[k].asks;
    matching->only_b = b->token_count - matching->matched;
}

/* --- Character pairs: how alike all is, the small words too --- */

static uint32_t pair_at(const struct question_print *print, size_t at)
{
    return (uint32_t)print->letters[at] << 16 | print->letters[at + 1];
}

/* Dice's coefficient of the pairs of letters, in percent. */
static int percent_alike(const struct question_print *a, const struct question_print *b)
{
    if (a->letter_count < 2 || b->letter_count < 2)
        return a->letter_count == b->letter_count && a->letters[0] == b->letters[0] ? 100 : 0;
    bool used[PRINT_LETTERS_MAX] = {false};
    size_t shared = 0, first = a->letter_count - 1u, second = b->letter_count - 1u;
    for (size_t i = 0; i < first; i++) {
        for (size_t k = 0; k < second; k++) {
            if (!used[k] && pair_at(a, i) == pair_at(b, k)) {
                used[k] = true;
                shared++;
                break;
            }
        }
    }
    return (int)(200 * shared / (first + second));
}

/* The fewer tokens two share, the more alike the rest must be: "how are you" is not "how do you do that". */
static int percent_wanted(size_t matched)
{
    return matched <= 1 ? 80 : matched == 2 ? 60 : 45;
}

static bool has_dense(const struct question_print *print)
{
    return print->letter_count > 0 && letter_is_dense(print->letters[0]);
}

/* One side may say a word more, of no number, and not what is asked for. Dense tokens are letters: two make a word. */
static bool may_be_longer(const struct matching *matching, bool is_dense)
{
    size_t extra = matching->only_a + matching->only_b;
    if (extra == 0)
        return true;
    if (matching->only_a > 0 && matching->only_b > 0)
        return false;
    if (matching->extra_asks)
        return false;
    return matching->matched >= EXTRA_MATCHED_MIN && extra <= (is_dense ? matching->matched / 3 : 1);
}

int question_print_likeness(const struct question_print *a, const struct question_print *b)
{
    if (a->key == b->key)
        return a->key != 0 ? 100 : 0;
    if (a->negations != b->negations || !has_same_numbers(a, b) || !has_same_persons(a, b))
        return 0;
    struct matching matching;
    match(a, b, &matching);
    bool is_dense = has_dense(a);
    if (matching.matched == 0 || !may_be_longer(&matching, is_dense))
        return 0;
    if (matching.is_turned && matching.plain >= (is_dense ? 2u : 1u) * ORDER_TOKENS_MIN)
        return 0;
    int percent = percent_alike(a, b);
    return percent >= percent_wanted(matching.matched) ? percent : 0;
}
