/* Votes as messages bring them, change them and take them away. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/log.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/journal.h"
#include "relay/journal_row.h"
#include "relay/poll_votes.h"
#include "relay/polls_private.h"
#include "relay/queue.h"
#include "relay/text_key.h"

/* ---- Sums ---- */

void poll_begin_votes(struct poll *poll)
{
    poll->ballots = ballots_create(poll->first_counts);
    poll->memo = xcalloc(1, sizeof(*poll->memo));
}

void poll_end_votes(struct poll *poll)
{
    ballots_destroy(poll->ballots);
    free(poll->memo);
    poll->ballots = NULL;
    poll->memo = NULL;
}

void poll_sum_up(struct poll *poll)
{
    poll->total = 0;
    for (size_t i = 0; i < poll->option_count; i++) {
        uint64_t votes = 0;
        for (size_t k = 0; k < poll->source_count; k++)
            votes += poll->sources[k].votes[i];
        for (size_t k = 0; k < poll->native_count; k++)
            votes += poll->natives[k].votes[i];
        poll->options[i].votes = votes;
        poll->total += votes;
    }
}

unsigned poll_source_index(struct poll *poll, struct str source, struct str platform)
{
    for (size_t i = 0; i < poll->source_count; i++) {
        if (str_equal(str_from(poll->sources[i].id), source) && str_equal(str_from(poll->sources[i].platform), platform))
            return (unsigned)i;
    }
    if (poll->source_count == POLL_SOURCES_MAX)
        return POLL_SOURCES_MAX - 1;
    poll->sources = xreallocarray(poll->sources, poll->source_count + 1, sizeof(*poll->sources));
    poll->sources[poll->source_count] = (struct poll_source){
        .id = xstrndup(source.data, source.len), .platform = xstrndup(platform.data, platform.len),
        .home = xasprintf("%.*s %.*s", (int)platform.len, platform.data, (int)source.len, source.data)};
    return (unsigned)poll->source_count++;
}

static void add(struct poll *poll, struct ballot_choice choice, int64_t step)
{
    if (choice.option < 0)
        return;
    poll->sources[choice.source].votes[choice.option] += (uint64_t)step;
    poll->options[choice.option].votes += (uint64_t)step;
    poll->total += (uint64_t)step;
}

void poll_apply(struct poll *poll, const struct ballot_change *change)
{
    add(poll, change->before, -1);
    add(poll, change->after, 1);
}

static bool is_same(const struct ballot_change *change)
{
    return change->before.option == change->after.option &&
           (change->before.option < 0 || change->before.source == change->after.source);
}

/* ---- What a message votes ---- */

static uint64_t hash_of(const struct polls *polls, enum journal_key kind, struct str platform, struct str key)
{
    return polls->options.journal ? journal_hash(polls->options.journal, kind, platform, key)
                                  : row_hash(&polls->hash_key, (char)kind, platform, key);
}

static struct poll_voter voter_of(const struct polls *polls, const struct message *message)
{
    const struct message_draft *is = &message->is;
    return (struct poll_voter){
        .author = hash_of(polls, JOURNAL_KEY_AUTHOR, is->platform, is->author.id),
        .native = is->native_id.len > 0 ? hash_of(polls, JOURNAL_KEY_NATIVE, is->platform, is->native_id) : 0,
    };
}

struct poll_voter poll_voter_of(const struct polls *polls, const struct message *message)
{
    return voter_of(polls, message);
}

static bool can_vote(const struct message *message)
{
    const struct message_draft *is = &message->is;
    bool is_chat = is->kind == MESSAGE_CHAT || is->kind == MESSAGE_ACTION || is->kind == MESSAGE_GIFT;
    return is_chat && is->text.len > 0 && is->author.id.len > 0 && !(is->author.roles & ROLE_BOT) && !is->is_own;
}

