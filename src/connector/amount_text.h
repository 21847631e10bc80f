/*
 * amount_text.h - amounts as sites write them for people: "$5.00", "KWD 2.000", "1.234,50 €", "500 bits", "3 roses".
 * Thread: any.
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"
#include "chat/message.h"

/*
 * Fills in micros and currency, or units and unit; bits get both. Unknown words stay as the unit, in lower case where they
 * are ASCII. The strings point into text, `unit` or constants. False: there is no number in it; money is untouched.
 */
bool amount_text_read(struct str text, char unit[32], struct money *money);

/* The same for a number and a word that came apart: meta.amount and meta.currency. */
bool amount_parts_read(struct str number, struct str word, char unit[32], struct money *money);
