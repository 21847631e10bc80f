/*
 * irc_text.h - what was said on IRC as plain valid UTF-8: formatting taken off, other encodings understood.
 * Sources: modern.ircdocs.horse/formatting; Windows-1252 as in WHATWG Encoding. Thread: any.
 */
#pragma once

#include <stdbool.h>

#include "base/buffer.h"
#include "base/str.h"

/*
 * The text without colours and the like. Bytes that are no UTF-8: a character cut off at the end is dropped (servers
 * cut lines at 512 bytes); otherwise the whole is read as Windows-1252 if is_legacy, else repaired with U+FFFD. The
 * result points into text, or into `room`, whose earlier content is lost.
 */
struct str irc_text_clean(struct str text, bool is_legacy, struct buffer *room);

/* CTCP: "\1ACTION text\1" is the text and true; another CTCP is empty and *is_ctcp. */
struct str irc_text_action(struct str text, bool *is_action, bool *is_ctcp);
