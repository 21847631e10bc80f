/*
 * All entries at once, as Aho and Corasick do it ("Efficient string matching", CACM 18, 1975): a tree of all patterns in
 * which each node knows where to go on when its letters do not. A text is walked once, whatever the number of patterns.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "relay/words_private.h"

/*
 * Letters are numbered: those of the patterns from 1, all others are 0. The root and its children, where a text is most of
 * the time, have a row with the way for every letter, so that one look says where to go.
 */
enum { PAGE = 256, PAGES = 0x110000 / PAGE, LETTERS_MAX = UINT16_MAX };

struct edge {
    uint32_t letter, node;
};

struct node {
    uint32_t edge, edge_count;  // of tree.edges, sorted by letter
    uint32_t fail;              // the longest end of what was read that begins another pattern
    uint32_t found;             // a pattern that ends here, its index + 1; 0: none
    uint32_t more;              // the next node on the way of `fail` with one; 0: none
};

struct tree {
    struct node *nodes;   // by breadth: the root, its children, theirs
    uint32_t *hits;       // a node's own number, or its `more`: where something is found; 0: nowhere
    struct edge *edges;
    uint32_t *rows;       // of the root and its children: letter_count each
    size_t node_count, letter_count, row_count;
    uint16_t ascii[128];
    uint16_t *pages[PAGES];  // owned; NULL: no letter of any pattern
};

static inline uint32_t number_of(const struct tree *tree, uint32_t letter)
{
    if (letter < 128)
        return tree->ascii[letter];
    const uint16_t *page = letter < 0x110000 ? tree->pages[letter / PAGE] : NULL;
    return page ? page[letter % PAGE] : 0;
}

/* With more letters than there are numbers, the last ones share none: what they begin is not found. */
static void number_letter(struct tree *tree, uint32_t letter)
{
    if (number_of(tree, letter) || tree->letter_count > LETTERS_MAX)
        return;
    if (letter < 128) {
        tree->ascii[letter] = (uint16_t)tree->letter_count++;
        return;
    }
    uint16_t **page = &tree->pages[letter / PAGE];
    if (!*page)
        *page = xcalloc(PAGE, sizeof(**page));
    (*page)[letter % PAGE] = (uint16_t)tree->letter_count++;
}

/* A node while the tree grows: its children in a chain. */
struct sprout {
    uint32_t letter, found, child, sibling;  // nodes; 0: none
};

static uint32_t find_child(const struct sprout *sprouts, uint32_t parent, uint32_t letter)
{
    uint32_t child = sprouts[parent].child;
    while (child && sprouts[child].letter != letter)
        child = sprouts[child].sibling;
    return child;
}

static struct sprout *grow(struct tree *tree, struct pattern *patterns, size_t count)
{
    size_t most = 1;
    for (size_t i = 0; i < count; i++)
        most += patterns[i].count;
    struct sprout *sprouts = xcalloc(most, sizeof(*sprouts));
    size_t used = 1;
    for (size_t i = 0; i < count; i++) {
        uint32_t at = 0;
        for (size_t k = 0; k < patterns[i].count; k++) {
            uint32_t letter = number_of(tree, patterns[i].spots[k].base), child = find_child(sprouts, at, letter);
            if (!child) {
                child = (uint32_t)used++;
                sprouts[child] = (struct sprout){.letter = letter, .sibling = sprouts[at].child};
                sprouts[at].child = child;
            }
            at = child;
        }
        patterns[i].next = sprouts[at].found;
        sprouts[at].found = (uint32_t)i + 1;
    }
    tree->node_count = used;
    return sprouts;
}

static int compare_edges(const void *a, const void *b)
{
    const struct edge *left = a, *right = b;
    return (left->letter > right->letter) - (left->letter < right->letter);
}

static void lay_out(struct tree *tree, const struct sprout *sprouts)
{
    uint32_t *line = xcalloc(tree->node_count, sizeof(*line));
    uint32_t end = 1, used = 0;
    for (uint32_t i = 0; i < end; i++) {
        struct node *node = &tree->nodes[i];
        *node = (struct node){.edge = used, .found = sprouts[line[i]].found};
        for (uint32_t child = sprouts[line[i]].child; child; child = sprouts[child].sibling)
            tree->edges[used++] = (struct edge){sprouts[child].letter, child};
        node->edge_count = used - node->edge;
        if (node->edge_count > 1)
            qsort(&tree->edges[node->edge], node->edge_count, sizeof(struct edge), compare_edges);
        for (uint32_t k = node->edge; k < used; k++) {
            line[end] = tree->edges[k].node;
            tree->edges[k].node = end++;
        }
    }
    free(line);
}

