#include "relay/edited.h"

#include "chat/message.h"

struct message *message_edited(const struct message *old, const struct message *edit)
{
    struct message_draft draft = old->is;
    draft.text = edit->is.text;
    draft.emotes = edit->is.emotes;
    draft.emote_count = edit->is.emote_count;
    struct message *changed = message_create(&draft);
    message_stamp(changed, old->id, old->received_ms);
    return changed;
}
