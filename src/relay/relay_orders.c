/* What moderators order in chat, and what the relay does about it. */
#include "base/error.h"
#include "relay/chat_commands.h"
#include "relay/gate.h"
#include "relay/moderation.h"
#include "relay/poll_chat.h"
#include "relay/poll_platforms.h"
#include "relay/polls.h"
#include "relay/relay_private.h"

static bool order_next(void *data, const struct chat_command *command, struct error *err)
{
    return moderation_next(data, command->by, err);
}

static bool end_poll(struct relay *relay, const char *by, struct error *err)
{
    const struct poll *poll = polls_newest_open(relay->polls);
    if (!poll)
        return error_set(err, ERROR_DATA, "no poll is open");
    poll_platforms_end(relay, poll->id, by);
    return polls_close(relay->polls, poll->id, by, err);
}

static bool passes(const struct relay *relay, struct str text, struct error *err)
{
    struct gate_reason reason;
    return !gate_find_word(relay->gate, text, &reason) ||
           error_set(err, ERROR_DENIED, "the word list \"%s\" holds something of it (\"%s\"): open the poll in the panel", reason.list,
                     reason.word);
}

/* It goes on air at once, and nobody has read it but who wrote it: in a hurry, or under a borrowed name. */
static bool poll_passes(const struct relay *relay, const struct poll_draft *draft, struct error *err)
{
    bool is_good = passes(relay, draft->question, err);
    for (size_t i = 0; is_good && i < draft->option_count && i < VOTE_OPTIONS_MAX; i++)
        is_good = passes(relay, draft->options[i], err);
    return is_good;
}

static bool order_poll(void *data, const struct chat_command *command, struct error *err)
{
    struct relay *relay = data;
    struct poll_draft draft;
    if (poll_chat_is_end(command->rest))
        return end_poll(relay, command->by, err);
    bool is_good = moderation_may_air(relay, err) && poll_chat_read(command->rest, &draft, err) &&
                   poll_passes(relay, &draft, err);
    const struct poll *poll = is_good ? polls_open(relay->polls, &draft, command->by, err) : NULL;
    return poll && polls_air(relay->polls, poll->id, true, command->by, err);
}

static void tell(void *data, const char *level, const char *where, const char *text)
{
    relay_notice(data, level, where, "%s", text);
}

void relay_create_chat_commands(struct relay *relay, const struct relay_options *options)
{
    relay->chat_commands = chat_commands_create(&(struct chat_commands_options){
        .journal = relay->journal, .notice = tell, .data = relay});
    chat_commands_register(relay->chat_commands, "next", order_next, relay);
    chat_commands_register(relay->chat_commands, "poll", order_poll, relay);
    chat_commands_register(relay->chat_commands, "so", relay_order_shoutout, relay);
    struct error err = {0};
    if (!relay_set_chat_commands(relay, options->chat_commands, &err))
        relay_notice(relay, "error", "chat_commands", "%s; the usual words hold", err.text);
}

bool relay_set_chat_commands(struct relay *relay, const json_t *words, struct error *err)
{
    if (!chat_commands_check(words, err))
        return false;
    chat_commands_set_words(relay->chat_commands, words);
    return true;
}
