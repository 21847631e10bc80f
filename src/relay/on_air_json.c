/* The on-air state as the clients read it, each view with what its destination may show. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "relay/captions.h"
#include "relay/on_air_private.h"
#include "relay/polls.h"
#include "relay/question_json.h"
#include "relay/questions.h"

enum { POLL_PLATFORMS_MAX = 16 };  // beyond it a poll is not told apart by platform

static void add_text(struct buffer *out, const char *key, const char *text)
{
    buffer_printf(out, ",\"%s\":", key);
    buffer_add_json(out, text, strlen(text));
}

static bool is_in(const char *text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, list[i]) == 0)
            return true;
    }
    return false;
}

static bool shows_card(const struct on_air_view *view, enum on_air_cards card)
{
    return (view->cards ? view->cards : ON_AIR_USUAL) & card;
}

static enum on_air_foreign permission(const struct on_air_view *view, const struct question *question)
{
    bool is_own = question->ask_count == 0 || view->platform_count == 0 ||
                  is_in(question->asks[0].platform, view->platforms, view->platform_count);
    return is_own ? ON_AIR_FOREIGN_SHOWN : view->foreign;
}

static void add_author(struct buffer *out, const struct gate *gate, const struct question_ask *ask)
{
    const char *name = on_air_shown_name(gate, ask->author_name, ask->platform);
    buffer_add_string(out, ",\"author\":{\"name\":");
    buffer_add_json(out, name, strlen(name));
    if (name != ask->author_name)
        buffer_add_string(out, ",\"is_name_withheld\":true");  // and its picture: it may say the same
    if (*ask->author_color)
        add_text(out, "color", ask->author_color);
    if (name == ask->author_name)
        question_add_portrait(out, ask);
    buffer_add_char(out, '}');
    add_text(out, "platform", ask->platform);
    add_text(out, "source", ask->source);
    buffer_printf(out, ",\"message\":%" PRIu64, ask->message);
}

/* Who asked the same, where: of the platforms whose names may stand on this view. */
static void add_askers(struct buffer *out, const struct on_air_view *view, const struct question *question, bool has_author)
{
    size_t count = 0;
    if (question->count > 0)
        buffer_printf(out, ",\"people\":%" PRIu64, question->count);
    for (size_t i = 0; has_author && i < question->platform_count; i++) {
        const struct question_platform *platform = &question->platforms[i];
        if (view->platform_count > 0 && !is_in(platform->name, view->platforms, view->platform_count))
            continue;
        buffer_add_string(out, count++ ? "," : ",\"platforms\":{");
        buffer_add_json(out, platform->name, strlen(platform->name));
        buffer_printf(out, ":%" PRIu64, platform->count);
    }
    if (count > 0)
        buffer_add_char(out, '}');
}

static bool is_same_tongue(const char *one, const char *other)
{
    size_t len = strcspn(one, "-");
    return len == strcspn(other, "-") && strncmp(one, other, len) == 0;
}

/*
 * The words that are shown: those of the first asker with the emotes in them, as long as nobody wrote others. Those in another
 * language than what was asked are a translation, and the original comes along; those in the same are better words.
 */
static void add_words(struct buffer *out, const struct questions *questions, const struct question *question)
{
    const struct question_ask *ask = question->ask_count > 0 ? &question->asks[0] : NULL;
    if (ask && *ask->rich && strcmp(ask->text, question->text) == 0) {
        add_text(out, "text", ask->rich);
        buffer_printf(out, ",\"emotes\":%s", ask->emotes);
    } else {
        add_text(out, "text", question->text);
    }
    bool is_edited = strcmp(question->text, question->text_original) != 0;
    const char *language = is_edited ? questions_guess_language(questions, str_from(question->text)) : question->language;
    if (*language)
        add_text(out, "language", language);
    if (is_edited && *language && *question->language && !is_same_tongue(language, question->language)) {
        buffer_add_string(out, ",\"original\":{\"text\":");
        buffer_add_json(out, question->text_original, strlen(question->text_original));
        add_text(out, "language", question->language);
        buffer_add_char(out, '}');
    }
}

