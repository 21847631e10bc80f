/*
 * poll_chat.h - what a moderator writes behind "!poll": "Next game? | Chess | Go", with seconds before it if it is to close
 * by itself ("60 Next game? | …"), or "end". It goes on air at once. Thread: any.
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"

struct error;
struct poll_draft;

/* True: end the poll that runs. */
bool poll_chat_is_end(struct str words);

/* The draft's texts point into `words`. False: err says how it is written. */
bool poll_chat_read(struct str words, struct poll_draft *draft, struct error *err);
