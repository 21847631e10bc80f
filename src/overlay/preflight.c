#include "overlay/preflight.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/poison.h"
#include "overlay/cards.h"
#include "overlay/node.h"
#include "text/text.h"

enum { FINDINGS_MAX = 200, SCALARS_MAX = 32 };

struct finding {
    struct list link;  // in preflight.findings
    int64_t question;
    uint32_t scalars[SCALARS_MAX];  // one 0: the question is not drawn
    size_t count;
};

struct preflight {
    struct preflight_options options;  // language owned
    struct list findings;
    size_t finding_count;
};

struct preflight *preflight_create(const struct preflight_options *options)
{
    struct preflight *preflight = xcalloc(1, sizeof(*preflight));
    preflight->options = *options;
    preflight->options.language = xstrdup(options->language);
    list_init(&preflight->findings);
    return preflight;
}

static void drop(struct preflight *preflight, struct finding *finding)
{
    list_remove(&finding->link);
    preflight->finding_count--;
    free(finding);
}

bool preflight_forget_all(struct preflight *preflight)
{
    bool had_any = !list_is_empty(&preflight->findings);
    struct finding *finding, *following;
    list_for_each_safe(finding, following, &preflight->findings, link)
        drop(preflight, finding);
    return had_any;
}

void preflight_destroy(struct preflight *preflight)
{
    if (!preflight)
        return;
    preflight_forget_all(preflight);
    free((char *)(uintptr_t)preflight->options.language);
    free(preflight);
}

bool preflight_forget(struct preflight *preflight, int64_t id)
{
    struct finding *finding;
    list_for_each(finding, &preflight->findings, link) {
        if (finding->question == id) {
            drop(preflight, finding);
            return true;
        }
    }
    return false;
}

static void take_missing(struct finding *finding, const struct text_layout *layout)
{
    for (size_t i = 0; i < layout->missing_count && finding->count < SCALARS_MAX; i++)
        finding->scalars[finding->count++] = layout->missing[i].scalar;
}

/* Name and text as one: only what is missing counts here, not where it stands. */
static void look(struct preflight *preflight, struct finding *finding, const struct buffer *words)
{
    // The same note as the card itself leaves, so that what dies here is left out there.
    if (!poison_begin(preflight->options.poison, "overlay/question", words->data, words->len)) {
        finding->scalars[finding->count++] = 0;
        return;
    }
    struct text_layout *layout = text_layout_create(preflight->options.text, &(struct text_options){
        .text = {words->data, words->len}, .width_px = 1000, .language = preflight->options.language,
    });
    take_missing(finding, layout);
    text_layout_destroy(layout);
    poison_end(preflight->options.poison);
}

bool preflight_look(struct preflight *preflight, const json_t *question)
{
    int64_t id = json_get_int(question, "id", 0);
    const char *state = json_get_text(question, "state");
    bool is_news = preflight_forget(preflight, id);
    if (!state || strcmp(state, "ready") != 0 || preflight->finding_count == FINDINGS_MAX)
        return is_news;
    struct finding *finding = xcalloc(1, sizeof(*finding));
    struct buffer words = {0};
    finding->question = id;
    card_question_impl.read(question, &words);
    look(preflight, finding, &words);
    buffer_fini(&words);
    list_append(&preflight->findings, &finding->link);
    preflight->finding_count++;
    if (finding->count > 0)
        return true;
    drop(preflight, finding);
    return is_news;
}

void preflight_each(const struct preflight *preflight, preflight_fn fn, void *data)
{
    const struct finding *finding;
    list_for_each(finding, &preflight->findings, link) {
        for (size_t i = 0; i < finding->count; i++)
            fn(data, finding->question, finding->scalars[i]);
    }
}
