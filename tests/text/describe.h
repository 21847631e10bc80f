/* describe.h - layouts as short strings, for the tables of these tests. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "text/text.h"

/* One engine for a test program, unhinted, with the bundled faces and the system's CJK and emoji. */
int open_engine(void **state);
int close_engine(void **state);

/* "line|line|…", trailing spaces cut; "…" behind a line with an ellipsis. The caller frees. */
char *describe_lines(const struct text_layout *layout);

/*
 * All runs in visual order: "level script face text, …", lines parted by " | "; faces without "Noto" and "-Regular",
 * an image as "[index]", the ellipsis as "…". The caller frees.
 */
char *describe_runs(const struct text_layout *layout);

/* Compares and frees got; on a difference prints the case's name and both. Returns 1 if they differ. */
int differs(const char *name, char *got, const char *expected);