static bool is_vote_time(const struct poll *poll, const struct message *message)
{
    if (message->id <= poll->after_id || message->received_ms < poll->opened_ms)
        return false;
    if (!message->is.is_history)
        return true;
    return message->is.time_ms >= poll->opened_ms && (poll->closes_ms == 0 || message->is.time_ms < poll->closes_ms);
}

/* An option may be an emote's name: first the whole text, then without emotes ("2 Kappa"). */
static int parse(const struct poll *poll, const struct message *message)
{
    int option = vote_parse_memo(&poll->words, poll->memo, message->is.text);
    if (option >= 0 || message->is.emote_count == 0)
        return option;
    struct buffer plain = {0};
    text_key_add_plain(&plain, message);
    option = vote_parse(&poll->words, (struct str){plain.data, plain.len});
    buffer_fini(&plain);
    return option;
}

int poll_vote_of(const struct poll *poll, const struct message *message)
{
    return !poll->is_native && can_vote(message) && is_vote_time(poll, message) ? parse(poll, message) : -1;
}

bool poll_take(struct poll *poll, const struct message *message, const struct poll_voter *voter, int option)
{
    unsigned source = poll_source_index(poll, message->is.source, message->is.platform);
    struct ballot_change change = ballots_set(poll->ballots, &(struct ballot){
        voter->author, voter->native, message->id, (uint16_t)source, (int8_t)option});
    poll_apply(poll, &change);
    return !is_same(&change);
}

/* ---- In and out of the journal ---- */

static void write_vote(const struct polls *polls, const struct poll *poll, const struct ballot *ballot, int option)
{
    if (!polls->options.journal)
        return;
    const char *home = poll->sources[ballot->source].home;
    journal_add_vote(polls->options.journal, &(struct journal_vote){
        .poll = poll->id, .message = ballot->message, .author = ballot->author, .native = option < 0 ? 0 : ballot->native,
        .option = option, .source = str_from(home)});
}

static void note_change(struct polls *polls, struct poll *poll, const struct ballot_change *change)
{
    poll_apply(poll, change);
    if (!is_same(change))
        polls_mark_dirty(polls, poll);
}

static void take_back(struct polls *polls, struct poll *poll, const struct ballot *ballot)
{
    struct ballot_change change = ballots_remove(poll->ballots, ballot->author, ballot->message);
    write_vote(polls, poll, ballot, -1);
    note_change(polls, poll, &change);
}

static void change_option(struct polls *polls, struct poll *poll, struct ballot *ballot, int option)
{
    ballot->option = (int8_t)option;
    struct ballot_change change = ballots_set(poll->ballots, ballot);
    write_vote(polls, poll, ballot, option);
    note_change(polls, poll, &change);
}

void poll_load_vote(struct poll *poll, const struct journal_vote *vote)
{
    const char *space = vote->source.len > 0 ? memchr(vote->source.data, ' ', vote->source.len) : NULL;
    if (!space || vote->option >= (int)poll->option_count)
        return;
    size_t platform = (size_t)(space - vote->source.data);
    struct ballot_change change;
    if (vote->option < 0) {
        change = ballots_remove(poll->ballots, vote->author, vote->message);
    } else {
        unsigned source = poll_source_index(poll, (struct str){space + 1, vote->source.len - platform - 1},
                                            (struct str){vote->source.data, platform});
        change = ballots_set(poll->ballots, &(struct ballot){vote->author, vote->native, vote->message, (uint16_t)source,
                                                             (int8_t)vote->option});
    }
    poll_apply(poll, &change);
}

/* ---- Messages ---- */

static bool is_full(struct polls *polls, const struct poll *poll, uint64_t author)
{
    struct ballot found[BALLOTS_CHAIN_MAX];
    if (ballots_authors(poll->ballots) < POLL_VOTERS_MAX || ballots_of_author(poll->ballots, author, found) > 0)
        return false;
    if (!polls->is_full_told)
        log_warn("relay/polls", "poll %" PRIu64 " has %d voters, no more are counted", poll->id, POLL_VOTERS_MAX);
    polls->is_full_told = true;
    return true;
}

