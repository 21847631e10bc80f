/* x_item.h - the pieces that posts and broadcasts' chat are made of. For the files x_* only. */
#pragma once

#include "chat/message.h"
#include "connector/x_reader.h"

/* Fills the author in from an object {"id","name","username","profile_image_url","verified","verified_type"}. */
void x_read_user(struct x_reader *reader, const json_t *user, struct message_author *author);

/* The object of that id among includes.users; NULL: not sent. */
const json_t *x_find_user(const json_t *object, struct str id);

/*
 * A post's text for people: &amp; &lt; &gt; unescaped once, and X's short links as the addresses that they stand for.
 * In reader->text until the next call.
 */
struct str x_unfold_text(struct x_reader *reader, struct str text, const json_t *entities);

/* One post. users: the object whose includes name its author. */
bool x_read_post(struct x_reader *reader, const json_t *post, const json_t *users, struct error *err);

/* One message of GET /2/broadcasts/{id}/chat, and the data of one activity event. */
bool x_read_chat_item(struct x_reader *reader, const json_t *item, const json_t *users, struct error *err);
bool x_read_activity(struct x_reader *reader, const json_t *data, struct error *err);

/* The newest id so far. */
void x_note_id(struct x_reader *reader, struct str id);
