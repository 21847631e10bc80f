/* Chat, ticker and alerts in the on-air state: what the gate has let pass, each view with what it may show of it. */
#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "connector/connector.h"
#include "relay/gate.h"
#include "relay/on_air_private.h"

enum { TICKER_EVENTS = 12, ALERTS = 32 };

static const struct {
    const char *name;
    enum on_air_cards card;
} cards[] = {
    {"question", ON_AIR_QUESTION}, {"poll", ON_AIR_POLL}, {"captions", ON_AIR_CAPTIONS},
    {"chat", ON_AIR_CHAT}, {"ticker", ON_AIR_TICKER}, {"alerts", ON_AIR_ALERTS},
    {"shoutout", ON_AIR_SHOUTOUT}, {"goal", ON_AIR_GOAL}, {"countdown", ON_AIR_COUNTDOWN},
    {"rules", ON_AIR_RULES}, {"qr", ON_AIR_QR}, {"note", ON_AIR_NOTE},
    {"holding", ON_AIR_HOLDING},
};

unsigned on_air_card_from_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(cards); i++) {
        if (strcmp(cards[i].name, name) == 0)
            return cards[i].card;
    }
    return 0;
}

const char *on_air_card_name(size_t index)
{
    return index < ARRAY_LENGTH(cards) ? cards[index].name : NULL;
}

void on_air_write_cards(const struct on_air_view *view, struct buffer *out)
{
    unsigned wanted = view->cards ? view->cards : ON_AIR_USUAL;
    bool is_first = true;
    for (size_t i = 0; i < ARRAY_LENGTH(cards); i++) {
        if (!(wanted & cards[i].card))
            continue;
        buffer_printf(out, "%s\"%s\"", is_first ? "" : ",", cards[i].name);
        is_first = false;
    }
}

const char *on_air_shown_name(const struct gate *gate, const char *name, const char *platform)
{
    struct gate_reason reason;
    if (!gate || !gate_find_word(gate, str_from(name), &reason))
        return name;
    const char *title = connector_title(platform);
    return title ? title : platform;
}

static enum on_air_foreign permission(const struct on_air_view *view, struct str platform)
{
    for (size_t i = 0; i < view->platform_count; i++) {
        if (str_equal(str_from(view->platforms[i]), platform))
            return ON_AIR_FOREIGN_SHOWN;
    }
    return view->platform_count == 0 ? ON_AIR_FOREIGN_SHOWN : view->foreign;
}

static bool shows(const void *data, struct str platform)
{
    return permission(data, platform) != ON_AIR_FOREIGN_HIDDEN;
}

static void add_text(struct buffer *out, const char *key, struct str text)
{
    if (text.len == 0)
        return;
    buffer_printf(out, ",\"%s\":", key);
    buffer_add_json(out, text.data, text.len);
}

/* A platform's name for people in place of a name that a word list holds. */
static struct str shown_name(const struct message *message, bool is_withheld)
{
    if (is_withheld)
        return str_from(connector_title(message->is.platform.data));
    return message->is.author.name.len > 0 ? message->is.author.name : message->is.author.login;
}

static void add_roles(struct buffer *out, uint32_t roles)
{
    bool is_first = true;
    for (int bit = 0; bit < 32; bit++) {
        const char *name = roles & UINT32_C(1) << bit ? message_role_name(UINT32_C(1) << bit) : NULL;
        if (!name)
            continue;
        buffer_printf(out, "%s\"%s\"", is_first ? ",\"roles\":[" : ",", name);
        is_first = false;
    }
    if (!is_first)
        buffer_add_char(out, ']');
}

/* With a name that a list holds its picture stays back too: it may say the same. */
static void add_author(struct buffer *out, const struct message *message, bool is_name_withheld)
{
    struct str name = shown_name(message, is_name_withheld);
    if (name.len == 0)
        name = message->is.platform;
    buffer_add_string(out, ",\"author\":{\"name\":");
    buffer_add_json(out, name.data, name.len);
    add_text(out, "id", message->is.author.id);
    add_text(out, "color", message->is.author.color);
    if (is_name_withheld) {
        buffer_add_string(out, ",\"is_name_withheld\":true");
    } else {
        add_text(out, "avatar", message->is.author.avatar);
    }
    add_roles(out, message->is.author.roles);
    buffer_add_char(out, '}');
    add_text(out, "platform", message->is.platform);
    add_text(out, "source", message->is.source);
}

static void add_emotes(struct buffer *out, const struct message *message)
{
    if (message->is.emote_count == 0)
        return;
    buffer_add_string(out, ",\"emotes\":[");
    for (size_t i = 0; i < message->is.emote_count; i++) {
        const struct emote *emote = &message->is.emotes[i];
        buffer_printf(out, "%s{\"from\":%" PRIu32 ",\"to\":%" PRIu32, i ? "," : "", emote->from, emote->to);
        add_text(out, "id", emote->id);
        add_text(out, "name", emote->name);
        add_text(out, "url", emote->url);
        buffer_add_char(out, '}');
    }
    buffer_add_char(out, ']');
}

