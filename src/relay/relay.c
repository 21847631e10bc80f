#include "relay/relay.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "chat/message.h"
#include "connector/login.h"
#include "relay/caption_feed.h"
#include "relay/captions.h"
#include "relay/chat_commands.h"
#include "relay/crosspost.h"
#include "relay/gate.h"
#include "relay/heard.h"
#include "relay/host_cards.h"
#include "relay/intake.h"
#include "relay/journal.h"
#include "relay/poll_platforms.h"
#include "relay/poll_recount.h"
#include "relay/polls.h"
#include "relay/question_words.h"
#include "relay/questions.h"
#include "relay/rates.h"
#include "relay/relay_private.h"
#include "relay/removals.h"
#include "relay/replies.h"
#include "relay/sources.h"

#define HANDLED_KEY "relay:handled"

enum { FLUSH_MS = 200, ASKED_MS = 5000, NOTICE_BYTES = 512, CLOCK_MS_MAX = 60 * 1000, NOTE_MESSAGES = 2000 };

/*
 * Calls fn of every listener that has it. A listener may remove itself; `next` is taken before, so it must not remove
 * the one behind it.
 */
#define TELL(relay, fn, ...)                                                            \
    do {                                                                                \
        struct relay_listener *listener_, *next_;                                       \
        list_for_each_safe(listener_, next_, &(relay)->listeners, link)                 \
        {                                                                               \
            if (listener_->impl->fn)                                                    \
                listener_->impl->fn(listener_->data __VA_OPT__(, ) __VA_ARGS__);        \
        }                                                                               \
    } while (0)

/* --- Time --- */

/* The first change after a quiet moment goes out at the end of the turn, a storm five times a second. */
static void start_flush(struct relay *relay)
{
    if (timer_is_running(&relay->flush))
        return;
    int64_t wait_ms = relay->flushed_ms + FLUSH_MS - clock_monotonic_ms();
    timer_start(&relay->flush, wait_ms > 0 ? wait_ms : 0);
}

/* How many ask is part of who is heard; nobody needs it at once. */
static void tell_askers(struct relay *relay)
{
    if (relay->flushed_ms - relay->asked_ms < ASKED_MS)
        return;
    relay->asked_ms = relay->flushed_ms;
    TELL(relay, heard);
}

static void handle_flush(void *data)
{
    struct relay *relay = data;
    relay->flushed_ms = clock_monotonic_ms();
    questions_flush(relay->questions);
    tell_askers(relay);
    polls_flush(relay->polls);
    host_cards_flush(relay->host_cards);
    char text[24];
    relay->noted_id = relay->handled_id;
    snprintf(text, sizeof(text), "%" PRIu64, relay->handled_id);
    journal_set_state(relay->journal, HANDLED_KEY, text);
}

static void update_on_air(void *data)
{
    struct relay *relay = data;
    if (!relay->on_air)
        return;
    on_air_update(relay->on_air, clock_unix_ms());
    bool is_waiting = on_air_is_waiting(relay->on_air) || host_cards_is_waiting(relay->host_cards);
    if (is_waiting && !timer_is_running(&relay->patience))
        timer_start(&relay->patience, ON_AIR_PATIENCE_MS);
}

static void handle_patience(void *data)
{
    struct relay *relay = data;
    host_cards_handle_patience(relay->host_cards);
    update_on_air(relay);
}

void relay_update_on_air(struct relay *relay)
{
    update_on_air(relay);
}

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
    return a_ms != 0 && (b_ms == 0 || a_ms < b_ms) ? a_ms : b_ms;
}

/* Now, and again when the next line of a caption, or the end of a poll, a claim or a card of the host's is due. */
static void handle_clock(void *data)
{
    struct relay *relay = data;
    int64_t now_ms = clock_unix_ms();
    int64_t poll_ms = polls_handle_time(relay->polls, now_ms);
    int64_t claim_ms = questions_handle_time(relay->questions, now_ms);
    int64_t card_ms = host_cards_handle_time(relay->host_cards, now_ms);
    update_on_air(relay);
    TELL(relay, caption_lines);
    int64_t caption_ms = sooner(captions_next_change(relay->captions, now_ms), caption_feed_next(relay->captions, now_ms));
    int64_t next_ms = sooner(sooner(poll_ms, claim_ms), sooner(card_ms, caption_ms));
    if (next_ms == 0) {
        timer_stop(&relay->clock);
        return;
    }
    // The wall clock may be set meanwhile: it is looked at once a minute at least.
    int64_t wait_ms = next_ms - now_ms;
    timer_start(&relay->clock, wait_ms < CLOCK_MS_MAX ? wait_ms : CLOCK_MS_MAX);
}

