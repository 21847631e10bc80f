#include "painter/damage.h"

void damage_init(struct damage *damage, int width_px, int height_px)
{
    pixman_region32_init(&damage->region);
    damage->limits = (struct box){0, 0, width_px, height_px};
}

void damage_fini(struct damage *damage)
{
    pixman_region32_fini(&damage->region);
}

void damage_add(struct damage *damage, const struct box *box)
{
    struct box part = box_intersect(box, &damage->limits);
    if (!box_is_empty(&part))
        pixman_region32_union_rect(&damage->region, &damage->region, part.x, part.y, (unsigned)part.width,
            (unsigned)part.height);
}

void damage_add_all(struct damage *damage)
{
    damage_add(damage, &damage->limits);
}

void damage_clear(struct damage *damage)
{
    pixman_region32_clear(&damage->region);
}

bool damage_is_empty(const struct damage *damage)
{
    return !pixman_region32_not_empty((pixman_region32_t *)(uintptr_t)&damage->region);
}

static struct box from_pixman(const pixman_box32_t *box)
{
    return (struct box){box->x1, box->y1, box->x2 - box->x1, box->y2 - box->y1};
}

static int64_t area(const struct box *box)
{
    return (int64_t)box->width * box->height;
}

/* Puts the pair whose common box wastes least into one; overlapping pairs waste less than nothing. */
static size_t join_nearest(struct box *boxes, size_t count)
{
    size_t best_a = 0, best_b = 1;
    int64_t best = INT64_MAX;
    for (size_t a = 0; a < count; a++) {
        for (size_t b = a + 1; b < count; b++) {
            struct box both = box_union(&boxes[a], &boxes[b]);
            int64_t waste = area(&both) - area(&boxes[a]) - area(&boxes[b]);
            if (waste < best) {
                best = waste;
                best_a = a;
                best_b = b;
            }
        }
    }
    boxes[best_a] = box_union(&boxes[best_a], &boxes[best_b]);
    boxes[best_b] = boxes[count - 1];
    return count - 1;
}

enum { WORK_MAX = 64 };

/* The region's rows of boxes, joined until few are left; overlaps that arise are cut by making it a region again. */
static void simplify(struct damage *damage)
{
    int count;
    const pixman_box32_t *from = pixman_region32_rectangles(&damage->region, &count);
    if (count <= DAMAGE_BOXES_MAX)
        return;
    if (count > WORK_MAX) {
        const pixman_box32_t all = *pixman_region32_extents(&damage->region);
        pixman_region32_fini(&damage->region);
        pixman_region32_init_rect(&damage->region, all.x1, all.y1, (unsigned)(all.x2 - all.x1),
            (unsigned)(all.y2 - all.y1));
        return;
    }
    struct box boxes[WORK_MAX];
    size_t left = 0;
    for (int i = 0; i < count; i++)
        boxes[left++] = from_pixman(&from[i]);
    while (left > DAMAGE_BOXES_MAX / 4)
        left = join_nearest(boxes, left);
    for (size_t i = 0; i < left; i++)
        damage_add(damage, &boxes[i]);
}

size_t damage_boxes(struct damage *damage, struct box boxes[DAMAGE_BOXES_MAX])
{
    simplify(damage);
    int count;
    const pixman_box32_t *from = pixman_region32_rectangles(&damage->region, &count);
    if (count > DAMAGE_BOXES_MAX) {
        boxes[0] = from_pixman(pixman_region32_extents(&damage->region));
        return 1;
    }
    for (int i = 0; i < count; i++)
        boxes[i] = from_pixman(&from[i]);
    return (size_t)count;
}
