/* The host's cards: between them and the rest of the relay. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "chat/message.h"
#include "relay/chat_commands.h"
#include "relay/gate.h"
#include "relay/host_cards.h"
#include "relay/host_pictures.h"
#include "relay/journal.h"
#include "relay/moderation.h"
#include "relay/queue.h"
#include "relay/relay_private.h"

static void handle_changed(void *data, const struct host_card *card)
{
    struct relay *relay = data;
    host_pictures_note_use(relay->host_pictures);
    relay_tell_host_card(relay, card);
}

static void handle_removed(void *data, uint64_t id)
{
    struct relay *relay = data;
    host_pictures_note_use(relay->host_pictures);
    relay_tell_host_card_removed(relay, id);
}

static void handle_shown(void *data)
{
    relay_update_on_air(data);
    relay_start_clock(data);
}

static void handle_dirty(void *data)
{
    relay_start_flush(data);
}

static void handle_late(void *data)
{
    relay_notice(data, "error", "relay/host_cards", "a card is shown that the journal does not hold: see to its disk");
}

static bool has_picture(void *data, const char *name)
{
    return host_pictures_has(((struct relay *)data)->host_pictures, name);
}

static bool is_used(void *data, const char *name)
{
    return host_cards_use_picture(((struct relay *)data)->host_cards, name);
}

void relay_create_host_cards(struct relay *relay, const struct relay_options *options)
{
    relay->host_cards = host_cards_create(&(struct host_cards_options){
        .journal = relay->journal, .data = relay, .changed = handle_changed, .removed = handle_removed, .shown = handle_shown,
        .dirty = handle_dirty, .late = handle_late, .has_picture = has_picture});
    relay->host_pictures = host_pictures_create(&(struct host_pictures_options){
        .loop = relay->loop, .data_folder = options->data_folder, .is_used = is_used, .data = relay});
}

void relay_destroy_host_cards(struct relay *relay)
{
    host_pictures_destroy(relay->host_pictures);
    host_cards_destroy(relay->host_cards);
}

/* --- Shout-outs: who is it? --- */

static bool is_same_text(struct str a, struct str b)
{
    return a.len == b.len && a.len > 0 && strncasecmp(a.data, b.data, a.len) == 0;
}

/* How sure it is: 2: by the id or the login, 1: by a name that anybody may choose, 0: another one. */
static int likeness(const struct message *message, const struct relay_shoutout *whom)
{
    const struct message_author *author = &message->is.author;
    if (whom->platform.len > 0 && !str_equal(message->is.platform, whom->platform))
        return 0;
    if (whom->author_id.len > 0)
        return str_equal(author->id, whom->author_id) ? 2 : 0;
    return is_same_text(author->login, whom->name) ? 2 : is_same_text(author->name, whom->name);
}

/* His newest message: with it come his picture and his colour. NULL: he wrote nothing lately, and his name must do. */
static const struct message *find_person(const struct relay *relay, const struct relay_shoutout *whom)
{
    const struct message *namesake = NULL, *message = queue_previous(relay->queue, 0);
    for (; message; message = queue_previous(relay->queue, message->id)) {
        int found = likeness(message, whom);
        if (found == 2)
            return message;
        if (found == 1 && !namesake)
            namesake = message;
    }
    return namesake;
}

static void take_person(struct host_shoutout *shoutout, const struct message *message)
{
    const struct message_author *author = &message->is.author;
    shoutout->name = author->name.len > 0 ? author->name : author->login;
    shoutout->platform = message->is.platform;
    shoutout->login = author->login;
    shoutout->author_id = author->id;
    shoutout->avatar = author->avatar;
    shoutout->color = author->color;
}

/* As on every card: what the lists hold is not shown, and a shout-out with another name would be none. */
static bool passes(const struct relay *relay, struct str text, struct error *err)
{
    struct gate_reason reason;
    return !gate_find_word(relay->gate, text, &reason) ||
           error_set(err, ERROR_DENIED, "the word list \"%s\" holds something of it (\"%s\")", reason.list, reason.word);
}

/* By its number only: the record outlives the person's erasure. */
static void audit_shoutout(struct relay *relay, const struct host_card *card, const char *by)
{
    char text[48];
    snprintf(text, sizeof(text), "{\"id\":%" PRIu64 "}", card->id);
    journal_add_audit(relay->journal, by, "shoutout", text);
}

const struct host_card *relay_shout_out(struct relay *relay, const struct relay_shoutout *whom, const char *by, struct error *err)
{
    struct host_shoutout shoutout = {
        .name = whom->name, .platform = whom->platform, .author_id = whom->author_id, .text = whom->text, .seconds = whom->seconds};
    const struct message *message = whom->message ? queue_find(relay->queue, whom->message) : NULL;
    if (!message && whom->name.len > 0)
        message = find_person(relay, whom);
    if (!message && whom->name.len == 0) {
        error_set(err, ERROR_DATA, "message %llu is not among the newest: name the person", (unsigned long long)whom->message);
        return NULL;
    }
    if (message)
        take_person(&shoutout, message);
    shoutout.message = whom->message;  // deleted, it takes the shout-out along; what he wrote besides does not
    if (!moderation_may_air(relay, err) || !passes(relay, shoutout.name, err) || !passes(relay, shoutout.text, err))
        return NULL;
    const struct host_card *card = host_cards_shout_out(relay->host_cards, &shoutout, by, err);
    if (card)
        audit_shoutout(relay, card, by);
    return card;
}

/* "!so @anna come and see her paintings" */
bool relay_order_shoutout(void *data, const struct chat_command *command, struct error *err)
{
    struct str rest = command->rest;
    if (str_starts_with(rest, STR("@"))) {
        rest.data++;
        rest.len--;
    }
    size_t len = 0;
    while (len < rest.len && rest.data[len] != ' ' && rest.data[len] != '\n')
        len++;
    struct relay_shoutout whom = {.name = {rest.data, len}, .platform = command->message->is.platform};
    while (len < rest.len && rest.data[len] == ' ')
        len++;
    whom.text = (struct str){rest.data + len, rest.len - len};
    if (whom.name.len == 0)
        return error_set(err, ERROR_DATA, "write whom it is for: %s", "!so anna");
    return relay_shout_out(data, &whom, command->by, err) != NULL;
}
