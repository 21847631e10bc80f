/*
 * amount.h - sums of money as the viewers of a language write them: $1,250.50 in en, US$1,250.50 in zh, €‎۱٬۲۵۰ in fa.
 * Names and places of currencies are CLDR's, through ICU. Thread: its owner's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct amount;

enum { AMOUNT_BYTES = 96 };

/*
 * currency: ISO 4217, "EUR"; another text or NULL: the number alone. is_whole: without cents. Opening one takes about
 * 0.1 ms, so a card keeps its own. NULL: ICU has no data at all.
 */
struct amount *amount_create(const char *language, const char *currency, bool is_whole);
void amount_destroy(struct amount *amount);  // accepts NULL

/* amount NULL, or a sum that cannot be written: empty. */
void amount_write(const struct amount *amount, int64_t micros, char out[AMOUNT_BYTES]);
