/* tiktok_people.h - people and pictures in the webcast's protobuf. For the files tiktok_* only. */
#pragma once

#include <jansson.h>

#include "connector/tiktok.pb-c.h"
#include "connector/tiktok_item.h"

/* Fills the author in; both may be NULL. identity: what the person is to this host. */
void tiktok_read_user(struct tiktok_item *item, const Tiktok__User *user, const Tiktok__UserIdentity *identity);

/* The shown name, or the handle where there is none. */
struct str tiktok_name_of(const Tiktok__User *user);

/* The address of a picture in a form that overlays can read, if there is a choice; image may be NULL. */
struct str tiktok_picture_of(const Tiktok__Image *image);

/* Texts of a protobuf need not be UTF-8, and jansson wants it: repaired. */
json_t *tiktok_json_text(struct str text);
