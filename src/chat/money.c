#include "chat/money.h"

#include <stddef.h>

enum { MICROS_DIGITS = 6 };

bool money_from_exponent(int64_t amount, int64_t exponent, int64_t *micros)
{
    if (amount < 0 || exponent < 0 || exponent > 18)
        return false;
    for (; exponent > MICROS_DIGITS; exponent--)
        amount /= 10;
    for (; exponent < MICROS_DIGITS; exponent++) {
        if (__builtin_mul_overflow(amount, 10, &amount))
            return false;
    }
    *micros = amount;
    return true;
}

bool money_from_decimal(struct str text, int64_t *micros)
{
    int64_t amount = 0;
    int digits = 0, fraction = -1;  // digits behind the point; -1: no point yet
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '.' && fraction < 0) {
            fraction = 0;
            continue;
        }
        if (c < '0' || c > '9')
            return false;
        digits++;
        if (fraction >= MICROS_DIGITS)
            continue;
        if (__builtin_mul_overflow(amount, 10, &amount) || __builtin_add_overflow(amount, c - '0', &amount))
            return false;
        fraction += fraction >= 0;
    }
    return digits > 0 && money_from_exponent(amount, fraction < 0 ? 0 : fraction, micros);
}

bool money_is_currency(struct str code)
{
    if (code.len != 3)
        return false;
    for (size_t i = 0; i < 3; i++) {
        char c = (char)(code.data[i] | 0x20);
        if (c < 'a' || c > 'z')
            return false;
    }
    return true;
}