static bool vote(struct polls *polls, struct poll *poll, const struct message *message)
{
    int option = poll_vote_of(poll, message);
    if (option < 0)
        return false;
    struct poll_voter voter = voter_of(polls, message);
    if (is_full(polls, poll, voter.author))
        return false;
    if (poll_take(poll, message, &voter, option))
        polls_mark_dirty(polls, poll);
    unsigned source = poll_source_index(poll, message->is.source, message->is.platform);
    write_vote(polls, poll, &(struct ballot){voter.author, voter.native, message->id, (uint16_t)source, (int8_t)option}, option);
    return true;
}

bool polls_handle_message(struct polls *polls, const struct message *message)
{
    if (message->id > polls->counted_id)
        polls->counted_id = message->id;
    if (message->is.kind == MESSAGE_POLL)
        polls_handle_native(polls, message);
    if (polls->open_count == 0 || !can_vote(message))
        return false;
    bool has_voted = false;
    for (size_t i = polls->count; i-- > 0;) {
        if (polls->items[i]->state == POLL_OPEN)
            has_voted |= vote(polls, polls->items[i], message);
    }
    return has_voted;
}

static void remove_author(struct polls *polls, struct poll *poll, const struct queue_removal *removal)
{
    struct ballot found[BALLOTS_CHAIN_MAX];
    size_t count = ballots_of_author(poll->ballots, hash_of(polls, JOURNAL_KEY_AUTHOR, removal->platform, removal->author_id), found);
    for (size_t i = 0; i < count; i++) {
        bool is_here = removal->source.len == 0 || str_equal(str_from(poll->sources[found[i].source].id), removal->source);
        if (is_here && (removal->up_to == 0 || found[i].message <= removal->up_to))
            take_back(polls, poll, &found[i]);
    }
}

static void remove_from(struct polls *polls, struct poll *poll, const struct queue_removal *removal)
{
    struct ballot found;
    if (removal->author_id.len > 0) {
        remove_author(polls, poll, removal);
    } else if (removal->native_id.len > 0) {
        uint64_t native = hash_of(polls, JOURNAL_KEY_NATIVE, removal->platform, removal->native_id);
        if (ballots_find_native(poll->ballots, native, &found) && (removal->up_to == 0 || found.message <= removal->up_to))
            take_back(polls, poll, &found);
    } else {
        for (size_t i = 0; i < removal->id_count; i++) {
            if (ballots_find_message(poll->ballots, removal->ids[i], &found))
                take_back(polls, poll, &found);
        }
    }
}

void polls_handle_removal(struct polls *polls, const struct queue_removal *removal)
{
    polls_remove_natives(polls, removal);
    for (size_t i = 0; i < polls->count && polls->open_count > 0; i++) {
        if (polls->items[i]->ballots)
            remove_from(polls, polls->items[i], removal);
    }
}

static bool is_known(const struct poll *poll, const struct ballot *ballot)
{
    struct ballot found[BALLOTS_CHAIN_MAX];
    size_t count = ballots_of_author(poll->ballots, ballot->author, found);
    for (size_t i = 0; i < count; i++) {
        if (found[i].message == ballot->message)
            return true;
    }
    return false;
}

void polls_handle_edit(struct polls *polls, const struct message *message)
{
    if (polls->open_count == 0 || !can_vote(message))
        return;
    struct poll_voter voter = voter_of(polls, message);
    for (size_t i = 0; i < polls->count; i++) {
        struct poll *poll = polls->items[i];
        if (!poll->ballots || !is_vote_time(poll, message))
            continue;
        int option = poll_vote_of(poll, message);
        struct ballot ballot = {voter.author, voter.native, message->id,
            (uint16_t)poll_source_index(poll, message->is.source, message->is.platform), (int8_t)option};
        if (option >= 0) {
            change_option(polls, poll, &ballot, option);
        } else if (is_known(poll, &ballot)) {
            take_back(polls, poll, &ballot);
        }
    }
}
