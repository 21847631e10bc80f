/*
 * upvotes.h - viewers second a question: "+1 23" with its code, or a reply to one of its messages that says no more than
 * that ("+1", 👍, "me too"). Any other reply answers or remarks, and is no vote. One an author and question; who asked has his
 * already. Kept are hashes of who, not who. Thread: the relay's own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct message;
struct question;
struct question_words;
struct questions;
struct queue_removal;

enum { UPVOTES_MAX = 20000 };  // of one question; more are not counted

struct question_upvote {
    uint64_t author, native;  // hashes
    uint64_t message;
};

/* ---- What a text says ---- */

/* "+1 23", "＋۱ ۲۳", "1+ 23": 23; 0: it is no such text. */
unsigned upvote_parse_code(struct str text);

/* "+1", "@anna same here please", 👍: nothing but agreement. */
bool upvote_is_agreement(const struct question_words *words, struct str text);

/* ---- What it does ---- */

/* True: it was an upvote of a question that is there, counted now or before; then it asks nothing. */
bool questions_handle_upvote(struct questions *questions, const struct message *message);

/* Votes by deleted messages and removed authors leave. */
void questions_remove_upvotes(struct questions *questions, const struct queue_removal *removal);

/* An edited message votes anew. */
void questions_edit_upvote(struct questions *questions, const struct message *message);

/* ---- For the files behind questions.h ---- */

void question_give_code(struct questions *questions, struct question *question);
void questions_load_upvotes(struct questions *questions);
void question_drop_upvote_of(struct questions *questions, struct question *question, const struct message *message);  // he asks now
void questions_recount_upvotes(struct questions *questions, struct question *question);  // with what was merged into it
void question_move_upvotes(struct questions *questions, struct question *from, struct question *to);  // and the code