static void add_line(struct buffer *out, const struct gate_line *line, enum on_air_foreign foreign)
{
    const struct message *message = line->message;
    buffer_printf(out, "{\"id\":%" PRIu64, message->id);
    if (foreign == ON_AIR_FOREIGN_SHOWN)
        add_author(out, message, line->is_name_withheld);
    add_text(out, "text", message->is.text);
    add_emotes(out, message);
    if (message->is.kind == MESSAGE_ACTION)
        buffer_add_string(out, ",\"is_action\":true");
    buffer_add_char(out, '}');
}

static void add_chat(struct buffer *out, const struct gate *gate, const struct on_air_view *view)
{
    const struct gate_line *lines[GATE_LINES];
    size_t count = gate_lines(gate, shows, view, lines, GATE_LINES);
    buffer_add_string(out, "\"chat\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        add_line(out, lines[i], permission(view, lines[i]->message->is.platform));
    }
    buffer_add_char(out, ']');
}

static void add_money(struct buffer *out, const struct money *money)
{
    if (money->micros == 0 && money->units == 0 && money->count == 0 && money->item.len == 0)
        return;
    buffer_printf(out, ",\"money\":{\"micros\":%" PRId64 ",\"units\":%" PRId64 ",\"count\":%" PRId64, money->micros,
                  money->units, money->count);
    add_text(out, "currency", money->currency);
    add_text(out, "unit", money->unit);
    add_text(out, "item", money->item);
    if (money->is_streak_open)
        buffer_add_string(out, ",\"streak\":\"open\"");
    buffer_add_char(out, '}');
}

/* What a membership or a raid is about. */
static void add_detail(struct buffer *out, const struct message *message)
{
    const char *event = message->is.kind == MESSAGE_MEMBERSHIP ? json_get_text(message->is.detail, "event") : NULL;
    int64_t viewers = message->is.kind == MESSAGE_RAID ? json_get_int(message->is.detail, "viewers", 0) : 0;
    int64_t months = json_get_int(message->is.detail, "months", message->is.author.months);
    if (event)
        add_text(out, "event", str_from(event));
    if (viewers > 0)
        buffer_printf(out, ",\"viewers\":%" PRId64, viewers);
    if (months > 0)
        buffer_printf(out, ",\"months\":%" PRId64, months);
    if (json_get_bool(message->is.detail, "anonymous", false))
        buffer_add_string(out, ",\"is_anonymous\":true");
}

static void add_event(struct buffer *out, const struct gate_event *event, enum on_air_foreign foreign)
{
    const struct message *message = event->message;
    buffer_printf(out, "{\"id\":%" PRIu64 ",\"first\":%" PRIu64 ",\"kind\":\"%s\",\"since_ms\":%" PRId64, message->id,
                  event->first, message_kind_name(message->is.kind), event->passed_ms);
    if (foreign == ON_AIR_FOREIGN_SHOWN)
        add_author(out, message, event->is_name_withheld);
    if (event->is_text_withheld) {
        buffer_add_string(out, ",\"is_text_withheld\":true");
    } else {
        add_text(out, "text", message->is.text);
        add_emotes(out, message);
    }
    add_money(out, &message->is.money);
    add_detail(out, message);
    buffer_add_char(out, '}');
}

/* Those that passed after `since_ms`, the newest `max` of them. */
static void add_events(struct buffer *out, const struct gate *gate, const struct on_air_view *view, const char *key, size_t max,
                       int64_t since_ms)
{
    const struct gate_event *events[GATE_EVENTS];
    size_t count = gate_events(gate, events, GATE_EVENTS), kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (events[i]->passed_ms > since_ms && shows(view, events[i]->message->is.platform))
            events[kept++] = events[i];
    }
    size_t first = kept > max ? kept - max : 0;
    buffer_printf(out, "\"%s\":[", key);
    for (size_t i = first; i < kept; i++) {
        if (i > first)
            buffer_add_char(out, ',');
        add_event(out, events[i], permission(view, events[i]->message->is.platform));
    }
    buffer_add_char(out, ']');
}

static void begin_card(struct buffer *out, size_t view_start)
{
    if (out->len > view_start)
        buffer_add_char(out, ',');
}

void on_air_add_gated(const struct gate *gate, const struct on_air_view *view, int64_t now_ms, size_t view_start,
                      struct buffer *out)
{
    if (!gate)
        return;
    if (view->cards & ON_AIR_CHAT) {
        begin_card(out, view_start);
        add_chat(out, gate, view);
    }
    if (view->cards & ON_AIR_TICKER) {
        begin_card(out, view_start);
        add_events(out, gate, view, "ticker", TICKER_EVENTS, INT64_MIN);
    }
    if (view->cards & ON_AIR_ALERTS) {
        begin_card(out, view_start);
        add_events(out, gate, view, "alerts", ALERTS, now_ms - GATE_ALERT_MS);
    }
}