/* In the next turn: whoever asks may be in the middle of a change. */
void relay_start_clock(struct relay *relay)
{
    timer_start(&relay->clock, 0);
}

void relay_start_flush(struct relay *relay)
{
    start_flush(relay);
}

/* --- What the parts say --- */

static void handle_heard(void *data)
{
    struct relay *relay = data;
    if (!relay->questions)
        return;
    questions_update_fairness(relay->questions);
    TELL(relay, heard);
}

static void handle_question(void *data, const struct question *question)
{
    struct relay *relay = data;
    heard_handle_question(relay->heard, question, clock_unix_ms());
    TELL(relay, question, question);
    if (question->claimed_until_ms && relay->on_air) {
        handle_clock(relay);
    } else if (question->state != QUESTION_NEW) {
        update_on_air(relay);
    }
}

static void handle_question_removed(void *data, uint64_t id)
{
    struct relay *relay = data;
    update_on_air(relay);
    heard_handle_removed(relay->heard, id, clock_unix_ms());
    TELL(relay, question_removed, id);
}

static void handle_dirty(void *data)
{
    start_flush(data);
}

static void handle_poll(void *data, const struct poll *poll)
{
    struct relay *relay = data;
    TELL(relay, poll, poll);
    if (!relay->on_air)
        return;
    if (poll->closes_ms && poll->state == POLL_OPEN && !timer_is_running(&relay->clock)) {
        handle_clock(relay);
    } else {
        update_on_air(relay);
    }
}

static void handle_saved_polls(void *data)
{
    struct relay *relay = data;
    TELL(relay, saved_polls);
}

static void handle_native_polls(void *data)
{
    struct relay *relay = data;
    TELL(relay, native_polls);
}

static void handle_captions(void *data, const struct caption_track *track)
{
    struct relay *relay = data;
    TELL(relay, captions, track);
}

static void handle_lines(void *data)
{
    struct relay *relay = data;
    if (relay->on_air)
        handle_clock(relay);
}

static void handle_on_air(void *data)
{
    struct relay *relay = data;
    relay->on_air_ns = clock_monotonic_ns();
    if (!relay->on_air)
        return;
    TELL(relay, on_air);
    if (relay->was_blank != on_air_is_blank(relay->on_air)) {
        relay->was_blank = !relay->was_blank;
        TELL(relay, caption_lines);  // as data they go and come with those that are drawn
    }
}

static void handle_late(void *data)
{
    relay_notice(data, "error", "relay/on_air", "a card is shown that the journal does not hold: see to its disk");
}

static void handle_gap(void *data, const struct journal_gap *gap)
{
    struct relay *relay = data;
    TELL(relay, gap, gap);
}

static void handle_source(void *data, const struct source *source)
{
    struct relay *relay = data;
    TELL(relay, source, source);
}

void relay_tell_caught(struct relay *relay, const struct gate_caught *caught)
{
    TELL(relay, caught, caught);
}

void relay_tell_caught_removed(struct relay *relay, uint64_t message)
{
    TELL(relay, caught_removed, message);
}

void relay_tell_host_card(struct relay *relay, const struct host_card *card)
{
    TELL(relay, host_card, card);
}

void relay_tell_host_card_removed(struct relay *relay, uint64_t id)
{
    TELL(relay, host_card_removed, id);
}

void relay_tell_gate(struct relay *relay)
{
    TELL(relay, gate);
}

void relay_tell_login(struct relay *relay, const struct login *login)
{
    TELL(relay, login, login);
}

void relay_tell_ended_login(struct relay *relay, const struct login *login)
{
    char text[NOTICE_BYTES];
    snprintf(text, sizeof(text), "The login of %s at %s is no longer valid; run: %s", login_account_name(login), login_platform(login),
             login_remedy(login));
    TELL(relay, notice, "error", "login", text);
}

static void handle_sent(void *data, const struct sent *sent)
{
    struct relay *relay = data;
    poll_platforms_handle_sent(relay, sent);
    TELL(relay, sent, sent);
}

static void handle_second(void *data)
{
    struct relay *relay = data;
    TELL(relay, rates);
}

static void handle_result(void *data, const struct source *source, const struct connector_result *result)
{
    struct relay *relay = data;
    if (!relay->replies)
        return;  // the relay is ending, and its sources with it: nobody waits any more
    replies_handle_result(relay->replies, source->id, result);
    crosspost_handle_result(relay->crosspost, source->id, result);
}

