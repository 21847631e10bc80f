#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "base/memory.h"
#include "net/base64.h"
#include "rehearsal/irc_frame.h"
#include "rehearsal/irc_inside.h"

static const struct {
    const char *name;
    enum irc_cap cap;
} caps[] = {
    {"message-tags", CAP_TAGS}, {"server-time", CAP_TIME}, {"account-tag", CAP_ACCOUNT}, {"echo-message", CAP_ECHO},
    {"batch", CAP_BATCH}, {"draft/chathistory", CAP_HISTORY}, {"draft/message-redaction", CAP_REDACT}, {"sasl", CAP_SASL},
    {"multi-prefix", CAP_OTHER}, {"extended-join", CAP_OTHER}, {"standard-replies", CAP_OTHER},
};

static bool is_offered(const struct client *client, enum irc_cap cap)
{
    return (cap != CAP_SASL || (is_set(client, "sasl") && side_text(client->base.side, "password"))) && (cap != CAP_ECHO || is_set(client, "echo")) &&
           (cap != CAP_HISTORY || is_set(client, "history")) && (cap != CAP_REDACT || is_set(client, "redact"));
}

static void list_caps(struct client *client)
{
    struct buffer list = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(caps); i++) {
        if (is_offered(client, caps[i].cap))
            buffer_printf(&list, "%s%s%s", list.len ? " " : "", caps[i].name, caps[i].cap == CAP_SASL ? "=PLAIN,EXTERNAL" : "");
    }
    // In two parts, as servers with many do.
    const char *space = memchr(list.data + list.len / 2, ' ', list.len - list.len / 2);
    int half = (int)(space - list.data);
    side_client_printf(&client->base, ":irc.rehearsal CAP %s LS * :%.*s", nick_of(client), half, list.data);
    side_client_printf(&client->base, ":irc.rehearsal CAP %s LS :%.*s", nick_of(client), (int)list.len - half - 1, space + 1);
    buffer_fini(&list);
}

/* One name that is unknown refuses them all. */
static void request_caps(struct client *client, const char *list)
{
    uint32_t asked = 0;
    for (const char *at = list + strspn(list, " "); *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        uint32_t found = 0;
        for (size_t i = 0; i < ARRAY_LENGTH(caps); i++) {
            if (strlen(caps[i].name) == len && strncmp(caps[i].name, at, len) == 0 && is_offered(client, caps[i].cap))
                found = caps[i].cap;
        }
        if (!found) {
            side_client_printf(&client->base, ":irc.rehearsal CAP %s NAK :%s", nick_of(client), list);
            return;
        }
        asked |= found;
        at += len;
    }
    client->caps |= asked;
    side_client_printf(&client->base, ":irc.rehearsal CAP %s ACK :%s", nick_of(client), list);
}

void irc_welcome(struct client *client)
{
    const char *nick = client->nick;
    if (client->is_registered || client->is_cap_open || !client->has_user || !nick[0])
        return;
    client->is_registered = true;
    numeric(client, "001", "%s :Welcome to the Rehearsal IRC Network %s!~user@rehearsal", nick, nick);
    numeric(client, "005", "%s CASEMAPPING=rfc1459 CHANTYPES=# PREFIX=(qaohv)~&@%%+ CHANMODES=beI,k,l,imnpstR NETWORK=Rehearsal "
            "LINELEN=512 :are supported by this server", nick);
    if (is_set(client, "history"))
        numeric(client, "005", "%s CHATHISTORY=%d MSGREFTYPES=%stimestamp :are supported by this server", nick, PAGE_MAX,
                side_number(client->base.side, "history") == 1 ? "msgid," : "");
    numeric(client, "422", "%s :No message of the day", nick);
}

void irc_cap(struct client *client, const char *word, const char *rest)
{
    if (strcasecmp(word, "LS") == 0) {
        client->is_cap_open = !client->is_registered;
        list_caps(client);
    } else if (strcasecmp(word, "REQ") == 0) {
        request_caps(client, rest);
    } else if (strcasecmp(word, "END") == 0) {
        client->is_cap_open = false;
        irc_welcome(client);
    }
}

static bool is_taken(const struct client *client, const char *nick)
{
    const struct side_client *other;
    if (strcasecmp(nick, side_text(client->base.side, "taken")) == 0)
        return true;
    list_for_each(other, &client->base.side->clients, link) {
        if (other != &client->base && strcasecmp(container_of(other, struct client, base)->nick, nick) == 0)
            return true;
    }
    return false;
}

void irc_nick(struct client *client, const char *nick)
{
    char clean[32];
    irc_frame_nick(str_from(nick), clean);
    if (strcmp(clean, nick) != 0) {
        numeric(client, "432", "%s %s :Erroneous nickname", nick_of(client), nick);
    } else if (is_taken(client, nick)) {
        numeric(client, "433", "%s %s :Nickname is already in use", nick_of(client), nick);
    } else {
        snprintf(client->nick, sizeof(client->nick), "%s", nick);
        irc_welcome(client);
    }
}

static void check_sasl(struct client *client)
{
    const struct side *side = client->base.side;
    struct buffer plain = {0}, wanted = {0};
    const char *account = side_text(side, "account"), *password = side_text(side, "password");
    buffer_add_char(&wanted, '\0');
    buffer_add(&wanted, account, strlen(account) + 1);
    buffer_add_string(&wanted, password);
    bool ok = base64_decode(&plain, client->sasl.data ? client->sasl.data : "", client->sasl.len) && plain.len == wanted.len &&
              memcmp(plain.data, wanted.data, wanted.len) == 0;
    client->is_logged_in = ok;
    client->is_in_sasl = false;
    if (ok) {
        numeric(client, "900", "%s %s!~user@rehearsal %s :You are now logged in as %s", nick_of(client), nick_of(client), account, account);
        numeric(client, "903", "%s :SASL authentication successful", nick_of(client));
    } else {
        numeric(client, "904", "%s :SASL authentication failed", nick_of(client));
    }
    buffer_fini(&plain);
    buffer_fini(&wanted);
}

void irc_authenticate(struct client *client, const char *text)
{
    if (!(client->caps & CAP_SASL)) {
        numeric(client, "904", "%s :SASL authentication failed", nick_of(client));
    } else if (!client->is_in_sasl) {
        client->is_in_sasl = strcmp(text, "PLAIN") == 0;
        buffer_clear(&client->sasl);
        if (client->is_in_sasl)
            side_client_printf(&client->base, "AUTHENTICATE +");
        else
            numeric(client, "908", "%s PLAIN :are available SASL mechanisms", nick_of(client));
    } else {
        size_t len = strcmp(text, "+") == 0 ? 0 : strlen(text);
        if (client->sasl.len + len < SASL_BYTES_MAX)
            buffer_add(&client->sasl, text, len);
        if (len < 400)
            check_sasl(client);
    }
}

/* "IDENTIFY anna password": its words are for people. */
void irc_nickserv(struct client *client, const char *words)
{
    const struct side *side = client->base.side;
    const char *password = side_text(side, "password");
    char *wanted = xasprintf("IDENTIFY %s %s", side_text(side, "account"), password ? password : "");
    client->is_logged_in |= password && strcmp(words, wanted) == 0;
    side_client_printf(&client->base, ":NickServ!services@rehearsal NOTICE %s :%s", client->nick,
                       client->is_logged_in ? "You are now identified." : "Password incorrect.");
    free(wanted);
}
