/* What a person wants to ask: out of JSON, and whether it can be asked. */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "relay/polls.h"

static struct str text_of(const json_t *value)
{
    return (struct str){json_string_value(value), json_string_length(value)};
}

/* As many as there are, also more than fit: poll_draft_check() counts them. */
static size_t read_texts(const json_t *list, struct str *texts, size_t max)
{
    size_t count = json_array_size(list);
    for (size_t i = 0; i < count && i < max; i++)
        texts[i] = text_of(json_array_get(list, i));
    return count;
}

/* {} or {"views":["main"]} */
static bool read_hidden(const json_t *hidden, struct poll_draft *draft, struct error *err)
{
    const json_t *views = json_object_get(hidden, "views");
    draft->is_hidden = json_is_object(hidden);
    draft->hidden_view_count = read_texts(views, draft->hidden_views, POLL_VIEWS_MAX);
    if (draft->hidden_view_count > POLL_VIEWS_MAX)
        return error_set(err, ERROR_DATA, "hidden.views: %zu given, at most %d", draft->hidden_view_count, POLL_VIEWS_MAX);
    for (size_t i = 0; i < draft->hidden_view_count; i++) {
        if (draft->hidden_views[i].len == 0)
            return error_set(err, ERROR_DATA, "hidden.views[%zu]: the name of a view is expected", i);
    }
    return true;
}

static bool read_mode(struct str mode, struct poll_draft *draft, struct error *err)
{
    draft->first_counts = str_equal(mode, STR("first"));
    if (mode.len == 0 || draft->first_counts || str_equal(mode, STR("last")))
        return true;
    return error_set(err, ERROR_DATA, "mode \"%.*s\": \"first\" or \"last\" vote of an author counts",
                     (int)(mode.len < 40 ? mode.len : 40), mode.data);
}

bool poll_draft_read(const json_t *arguments, struct poll_draft *draft, struct error *err)
{
    *draft = (struct poll_draft){
        .question = text_of(json_object_get(arguments, "question")),
        .question2 = text_of(json_object_get(arguments, "question2")),
        .language = text_of(json_object_get(arguments, "language")),
        .language2 = text_of(json_object_get(arguments, "language2")),
        .seconds = json_get_int(arguments, "seconds", 0),
    };
    draft->option_count = read_texts(json_object_get(arguments, "options"), draft->options, VOTE_OPTIONS_MAX);
    draft->option2_count = read_texts(json_object_get(arguments, "options2"), draft->options2, VOTE_OPTIONS_MAX);
    return read_mode(text_of(json_object_get(arguments, "mode")), draft, err) &&
           read_hidden(json_object_get(arguments, "hidden"), draft, err);
}

/* ---- Can it be asked? ---- */

static bool check_text(struct str text, const char *what, struct error *err)
{
    if (text.len == 0)
        return error_set(err, ERROR_DATA, "%s is empty", what);
    if (text.len > POLL_TEXT_BYTES_MAX)
        return error_set(err, ERROR_DATA, "%s has %zu bytes: at most %d", what, text.len, POLL_TEXT_BYTES_MAX);
    return true;
}

static bool check_alike(const struct poll_draft *draft, struct error *err)
{
    struct vote_options words;
    vote_options_init(&words, draft->options, draft->option2_count > 0 ? draft->options2 : NULL, draft->option_count);
    bool is_good = true;
    for (size_t i = 0; i < draft->option_count && is_good; i++) {
        for (size_t k = 0; k < i && is_good; k++) {
            struct str text = draft->options[i];
            if (vote_options_are_alike(&words, i, k))
                is_good = error_set(err, ERROR_DATA, "options %zu and %zu read the same (\"%.*s\"): a vote could not tell them apart",
                                    k + 1, i + 1, (int)(text.len < 60 ? text.len : 60), text.data);
        }
    }
    vote_options_fini(&words);
    return is_good;
}

static bool check_options(const struct poll_draft *draft, struct error *err)
{
    if (draft->option_count < 2 || draft->option_count > VOTE_OPTIONS_MAX)
        return error_set(err, ERROR_DATA, "options: %zu given, 2 to %d are possible", draft->option_count, VOTE_OPTIONS_MAX);
    if (draft->option2_count != 0 && draft->option2_count != draft->option_count)
        return error_set(err, ERROR_DATA, "options2: %zu given, %zu are in options", draft->option2_count, draft->option_count);
    for (size_t i = 0; i < draft->option_count; i++) {
        if (!check_text(draft->options[i], "an option", err) ||
            (draft->option2_count > 0 && draft->options2[i].len > 0 && !check_text(draft->options2[i], "an option", err)))
            return false;
    }
    return check_alike(draft, err);
}

static bool check_language(struct str language, struct error *err)
{
    return language.len <= POLL_LANGUAGE_BYTES_MAX ||
           error_set(err, ERROR_DATA, "language: a code like \"fa\" or \"zh-Hant\" is expected");
}

bool poll_draft_check(const struct poll_draft *draft, struct error *err)
{
    if (!check_text(draft->question, "question", err) || !check_options(draft, err) ||
        !check_language(draft->language, err) || !check_language(draft->language2, err) ||
        (draft->question2.len > 0 && !check_text(draft->question2, "question2", err)))
        return false;
    return (draft->seconds >= 0 && draft->seconds <= POLL_SECONDS_MAX) ||
           error_set(err, ERROR_DATA, "seconds %" PRId64 ": 0 (until closed) to %d", draft->seconds, POLL_SECONDS_MAX);
}
