/* youtube_price.h - what the web page writes for an amount: "$5.00", "NT$200", "SAR 20.00". Thread: any. */
#pragma once

#include "base/str.h"
#include "chat/money.h"
#include "chat/message.h"

/*
 * Into micros and ISO 4217's code where the sign is known (the page is asked for in English, as from the United States);
 * another sign becomes the unit, and the whole number before it the units. False: there is no number in it.
 */
bool youtube_price_read(struct str text, struct money *money);
