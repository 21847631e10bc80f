/* edited.h - a message as it reads after an edit. Thread: any. */
#pragma once

struct message;

/* A new reference: `old`, stamped as it is, with the text and emotes of `edit`. */
struct message *message_edited(const struct message *old, const struct message *edit);
