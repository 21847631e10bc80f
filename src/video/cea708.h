/*
 * cea708.h - digital captions (CTA-708-E, "DTVCC"): service 1, a page in two windows that change places, or rows that
 * roll up in one. The letters are those of caption_letters_read(): Latin-1, G2, and as UTF-16 ("P16") what has no code.
 * Orders are queued and leave as packets of the size that a frame has room for. Thread: the owner's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "video/cea608.h"

struct cea708 {  // {0}: nothing on screen
    struct buffer orders;  // each with its length in front
    unsigned sequence;     // of the next packet, modulo 4
    unsigned page;         // which of the two windows is shown
};

void cea708_fini(struct cea708 *cea708);

/* As those of cea608.h; a decoder that comes later needs no earlier order. */
void cea708_load(struct cea708 *cea708, const struct cea608_row *rows, size_t count);
void cea708_show(struct cea708 *cea708);
void cea708_erase(struct cea708 *cea708);
void cea708_roll(struct cea708 *cea708);
void cea708_roll_row(struct cea708 *cea708);
void cea708_add(struct cea708 *cea708, const uint32_t *letters, size_t count);

/* The next packet, of at most `room` bytes (an even number from 18 on), into out; its length; 0: nothing waits. */
size_t cea708_packet(struct cea708 *cea708, uint8_t *out, size_t room);
