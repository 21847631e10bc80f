/* caption_intake.h - what studio_set_captions() is told, checked and put into the book. Thread: any. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct caption_book;
struct studio_caption;

enum { CAPTION_INTAKE_MAX = 256 };  // lines; what is beyond is left out

void caption_intake(struct caption_book *book, const struct studio_caption *captions, size_t count, int64_t now_ns);