/* Never its note: that is for the host alone. */
static void add_question(struct buffer *out, const struct on_air_options *of, const struct on_air_view *view,
                         const struct question *question)
{
    bool has_author = permission(view, question) == ON_AIR_FOREIGN_SHOWN;
    buffer_printf(out, "{\"id\":%" PRIu64, question->id);
    add_words(out, of->questions, question);
    if (has_author && question->ask_count > 0)
        add_author(out, of->gate, &question->asks[0]);
    add_askers(out, view, question, has_author);
    if (*question->code)
        add_text(out, "code", question->code);
    if (question->votes > 0)
        buffer_printf(out, ",\"votes\":%" PRIu64, question->votes);
    buffer_printf(out, ",\"since_ms\":%" PRId64 ",\"is_marked\":%s}", question->aired_ms,
                  question->is_marked ? "true" : "false");
}

static void add_text_if(struct buffer *out, const char *key, const char *text)
{
    if (*text)
        add_text(out, key, text);
}

static void add_option(struct buffer *out, const struct poll_option *option, bool is_hidden)
{
    buffer_add_string(out, "{\"text\":");
    buffer_add_json(out, option->text, strlen(option->text));
    add_text_if(out, "text2", option->text2);
    if (!is_hidden)
        buffer_printf(out, ",\"votes\":%" PRIu64, option->votes);
    buffer_add_char(out, '}');
}

/* The votes of one platform: of its sources' chat, and of its own polls that count in. */
static void add_platform(struct buffer *out, const struct poll *poll, const char *platform)
{
    buffer_add_string(out, "{\"platform\":");
    buffer_add_json(out, platform, strlen(platform));
    for (size_t option = 0; option < poll->option_count; option++) {
        uint64_t votes = 0;
        for (size_t i = 0; i < poll->source_count; i++)
            votes += strcmp(poll->sources[i].platform, platform) == 0 ? poll->sources[i].votes[option] : 0;
        for (size_t i = 0; i < poll->native_count; i++)
            votes += strcmp(poll->natives[i].platform, platform) == 0 ? poll->natives[i].votes[option] : 0;
        buffer_printf(out, "%s%" PRIu64, option ? "," : ",\"votes\":[", votes);
    }
    buffer_add_string(out, "]}");
}

/* Of more than one, where the view may name them all: parts of which some are missing would lie. */
static void add_poll_platforms(struct buffer *out, const struct poll *poll, const struct on_air_view *view)
{
    const char *names[POLL_PLATFORMS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < poll->source_count + poll->native_count; i++) {
        const char *name = i < poll->source_count ? poll->sources[i].platform : poll->natives[i - poll->source_count].platform;
        if (is_in(name, names, count))
            continue;
        if (count == POLL_PLATFORMS_MAX || (view->platform_count > 0 && !is_in(name, view->platforms, view->platform_count)))
            return;
        names[count++] = name;
    }
    for (size_t i = 0; count > 1 && i < count; i++) {
        buffer_add_string(out, i == 0 ? ",\"platforms\":[" : ",");
        add_platform(out, poll, names[i]);
    }
    if (count > 1)
        buffer_add_char(out, ']');
}

/* Numbers that a view hides do not leave the relay for it. */
static void add_poll(struct buffer *out, const struct poll *poll, const struct on_air_view *view)
{
    bool is_hidden = poll_is_hidden(poll, view->name) || (view->hides_votes && poll->state == POLL_OPEN && !poll->is_revealed);
    buffer_printf(out, "\"poll\":{\"id\":%" PRIu64, poll->id);
    add_text(out, "question", poll->question);
    add_text_if(out, "question2", poll->question2);
    add_text_if(out, "language", poll->language);
    add_text_if(out, "language2", poll->language2);
    buffer_add_string(out, ",\"options\":[");
    for (size_t i = 0; i < poll->option_count; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        add_option(out, &poll->options[i], is_hidden);
    }
    buffer_add_char(out, ']');
    if (is_hidden) {
        buffer_add_string(out, ",\"is_hidden\":true");
    } else {
        buffer_printf(out, ",\"total\":%" PRIu64, poll->total);
        add_poll_platforms(out, poll, view);
    }
    buffer_printf(out, ",\"state\":\"%s\",\"since_ms\":%" PRId64, poll_state_name(poll->state), poll->aired_ms);
    if (poll->state == POLL_OPEN && poll->closes_ms)
        buffer_printf(out, ",\"closes_ms\":%" PRId64, poll->closes_ms);
    buffer_add_char(out, '}');
}

