#include "video/caption_roll.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"

/* Two letters a pair and 30 pairs a second: 2 s of text. */
enum { WAITING_LETTERS_MAX = 120, STILL_MS = 1000 };

void caption_roll_fini(struct caption_roll *roll)
{
    for (size_t i = 0; i < CAPTION_ROLL_LINES; i++)
        caption_letters_fini(&roll->lines[i].text);
}

static struct caption_rolled *find(struct caption_roll *roll, const struct caption_line *line)
{
    for (size_t i = 0; i < CAPTION_ROLL_LINES; i++) {
        struct caption_rolled *rolled = &roll->lines[i];
        if (strcmp(rolled->id, line->id) == 0 && strcmp(rolled->track, line->track) == 0)
            return rolled;
    }
    return NULL;
}

static struct caption_rolled *begin(struct caption_roll *roll, const struct caption_line *line)
{
    struct caption_rolled *rolled = &roll->lines[roll->next++ % CAPTION_ROLL_LINES];
    caption_letters_fini(&rolled->text);
    *rolled = (struct caption_rolled){{0}};
    memcpy(rolled->track, line->track, sizeof(rolled->track));
    memcpy(rolled->id, line->id, sizeof(rolled->id));
    return rolled;
}

/* Moves *from to the next word, or to the end. */
static size_t next_word(const struct caption_letters *text, size_t *from)
{
    size_t len = caption_word(text, *from);
    if (len == 0)
        return 0;
    *from += len + (*from + len < text->count);
    return len;
}

static size_t count_words(const struct caption_letters *text)
{
    size_t words = 0;
    for (size_t at = 0; next_word(text, &at) > 0;)
        words++;
    return words;
}

/* How many words from the first on are the same. */
static size_t count_agreed(const struct caption_letters *one, const struct caption_letters *other)
{
    size_t words = 0;
    for (size_t a = 0, b = 0;; words++) {
        size_t begin_a = a, begin_b = b, len = next_word(one, &a);
        if (len == 0 || len != next_word(other, &b)
            || memcmp(one->letters + begin_a, other->letters + begin_b, len * sizeof(uint32_t)) != 0)
            return words;
    }
}

void caption_roll_note(struct caption_roll *roll, const struct caption_roll_line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct caption_rolled *rolled = find(roll, lines[i].line);
        if (!rolled)
            rolled = begin(roll, lines[i].line);
        const struct caption_letters *text = &lines[i].text;
        bool is_same = rolled->text.count == text->count
            && (text->count == 0 || memcmp(rolled->text.letters, text->letters, text->count * sizeof(uint32_t)) == 0);
        if (is_same)
            continue;
        rolled->agreed = count_agreed(&rolled->text, text);
        caption_letters_fini(&rolled->text);
        rolled->text = (struct caption_letters){xcalloc(text->count + 1, sizeof(uint32_t)), text->count};
        if (text->count > 0)
            memcpy(rolled->text.letters, text->letters, text->count * sizeof(uint32_t));
    }
}

static bool is_due(const struct caption_line *line, int64_t now_ns)
{
    return line->from_ns <= now_ns && line->until_ns > now_ns;
}

static size_t count_sendable(const struct caption_roll_line *line, const struct caption_rolled *rolled, bool is_newest,
    int64_t now_ns)
{
    bool is_settled = line->line->is_final || !is_newest
        || now_ns - line->line->changed_ns >= STILL_MS * NS_PER_MS;
    return is_settled ? count_words(&line->text) : rolled->agreed;
}

static size_t word_at(const struct caption_letters *text, size_t index, size_t *len)
{
    size_t at = 0, begin = 0;
    for (size_t i = 0; i <= index; i++) {
        begin = at;
        *len = next_word(text, &at);
    }
    return begin;
}

static size_t newest_of(const struct caption_roll_line *lines, size_t count, int64_t now_ns)
{
    size_t newest = count;
    for (size_t i = 0; i < count; i++) {
        if (is_due(lines[i].line, now_ns))
            newest = i;
    }
    return newest;
}

/* What older lines still have to say may wait 2 s; what is beyond that is left out, the oldest first. */
static void drop_late(struct caption_roll *roll, const struct caption_roll_line *lines, size_t newest, int64_t now_ns)
{
    size_t waiting = 0;
    for (size_t i = newest; i-- > 0;) {
        struct caption_rolled *rolled = find(roll, lines[i].line);
        if (!rolled || !is_due(lines[i].line, now_ns))
            continue;
        size_t words = count_words(&lines[i].text), len = 0;
        if (rolled->sent >= words)
            continue;
        waiting += lines[i].text.count - word_at(&lines[i].text, rolled->sent, &len);
        if (waiting > WAITING_LETTERS_MAX)
            rolled->sent = words;
    }
}

bool caption_roll_next(struct caption_roll *roll, const struct caption_roll_line *lines, size_t count, int64_t now_ns,
    struct caption_roll_word *word)
{
    size_t newest = newest_of(lines, count, now_ns);
    if (newest == count)
        return false;
    drop_late(roll, lines, newest, now_ns);
    for (size_t i = 0; i <= newest; i++) {
        struct caption_rolled *rolled = find(roll, lines[i].line);
        if (!rolled || !is_due(lines[i].line, now_ns)
            || rolled->sent >= count_sendable(&lines[i], rolled, i == newest, now_ns))
            continue;
        size_t len, at = word_at(&lines[i].text, rolled->sent, &len);
        *word = (struct caption_roll_word){lines[i].text.letters + at, len, rolled->sent == 0};
        rolled->sent++;
        return true;
    }
    return false;
}
