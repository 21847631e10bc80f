/*
 * fuzz_frame.c - a frame stream's memory, spoilt in places. The input is a list of patches: offset (2 bytes, little
 * endian), length (1 byte), bytes; they are laid over the memory of an honest little stream. What a reader still
 * accepts must lie inside the picture.
 */
#include <stdlib.h>
#include <string.h>

#include "frame/stream.h"

enum { WIDTH = 33, HEIGHT = 7, SLOTS = 3, NEWEST = 5 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void forge(uint8_t *memory, const struct layout *layout)
{
    struct layout_header *header = (struct layout_header *)(void *)memory;
    *header = (struct layout_header){
        .magic = LAYOUT_MAGIC, .version = LAYOUT_VERSION, .header_bytes = LAYOUT_HEADER_BYTES, .width_px = WIDTH,
        .height_px = HEIGHT, .stride_bytes = (uint32_t)layout->stride_bytes, .format = LAYOUT_FORMAT_BGRA,
        .slots = SLOTS, .slot_bytes = layout->slot_bytes, .size_bytes = layout->size_bytes, .newest = NEWEST};
    for (uint64_t n = 1; n <= NEWEST; n++) {
        struct layout_damage *damage = &header->damage[n % LAYOUT_RING];
        struct layout_slot *slot = (struct layout_slot *)(void *)(memory + layout_slot_offset(layout, n));
        struct frame_row *rows = (struct frame_row *)(void *)(slot + 1);
        damage->sequence = slot->sequence = n;
        damage->count = 1;
        damage->boxes[0] = (struct layout_box){(uint16_t)n, 1, WIDTH, (uint16_t)(1 + n)};
        for (int y = 0; y < HEIGHT; y++)
            rows[y] = (struct frame_row){2, {{(uint16_t)n, 20}, {22, WIDTH}}};
        memset((uint8_t *)slot + layout->pixels_offset, (int)n, layout->stride_bytes * HEIGHT);
    }
}

static void patch(uint8_t *memory, size_t memory_size, const uint8_t *data, size_t size)
{
    while (size > 3) {
        size_t offset = ((size_t)data[0] | (size_t)data[1] << 8) % memory_size, len = data[2];
        len = len > size - 3 ? size - 3 : len;
        len = len > memory_size - offset ? memory_size - offset : len;
        memcpy(memory + offset, data + 3, len);
        data += 3 + len;
        size -= 3 + len;
    }
}

static void check(const struct copy *copy)
{
    for (int32_t y = 0; y < copy->layout.height_px; y++) {
        int32_t at = 0;
        for (uint32_t i = 0; i < copy->rows[y].count; i++) {
            const struct frame_span *span = &copy->rows[y].spans[i];
            if (span->from < at || span->to <= span->from || span->to > copy->layout.width_px)
                abort();
            at = span->to;
        }
    }
}

static void take(const struct stream *stream)
{
    struct copy copy = {0};
    struct boxes boxes;
    uint64_t newest = stream_newest(stream);
    for (uint64_t n = newest > 3 ? newest - 3 : 1; n <= newest && n != 0; n++) {
        if (stream_take(stream, n, &copy) == STREAM_TAKEN)
            check(&copy);
        if (!stream_damage(stream, n, newest, &boxes))
            continue;
        for (size_t i = 0; i < boxes.count; i++) {
            if (boxes.list[i].left < 0 || boxes.list[i].top < 0 || boxes.list[i].right > stream->layout.width_px ||
                boxes.list[i].bottom > stream->layout.height_px)
                abort();
        }
    }
    copy_fini(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct layout layout;
    if (!layout_init(&layout, WIDTH, HEIGHT, SLOTS))
        abort();
    uint8_t *memory = calloc(1, layout.size_bytes);
    struct stream stream;
    forge(memory, &layout);
    patch(memory, layout.size_bytes, data, size);
    if (stream_open_memory(&stream, memory, layout.size_bytes, NULL))
        take(&stream);
    free(memory);
    return 0;
}