/* 0: there is none. */
static inline uint32_t follow(const struct tree *tree, uint32_t from, uint32_t letter)
{
    const struct node *node = &tree->nodes[from];
    const struct edge *edges = &tree->edges[node->edge];
    uint32_t low = 0, high = node->edge_count;
    while (high - low > 4) {
        uint32_t middle = (low + high) / 2;
        if (edges[middle].letter <= letter) {
            low = middle;
        } else {
            high = middle;
        }
    }
    for (; low < high; low++) {
        if (edges[low].letter == letter)
            return edges[low].node;
    }
    return 0;
}

static inline uint32_t step(const struct tree *tree, uint32_t node, uint32_t letter)
{
    while (node >= tree->row_count) {
        uint32_t next = follow(tree, node, letter);
        if (next)
            return next;
        node = tree->nodes[node].fail;
    }
    return tree->rows[node * tree->letter_count + letter];
}

/* Rows for the root and its children: where a letter leads at once, failing included. */
static void lay_rows(struct tree *tree)
{
    tree->row_count = tree->nodes[0].edge_count + 1u;
    tree->rows = xcalloc(tree->row_count * tree->letter_count, sizeof(*tree->rows));
    for (size_t i = 0; i < tree->row_count; i++) {
        const struct node *node = &tree->nodes[i];
        uint32_t *row = &tree->rows[i * tree->letter_count];
        if (i > 0)
            memcpy(row, tree->rows, tree->letter_count * sizeof(*row));
        for (uint32_t k = 0; k < node->edge_count; k++)
            row[tree->edges[node->edge + k].letter] = tree->edges[node->edge + k].node;
    }
}

/* A node's fail lies nearer to the root than it does, and so before it. */
static void link_nodes(struct tree *tree)
{
    for (size_t i = 0; i < tree->node_count; i++) {
        const struct node *node = &tree->nodes[i];
        for (uint32_t k = 0; k < node->edge_count; k++) {
            const struct edge *edge = &tree->edges[node->edge + k];
            struct node *child = &tree->nodes[edge->node];
            child->fail = i == 0 ? 0 : step(tree, node->fail, edge->letter);
            const struct node *fail = &tree->nodes[child->fail];
            child->more = fail->found ? child->fail : fail->more;
            tree->hits[edge->node] = child->found ? edge->node : child->more;
        }
    }
}

struct tree *tree_create(struct pattern *patterns, size_t count)
{
    struct tree *tree = xcalloc(1, sizeof(*tree));
    tree->letter_count = 1;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < patterns[i].count; k++)
            number_letter(tree, patterns[i].spots[k].base);
    }
    struct sprout *sprouts = grow(tree, patterns, count);
    tree->nodes = xcalloc(tree->node_count, sizeof(*tree->nodes));
    tree->hits = xcalloc(tree->node_count, sizeof(*tree->hits));
    tree->edges = xcalloc(tree->node_count, sizeof(*tree->edges));
    lay_out(tree, sprouts);
    free(sprouts);
    lay_rows(tree);
    link_nodes(tree);
    return tree;
}

void tree_destroy(struct tree *tree)
{
    if (!tree)
        return;
    for (size_t i = 0; i < PAGES; i++)
        free(tree->pages[i]);
    free(tree->rows);
    free(tree->hits);
    free(tree->nodes);
    free(tree->edges);
    free(tree);
}

void tree_search(const struct tree *tree, const struct spot *spots, size_t count,
                 bool (*fn)(void *data, uint32_t index, size_t end), void *data)
{
    uint32_t at = 0;
    for (size_t i = 0; i < count; i++) {
        at = step(tree, at, number_of(tree, spots[i].base));
        for (uint32_t node = tree->hits[at]; node; node = tree->nodes[node].more) {
            if (!fn(data, tree->nodes[node].found - 1, i))
                return;
        }
    }
}
