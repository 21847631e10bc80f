/*
 * money.h - amounts as whole millionths of their currency: no rounding, no floating point. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/*
 * amount counted in units of 10^-exponent (Twitch: 500 with exponent 2 is 5.00; yen have exponent 0) → micros.
 * False: negative, exponent above 18, or more than 64 bits hold.
 */
bool money_from_exponent(int64_t amount, int64_t exponent, int64_t *micros);

/* "5", "5.00", "1234.5" → micros; digits beyond the sixth are dropped. False: anything else. */
bool money_from_decimal(struct str text, int64_t *micros);

/* Three ASCII letters: ISO 4217's form, not its list. */
bool money_is_currency(struct str code);