/* One a line, if anybody is named. */
static void add_speakers(struct buffer *out, const struct caption_shown *shown)
{
    bool is_any = false;
    for (size_t i = 0; i < shown->count; i++)
        is_any |= shown->speakers[i].len > 0;
    for (size_t i = 0; is_any && i < shown->count; i++) {
        buffer_add_string(out, i > 0 ? "," : ",\"speakers\":[");
        buffer_add_json(out, shown->speakers[i].data ? shown->speakers[i].data : "", shown->speakers[i].len);
    }
    if (is_any)
        buffer_add_char(out, ']');
}

static void add_lines(struct buffer *out, const struct caption_track *track, const struct caption_shown *shown)
{
    buffer_add_string(out, "{\"track\":");
    buffer_add_json(out, track->name, strlen(track->name));
    add_text(out, "language", track->language);
    buffer_add_string(out, ",\"lines\":[");
    for (size_t i = 0; i < shown->count; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        buffer_add_json(out, shown->lines[i].data, shown->lines[i].len);
    }
    buffer_add_char(out, ']');
    add_speakers(out, shown);
    if (shown->is_live)
        buffer_add_string(out, ",\"live\":true");
    buffer_printf(out, ",\"since_ms\":%" PRId64 "}", shown->since_ms);
}

/* "captions":[…], or nothing when no line stands. */
static void add_captions(struct buffer *out, const struct captions *captions, const struct on_air_view *view,
                         int64_t now_ms)
{
    size_t before = out->len, count = 0;
    buffer_add_string(out, "\"captions\":[");
    for (size_t i = 0; i < captions_count(captions); i++) {
        const struct caption_track *track = captions_at(captions, i);
        if (view->language_count > 0 && !is_in(track->language, view->languages, view->language_count))
            continue;
        struct caption_shown shown = caption_track_shown(track, now_ms);
        if (shown.count == 0)
            continue;
        if (count++ > 0)
            buffer_add_char(out, ',');
        add_lines(out, track, &shown);
    }
    buffer_add_char(out, ']');
    if (count == 0)
        out->len = before;
}

static void begin_card(struct buffer *out, size_t view_start)
{
    if (out->len > view_start)
        buffer_add_char(out, ',');
}

static void add_view(struct buffer *out, const struct on_air *on_air, size_t index, int64_t now_ms)
{
    const struct on_air_view *view = &on_air->views[index];
    buffer_add_json(out, view->name, strlen(view->name));
    buffer_add_string(out, ":{");
    size_t start = out->len;
    const struct question *question = questions_find(on_air->options.questions, on_air->question.shown);
    if (question && shows_card(view, ON_AIR_QUESTION) && permission(view, question) != ON_AIR_FOREIGN_HIDDEN) {
        buffer_add_string(out, "\"question\":");
        add_question(out, &on_air->options, view, question);
    }
    const struct question *answered = question ? NULL : questions_answered_last(on_air->options.questions);
    if (answered && shows_card(view, ON_AIR_QUESTION) && permission(view, answered) != ON_AIR_FOREIGN_HIDDEN)
        buffer_printf(out, "\"answered\":%" PRIu64, answered->id);
    const struct poll *poll = polls_find(on_air->options.polls, on_air->poll.shown);
    if (poll && shows_card(view, ON_AIR_POLL)) {
        begin_card(out, start);
        add_poll(out, poll, view);
    }
    if (shows_card(view, ON_AIR_CAPTIONS)) {
        struct buffer captions = {0};
        add_captions(&captions, on_air->options.captions, view, now_ms);
        if (captions.len > 0) {
            begin_card(out, start);
            buffer_add(out, captions.data, captions.len);
        }
        buffer_fini(&captions);
    }
    on_air_add_gated(on_air->options.gate, view, now_ms, start, out);
    on_air_add_host_cards(on_air->options.host_cards, view, start, out);
    on_air_add_holding(on_air, index, start, out);
    buffer_add_char(out, '}');
}

