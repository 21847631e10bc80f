// question_sort.js - which question stands where. Pinned ones stand first, however the rest is sorted.

export const orders = ["hand", "votes", "age", "fairness"];

const asked = (question) => question.asked_ms ?? question.changed_ms;
const popular = (question) => question.votes ?? question.people ?? 1;  // who asked, and who wants it asked

// The relay's own order, in which "next" takes them (docs/api.md).
export const byHand = (a, b) => b.is_pinned - a.is_pinned || (a.order ?? 0) - (b.order ?? 0) || a.id - b.id;

const compare = {
  hand: (a, b) => (a.order ?? 0) - (b.order ?? 0) || a.id - b.id,
  votes: (a, b) => popular(b) - popular(a) || (b.score ?? 0) - (a.score ?? 0) || asked(a) - asked(b),
  age: (a, b) => asked(a) - asked(b) || a.id - b.id,
  fairness: (a, b) => (b.fairness ?? 0) - (a.fairness ?? 0) || popular(b) - popular(a) || asked(a) - asked(b),
};

// By hand means nothing among those that nobody has picked: there the most wanted stand first, the newest before the older.
const found = (a, b) => popular(b) - popular(a) || asked(b) - asked(a);
const latest = (a, b) => b.changed_ms - a.changed_ms;

export function sorted(questions, state, order) {
  const rest = state === "answered" || state === "dismissed" ? latest : order === "hand" && state === "new" ? found : compare[order];
  return [...questions].sort((a, b) => b.is_pinned - a.is_pinned || rest(a, b));
}