/* Only what stood on air has changed its state: that is off air when the overlays have painted. */
static void handle_source_removal(void *data, const struct source *source, int64_t started_ns, int64_t since_us)
{
    struct relay *relay = data;
    if (relay->on_air_ns >= started_ns)
        removals_wait(relay->removals, source->id, on_air_revision(relay->on_air), started_ns, since_us);
}

static void handle_off_air(void *data, const char *source, int64_t took_us, int64_t since_us)
{
    struct relay *relay = data;
    sources_note_off_air(relay->sources, source, took_us, since_us);
}

static void handle_source_ended(void *data, const struct source *source)
{
    struct relay *relay = data;
    if (relay->replies)
        replies_handle_source_gone(relay->replies, source->id);
}

/* A track has the name of its source and language. What is empty or too long is no line: the tool goes on. */
static void handle_caption(void *data, const struct source *source, const struct connector_caption *caption)
{
    struct relay *relay = data;
    struct error err = {0};
    char language[CAPTION_NAME_BYTES_MAX + 1] = "und", name[2 * CAPTION_NAME_BYTES_MAX];
    if (caption->language.len > 0 && caption->language.len <= CAPTION_NAME_BYTES_MAX)
        snprintf(language, sizeof(language), "%.*s", (int)caption->language.len, caption->language.data);
    snprintf(name, sizeof(name), "%.40s %.20s", source->id, language);
    struct caption_utterance utterance = {.text = caption->text, .id = caption->id, .is_final = caption->is_final};
    if (!captions_utter(relay->captions, name, language, &utterance, clock_unix_ms(), source->id, &err))
        log_debug("relay/captions", "%s: %s", source->id, err.text);
}

static void handle_source_removed(void *data, const struct source *source)
{
    struct relay *relay = data;
    TELL(relay, source_removed, source->id);
}

static void handle_notice(void *data, const char *level, const char *where, const char *text)
{
    struct relay *relay = data;
    TELL(relay, notice, level, where, text);
}

/* --- What the queue says --- */

/* Of 5,000 messages a second nearly none has money: they are not looked for. */
static const struct queue_gift *gift_of(const struct relay *relay, const struct message *message)
{
    const struct money *money = &message->is.money;
    bool has_money = money->micros != 0 || money->units != 0 || money->count != 0;
    return has_money ? queue_find_gift(relay->queue, message->id) : NULL;
}

static void handle_message(struct relay *relay, const struct message *message)
{
    if (message->id > relay->handled_id)
        relay->handled_id = message->id;
    host_cards_handle_message(relay->host_cards, message, gift_of(relay, message));
    polls_handle_message(relay->polls, message);
    if (message->is.is_own)
        return;  // ours: no question of the crowd's
    if (!chat_commands_handle_message(relay->chat_commands, message))
        questions_handle_message(relay->questions, message);
}

static void handle_messages(void *data, struct message *const *messages, size_t count)
{
    struct relay *relay = data;
    int64_t now_ms = clock_monotonic_ms();
    for (size_t i = 0; i < count; i++) {
        handle_message(relay, messages[i]);
        rates_add(relay->rates, messages[i]);
        if (relay->crosspost)
            crosspost_handle_message(relay->crosspost, messages[i]);
        gate_handle_message(relay->gate, messages[i], queue_find_gift(relay->queue, messages[i]->id), now_ms);
    }
    if (relay->handled_id - relay->noted_id > NOTE_MESSAGES)
        start_flush(relay);
    relay_run_gate(relay);
    TELL(relay, messages, messages, count);
}

static void handle_removed(void *data, const struct queue_removal *removal)
{
    struct relay *relay = data;
    gate_handle_removal(relay->gate, removal);
    host_cards_handle_removal(relay->host_cards, removal);
    questions_handle_removal(relay->questions, removal);
    polls_handle_removal(relay->polls, removal);
    if (relay->crosspost)
        crosspost_handle_removal(relay->crosspost, removal);
    TELL(relay, removed, removal);
}

static void handle_cleared(void *data, struct str source, uint64_t up_to)
{
    struct relay *relay = data;
    questions_handle_clear(relay->questions, source, up_to);
    gate_handle_clear(relay->gate, source, up_to);
    TELL(relay, cleared, source);
}

static void handle_edited(void *data, struct message *message)
{
    struct relay *relay = data;
    questions_handle_edit(relay->questions, message);
    polls_handle_edit(relay->polls, message);
    gate_handle_edit(relay->gate, message, clock_monotonic_ms());
    relay_run_gate(relay);
    TELL(relay, edited, message);
}

