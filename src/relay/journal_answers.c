/* Answers wait in a mailbox until the loop gives them; a posted wake-up may outlive the journal, so the box does too. */
#include <stdlib.h>

#include "base/memory.h"
#include "net/loop.h"
#include "relay/journal_inside.h"

struct mailbox *mailbox_create(struct loop *loop)
{
    struct mailbox *mailbox = xcalloc(1, sizeof(*mailbox));
    pthread_mutex_init(&mailbox->lock, NULL);
    list_init(&mailbox->answers);
    mailbox->loop = loop;
    return mailbox;
}

static void mailbox_free(struct mailbox *mailbox)
{
    pthread_mutex_destroy(&mailbox->lock);
    free(mailbox);
}

void mailbox_close(struct mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    mailbox->is_closed = true;
    bool is_posted = mailbox->is_posted;
    pthread_mutex_unlock(&mailbox->lock);
    struct answer *answer, *following;
    list_for_each_safe(answer, following, &mailbox->answers, link) {
        list_remove(&answer->link);
        answer->destroy(answer);
    }
    if (!is_posted)
        mailbox_free(mailbox);
}

static struct answer *take_first(struct mailbox *mailbox)
{
    struct answer *answer = NULL;
    pthread_mutex_lock(&mailbox->lock);
    if (!list_is_empty(&mailbox->answers)) {
        answer = container_of(mailbox->answers.next, struct answer, link);
        list_remove(&answer->link);
    }
    pthread_mutex_unlock(&mailbox->lock);
    return answer;
}

static void give_all(struct mailbox *mailbox)
{
    struct answer *answer;
    // An answer may close the journal: the box is posted or held by the caller, so it is still there to be asked.
    while (!mailbox->is_closed && (answer = take_first(mailbox))) {
        answer->give(answer);
        answer->destroy(answer);
    }
}

static void mailbox_run(void *data)
{
    struct mailbox *mailbox = data;
    give_all(mailbox);
    pthread_mutex_lock(&mailbox->lock);
    bool is_closed = mailbox->is_closed, is_more = !list_is_empty(&mailbox->answers);
    mailbox->is_posted = !is_closed && is_more && mailbox->loop;
    pthread_mutex_unlock(&mailbox->lock);
    if (is_closed) {
        mailbox_free(mailbox);
    } else if (is_more && mailbox->loop) {
        loop_post(mailbox->loop, mailbox_run, mailbox);
    }
}

void mailbox_put(struct mailbox *mailbox, struct answer *answer)
{
    pthread_mutex_lock(&mailbox->lock);
    list_append(&mailbox->answers, &answer->link);
    bool must_post = mailbox->loop && !mailbox->is_posted;
    if (must_post)
        mailbox->is_posted = true;
    pthread_mutex_unlock(&mailbox->lock);
    if (must_post)
        loop_post(mailbox->loop, mailbox_run, mailbox);
}

void mailbox_dispatch(struct mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    bool is_posted = mailbox->is_posted;
    mailbox->is_posted = true;  // held by us: closed by an answer, it is freed when we are done
    pthread_mutex_unlock(&mailbox->lock);
    if (!is_posted)
        mailbox_run(mailbox);
}
