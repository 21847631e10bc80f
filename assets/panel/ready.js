// ready.js - the order in which ready questions wait, as the relay's `next` takes them (docs/api.md, Order).

export const byOrder = (a, b) => Boolean(b.is_pinned) - Boolean(a.is_pinned) || (a.order ?? 0) - (b.order ?? 0) || a.id - b.id;

export function readyQuestions(store) {
  return [...store.questions.values()].filter(({ state }) => state === "ready").sort(byOrder);
}

// What `next` would put on air; undefined: nothing waits.
export const nextQuestion = (store) => readyQuestions(store).find(({ is_marked: isMarked }) => !isMarked);