char *on_air_make_json(const struct on_air *on_air, int64_t now_ms)
{
    struct buffer out = {0};
    buffer_add_string(&out, "{\"views\":{");
    for (size_t i = 0; i < on_air->view_count; i++) {
        if (i > 0)
            buffer_add_char(&out, ',');
        add_view(&out, on_air, i, now_ms);
    }
    buffer_printf(&out, "},\"is_blank\":%s}", on_air->is_blank ? "true" : "false");
    return buffer_take(&out);
}

bool on_air_json_is_blank(const char *json)
{
    struct error err;
    json_t *state = json_parse(json, strlen(json), &err);
    bool is_blank = json_get_bool(state, "is_blank", false);
    json_decref(state);
    return is_blank;
}

static void add_list(struct buffer *out, const char *key, const char *const *texts, size_t count)
{
    if (count == 0)
        return;
    buffer_printf(out, ",\"%s\":[", key);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        buffer_add_json(out, texts[i], strlen(texts[i]));
    }
    buffer_add_char(out, ']');
}

char *on_air_make_views_json(const struct on_air *on_air)
{
    static const char *const foreign[] = {"show", "anonymous", "hide"};  // as in the configuration
    struct buffer out = {0};
    buffer_add_char(&out, '[');
    for (size_t i = 0; i < on_air->view_count; i++) {
        const struct on_air_view *view = &on_air->views[i];
        buffer_add_string(&out, i ? ",{\"name\":" : "{\"name\":");
        buffer_add_json(&out, view->name, strlen(view->name));
        add_list(&out, "languages", view->languages, view->language_count);
        add_list(&out, "platforms", view->platforms, view->platform_count);
        buffer_printf(&out, ",\"foreign\":\"%s\",\"cards\":[", foreign[view->foreign]);
        on_air_write_cards(view, &out);
        buffer_add_string(&out, "]}");
    }
    buffer_add_char(&out, ']');
    return buffer_take(&out);
}

/* --- Before it goes on air --- */

static const struct on_air_view *find_view(const struct on_air *on_air, const char *name)
{
    for (size_t i = 0; i < on_air->view_count; i++) {
        if (strcmp(on_air->views[i].name, name) == 0)
            return &on_air->views[i];
    }
    return NULL;
}

enum on_air_shown on_air_try_question(const struct on_air *on_air, const char *name, const struct question *question,
                                      struct buffer *out)
{
    const struct on_air_view *view = find_view(on_air, name);
    if (!view)
        return ON_AIR_NO_VIEW;
    if (!shows_card(view, ON_AIR_QUESTION))
        return ON_AIR_NO_CARD;
    if (permission(view, question) == ON_AIR_FOREIGN_HIDDEN)
        return ON_AIR_NO_PLATFORM;
    add_question(out, &on_air->options, view, question);
    return ON_AIR_IS_SHOWN;
}

enum on_air_shown on_air_try_card(const struct on_air *on_air, const char *name, enum on_air_cards card)
{
    const struct on_air_view *view = find_view(on_air, name);
    if (!view)
        return ON_AIR_NO_VIEW;
    return shows_card(view, card) ? ON_AIR_IS_SHOWN : ON_AIR_NO_CARD;
}

enum on_air_shown on_air_try_poll(const struct on_air *on_air, const char *name)
{
    return on_air_try_card(on_air, name, ON_AIR_POLL);
}