/* The queue has let the message go; as a vote it may still count, or count for the first time. */
static void handle_late_edit(void *data, struct message *message)
{
    struct relay *relay = data;
    if (relay->polls)
        polls_handle_edit(relay->polls, message);
}

/* --- Coming and going --- */

static bool open_journal(struct relay *relay, const struct relay_options *options, struct error *err)
{
    struct journal_options journal = {
        .folder = options->data_folder, .loop = relay->loop, .retention_days = options->retention_days};
    relay->journal = journal_open(&journal, err);
    if (!relay->journal)
        return false;
    journal_on_gap(relay->journal, handle_gap, relay);
    relay->queue = queue_create(&(struct queue_options){.loop = relay->loop, .capacity = options->queue_messages});
    relay->intake = intake_create(&(struct intake_options){.journal = relay->journal, .queue = relay->queue});
    journal_on_late_edit(relay->journal, handle_late_edit, relay);
    return relay->intake != NULL;
}

static void handle_bad_line(void *data, const char *text)
{
    relay_notice(data, "warn", "relay/questions", "%s", text);
}

void relay_set_question_words(struct relay *relay, const struct question_words_options *options)
{
    struct question_words_options own = options ? *options : (struct question_words_options){0};
    own.data = relay;
    own.on_bad_line = handle_bad_line;
    struct question_words *before = relay->question_words;
    relay->question_words = question_words_create(&own);
    question_words_use(relay->question_words);
    if (relay->questions)
        questions_set_words(relay->questions, relay->question_words);
    question_words_destroy(before);
}

static bool create_desk(struct relay *relay, const struct relay_options *options, struct error *err)
{
    relay->heard = heard_create(&(struct heard_options){.journal = relay->journal, .data = relay, .changed = handle_heard});
    relay_set_question_words(relay, options->question_words);
    relay->questions = questions_create(&(struct questions_options){
        .journal = relay->journal, .words = relay->question_words, .heard = relay->heard, .retention_days = options->retention_days, .data = relay,
        .changed = handle_question, .removed = handle_question_removed,
        .dirty = handle_dirty}, err);
    relay->polls = relay->questions ? polls_create(&(struct polls_options){
        .journal = relay->journal, .data = relay, .changed = handle_poll, .dirty = handle_dirty,
        .saved_changed = handle_saved_polls, .natives_changed = handle_native_polls}, err) : NULL;
    relay->captions = relay->polls ? captions_create(&(struct captions_options){
        .journal = relay->journal, .data = relay, .changed = handle_captions, .lines_changed = handle_lines}, err) : NULL;
    return relay->captions != NULL;
}

static bool create_on_air(struct relay *relay, const struct relay_options *options, struct error *err)
{
    relay_create_gate(relay, options);
    relay_create_host_cards(relay, options);
    struct on_air_options on_air = {
        .journal = relay->journal, .questions = relay->questions, .polls = relay->polls, .captions = relay->captions,
        .gate = relay->gate, .host_cards = relay->host_cards, .languages = relay->languages, .views = options->views, .view_count = options->view_count,
        .data = relay, .changed = handle_on_air, .late = handle_late};
    relay->on_air = on_air_create(&on_air, err);
    return relay->on_air != NULL;
}

/* One entry that is wrong costs that one source: the show goes on. */
static void start_sources(struct relay *relay, const struct relay_options *options)
{
    relay_create_logins(relay, options);
    relay->sources = sources_create(&(struct sources_options){
        .loop = relay->loop, .logins = relay->logins, .journal = relay->journal, .intake = relay->intake,
        .runtime_folder = options->runtime_folder ? options->runtime_folder : options->data_folder,
        .cache_folder = options->cache_folder,
        .silence_ms = options->silence_ms,
        .on_changed = handle_source, .on_removed = handle_source_removed, .on_result = handle_result, .on_caption = handle_caption,
        .on_removal = handle_source_removal, .on_ended = handle_source_ended, .on_notice = handle_notice, .data = relay});
    relay->replies = replies_create(&(struct replies_options){
        .sources = relay->sources, .journal = relay->journal, .changed = handle_sent, .data = relay});
    relay->crosspost = crosspost_create(&(struct crosspost_options){
        .sources = relay->sources, .loop = relay->loop, .on_notice = handle_notice, .data = relay});
    size_t index;
    json_t *config;
    json_array_foreach((json_t *)options->sources, index, config) {
        struct error err = {0};
        if (relay_start_source(relay, config, &err))
            continue;
        json_array_append(relay->refused, config);
        relay_notice(relay, "error", "relay/sources", "sources[%zu]: %s", index, err.text);
    }
    struct error err = {0};
    if (!relay_set_crosspost(relay, options->crosspost, &err))
        relay_notice(relay, "error", "crosspost", "%s; nothing is passed on", err.text);
}

