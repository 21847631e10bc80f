/* digits.h - numbers as the viewers of a language write them. Thread: any. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { DIGITS_BYTES = 64 };

/* 12,345 in en, ۱۲٬۳۴۵ in fa, ١٢٬٣٤٥ in ar. language: BCP 47. */
void digits_count(char out[DIGITS_BYTES], int64_t value, const char *language);

/* One digit, 0 to 9: 7, ۷, ٧. */
void digits_digit(char out[DIGITS_BYTES], int digit, const char *language);

/* 46%, ۴۶٪, ٤٦٪. */
void digits_percent(char out[DIGITS_BYTES], int percent, const char *language);
