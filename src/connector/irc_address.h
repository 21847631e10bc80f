/* irc_address.h - where an IRC server is, as people paste it. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct error;

/*
 * "irc.libera.chat", "irc.libera.chat:6697" and "ircs://…": TLS. "irc://…": plain. "wss://…", "ws://…": websocket. A
 * channel may stand behind irc:// and ircs://: "ircs://irc.libera.chat/#live".
 */
struct irc_address {
    enum { IRC_BY_TLS, IRC_BY_TCP, IRC_BY_WEBSOCKET } way;
    char *host;       // owned; lower case; a number without brackets
    uint16_t port;
    char *url;        // owned; of a websocket, else NULL
    char *channel;    // owned; NULL: none was named
};

/* {0} before; irc_address_fini() after, also after false. err quotes the text. */
bool irc_address_parse(const char *text, struct irc_address *address, struct error *err);
void irc_address_fini(struct irc_address *address);