static void count_missed(void *data, struct message *message)
{
    polls_handle_message(((struct relay *)data)->polls, message);
}

/*
 * What was journalled and not yet looked at when the relay was killed. To count a vote again changes nothing, and a
 * question's author counts once. Every vote is a voter's: those that the queue does not hold are asked of the files.
 */
static void catch_up(struct relay *relay)
{
    const char *text = journal_state(relay->journal, HANDLED_KEY);
    relay->handled_id = relay->noted_id = text ? strtoull(text, NULL, 10) : 0;
    if (polls_has_open(relay->polls))
        journal_each_since(relay->journal, relay->handled_id, count_missed, relay);
    struct message *message = queue_next(relay->queue, relay->handled_id);
    for (; message; message = queue_next(relay->queue, message->id))
        handle_message(relay, message);
}

struct relay *relay_create(const struct relay_options *options, struct error *err)
{
    struct relay *relay = xcalloc(1, sizeof(*relay));
    relay->loop = options->loop;
    relay->options = (struct relay_options){
        .save_sources = options->save_sources, .check_source = options->check_source, .save_gate = options->save_gate,
        .data = options->data};
    relay->written = json_object();
    relay->refused = json_array();
    list_init(&relay->listeners);
    timer_init(&relay->flush, relay->loop, handle_flush, relay);
    timer_init(&relay->clock, relay->loop, handle_clock, relay);
    timer_init(&relay->patience, relay->loop, handle_patience, relay);
    relay->removals = removals_create(&(struct removals_options){.off_air = handle_off_air, .data = relay});
    relay->queue_listener = (struct queue_listener){
        .data = relay, .on_messages = handle_messages, .on_removed = handle_removed, .on_cleared = handle_cleared,
        .on_changed = handle_edited};
    list_init(&relay->queue_listener.link);
    if (!open_journal(relay, options, err) || !create_desk(relay, options, err) ||
        !create_on_air(relay, options, err)) {
        relay_destroy(relay);
        return NULL;
    }
    relay_create_chat_commands(relay, options);
    relay->recounts = poll_recounts_create(relay);
    catch_up(relay);
    queue_add_listener(relay->queue, &relay->queue_listener);
    handle_clock(relay);
    start_sources(relay, options);
    relay_resume_gate(relay);
    relay->rates = rates_create(&(struct rates_options){
        .loop = relay->loop, .sources = relay->sources, .on_second = handle_second, .data = relay});
    return relay;
}

void relay_destroy(struct relay *relay)
{
    if (!relay)
        return;
    replies_destroy(relay->replies);
    crosspost_destroy(relay->crosspost);
    relay->replies = NULL;
    relay->crosspost = NULL;
    sources_destroy(relay->sources);
    removals_destroy(relay->removals);
    relay_destroy_logins(relay);
    if (relay->queue)
        queue_flush(relay->queue);
    if (relay->on_air)
        handle_flush(relay);
    timer_stop(&relay->flush);
    timer_stop(&relay->clock);
    timer_stop(&relay->patience);
    queue_remove_listener(&relay->queue_listener);
    rates_destroy(relay->rates);
    chat_commands_destroy(relay->chat_commands);
    on_air_destroy(relay->on_air);
    relay_destroy_host_cards(relay);
    relay_destroy_gate(relay);
    captions_destroy(relay->captions);
    poll_recounts_destroy(relay->recounts);
    polls_destroy(relay->polls);
    questions_destroy(relay->questions);
    heard_destroy(relay->heard);
    question_words_use(NULL);
    question_words_destroy(relay->question_words);
    intake_destroy(relay->intake);
    queue_destroy(relay->queue);
    journal_close(relay->journal);
    json_decref(relay->written);
    json_decref(relay->refused);
    free(relay);
}

void relay_add_listener(struct relay *relay, struct relay_listener *listener)
{
    list_append(&relay->listeners, &listener->link);
}

void relay_remove_listener(struct relay_listener *listener)
{
    list_remove(&listener->link);
}

void relay_notice(struct relay *relay, const char *level, const char *where, const char *format, ...)
{
    char text[NOTICE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    enum log_level log_level = LOG_INFO;
    log_parse_level(level, &log_level);
    log_write(log_level, where, "%s", text);
    TELL(relay, notice, level, where, text);
}
