/*
 * Ko-fi's webhook: a form with one field `data`, which holds JSON. Ko-fi signs nothing; it sends a verification token in
 * the body. E-mail, address and Discord name are never looked at. Source: ko-fi.com/manage/webhooks (2026).
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "chat/money.h"
#include "connector/door_inside.h"
#include "connector/fields.h"
#include "net/form.h"

static bool is_verified(const struct door *door, const json_t *object)
{
    struct str given = field_text(object, "verification_token");
    size_t held = strlen(door->kofi_token);
    volatile unsigned char differs = held != given.len;
    for (size_t i = 0; held > 0 && i < given.len; i++)
        differs |= (unsigned char)(door->kofi_token[i % held] ^ given.data[i]);
    return held == 0 || differs == 0;
}

static void set(json_t *detail, const char *key, struct str text)
{
    if (text.len > 0)
        json_object_set_new(detail, key, json_stringn(text.data, text.len));
}

/* "Donation", "Subscription", "Commission", "Shop Order". */
static void read_type(const json_t *object, struct message_draft *draft, json_t *detail)
{
    struct str type = field_text(object, "type");
    draft->kind = MESSAGE_GIFT;
    if (str_equal(type, STR("Subscription"))) {
        bool is_first = json_is_true(json_object_get(object, "is_first_subscription_payment"));
        draft->kind = MESSAGE_MEMBERSHIP;
        draft->money.item = field_text(object, "tier_name");
        set(detail, "event", is_first ? STR("new") : STR("renewed"));
    } else if (str_equal(type, STR("Shop Order"))) {
        set(detail, "event", STR("shop_order"));
    } else if (str_equal(type, STR("Commission"))) {
        set(detail, "event", STR("commission"));
    }
}

static bool deliver(struct door *door, const json_t *object, struct error *err)
{
    json_t *detail = json_object();
    struct message_draft draft = {.platform = STR("kofi"), .native_id = field_text(object, "message_id")};
    struct str time = field_text(object, "timestamp"), amount = field_text(object, "amount"), currency = field_text(object, "currency");
    read_type(object, &draft, detail);
    bool is_good = money_is_currency(currency) && money_from_decimal(amount, &draft.money.micros);
    if (is_good) {
        draft.event_key = draft.native_id;
        draft.money.currency = currency;
        clock_parse_rfc3339(time.data ? time.data : "", time.len, &draft.time_ms);
        if (json_is_true(json_object_get(object, "is_public"))) {
            draft.author.name = field_text(object, "from_name");
            draft.text = field_text(object, "message");
        } else {
            json_object_set_new(detail, "anonymous", json_true());
        }
        draft.detail = json_object_size(detail) > 0 ? detail : NULL;
        connector_deliver(&door->base, &draft);
    } else {
        error_set(err, ERROR_DATA, "kofi: expected an amount like \"3.00\" and a currency like \"USD\"");
    }
    json_decref(detail);
    return is_good;
}

bool door_take_kofi(struct door *door, const struct door_input *input, struct buffer *out, struct error *err)
{
    char *data = form_find(input->body, input->len, "data");
    if (!data)
        return error_set(err, ERROR_DATA, "kofi: expected a form with the field \"data\"");
    json_t *object = json_parse(data, strlen(data), err);
    bool is_good = json_is_object(object);
    if (is_good && !is_verified(door, object)) {
        // Answered as if all were well: else it would come again and again.
        error_set(err, ERROR_DENIED, "kofi: the verification token is not the one at \"kofi_token\"");
        connector_end_frame(&door->base, err);
        *err = (struct error){0};
    } else if (is_good) {
        is_good = deliver(door, object, err);
    } else if (object) {
        error_set(err, ERROR_DATA, "kofi: expected an object in \"data\"");
    }
    json_decref(object);
    free(data);
    return is_good;
}
