/* tag_value.h - the escapes in the values of IRCv3's message tags, which Twitch writes too. Thread: any. */
#pragma once

#include <stddef.h>

#include "base/str.h"

/* Undoes them in one pass; out holds value.len bytes. Returns the bytes written. */
size_t tag_value_unescape(struct str value, char *out);
