/* csv.h - cells of a comma-separated table (RFC 4180), safe to be opened in a spreadsheet. Thread: any. */
#pragma once

#include "base/str.h"

struct buffer;

/*
 * In quotes, those inside doubled, without what turns the line around it (bidi.h). What a spreadsheet would run as a formula (= + - @, tab, return at its beginning) gets an
 * apostrophe before it.
 */
void csv_add_cell(struct buffer *out, struct str text);
