/*
 * han.h - Traditional characters as Simplified ones, one by one: 圍 becomes 围. For comparing, never for showing; words
 * are not looked at. Made from ICU's rules at the first call (some milliseconds). Thread: any.
 */
#pragma once

#include <stdint.h>

/* What is no Traditional character stays. Without ICU's data all stay. */
uint32_t han_simplify(uint32_t scalar);
