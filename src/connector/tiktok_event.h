/* tiktok_event.h - one event of the webcast: a method's name and its protobuf. For the files tiktok_* only. */
#pragma once

#include <stdbool.h>

#include "connector/tiktok.pb-c.h"

struct error;
struct tiktok_reader;

/* Delivers what it means. Unknown methods are counted. False: err names the method. */
bool tiktok_event_read(struct tiktok_reader *reader, const Tiktok__Inner *inner, struct error *err);
