// question_card.js - one question as a card. It draws and tells; what is done stands in question_actions.js.
import { aside, button, element, iconButton, platformMark } from "./dom.js";
import { ago, date, languageName, number, shortTime, t } from "./i18n.js";
import { icon } from "./icons.js";

export const steps = { new: "ready", ready: "air", on_air: "answer", answered: "back", dismissed: "back" };
const SCORED = ["mark", "word", "command", "platform"];

// The first letter of a name, whatever its script: a face without a picture.
const initial = (name) => [...new Intl.Segmenter().segment(name.replace(/^[@\s]+/, ""))][0]?.segment ?? "?";

export const isForeign = (question, me) => Boolean(question.claim) && question.claim.by !== me;

// context: {me, role, actions, isSortedByHand}
export function drawCard(question, context) {
  const { id, state } = question;
  const mayAct = context.role !== "viewer", isDragged = mayAct && (state === "new" || state === "ready");
  const kinds = [state, question.is_marked && "is-marked", question.is_pinned && "is-pinned", isForeign(question, context.me) && "is-foreign"];
  return element("article", { class: `question ${kinds.filter(Boolean).join(" ")}`, "data-id": id, "data-key": `card:${id}`, tabindex: "-1", "aria-label": label(question) },
    element("div", { class: "question-head" },
      isDragged && element("span", { class: "grip", "data-grip": id, title: t("questions.drag"), "aria-hidden": "true" }, icon("grip")),
      byline(question, context)),
    element("p", { class: "text", dir: "auto", lang: question.language }, question.text),
    original(question), note(question), figures(question),
    question.is_marked && element("p", { class: "remedy" }, t("questions.marked")),
    mayAct && tools(question, context));
}

// What is read when a card takes the focus.
function label(question) {
  const words = [t(`questions.${question.state}`), question.author?.name ?? t("questions.host_words"), question.text];
  if (question.is_pinned) words.push(t("questions.is_pinned"));
  if (question.claim) words.push(String(t("questions.claimed", { name: question.claim.by })));
  if (question.note) words.push(`${t("questions.note")}: ${question.note}`);
  return words.join(". ");
}

function byline(question, { me }) {
  const { author, claim } = question;
  const asked = question.asked_ms ?? question.changed_ms;
  return element("p", { class: "byline" },
    author ? element("span", { class: `avatar ${question.platform ?? ""}`, "aria-hidden": "true" }, initial(author.name || "?")) : icon("host"),
    author ? element("bdi", { class: "who" }, author.name) : element("span", { class: "who" }, t("questions.host_words")),
    platformMark(question.platform),
    question.language && element("span", { class: "chip" }, languageName(question.language)),
    question.is_first_time && element("span", { class: "chip good" }, t("questions.first_timer")),
    warned(question.warning),
    question.is_carried && element("span", { class: "chip info" }, t("questions.carried", { date: date(question.show_ms) })),
    question.is_pinned && element("span", { class: "chip accent" }, icon("pin"), t("questions.is_pinned")),
    element("time", { "data-ago": asked, datetime: new Date(asked).toISOString() }, ago(asked)),
    claim && element("span", { class: `chip claim ${claim.by === me ? "warn" : "bad"}`, title: shortTime(claim.until_ms) }, icon("hand"),
      claim.by === me ? t("questions.claimed_me") : t("questions.claimed", { name: claim.by })));
}

function original(question) {
  if (question.text === question.text_original) return null;
  return element("p", { class: "original" }, element("span", { class: "chip info" }, t("questions.edited")), " ",
    element("q", { dir: "auto" }, question.text_original));
}

const note = (question) => question.note && element("p", { class: "note" }, icon("note"), aside(`${t("questions.note")}: `), element("bdi", { dir: "auto" }, question.note));

function figures(question) {
  const people = question.people ?? question.count, places = Object.keys(question.platforms ?? {}).length;
  const chips = [
    people > 1 && element("span", { class: "chip", title: Object.entries(question.platforms ?? {}).map(([name, n]) => `${name} ${number(n)}`).join(", ") },
      icon("crew"), places > 1 ? t("questions.people_places", { n: people, places: t("questions.places", { n: places }) }) : t("questions.people", { n: people })),
    question.upvotes > 0 && element("span", { class: "chip accent" }, icon("heart"), t("questions.votes", { n: question.votes })),
    question.code && element("span", { class: "chip code", title: t("questions.code_help") }, element("bdi", { dir: "ltr" }, `+1 ${question.code}`)),
    question.score > 0 && question.state === "new" && element("span", { class: "chip score", title: t("questions.score") }, aside(`${t("questions.score")}: `), number(question.score)),
    ...(question.state === "new" ? (question.reasons ?? []).filter((name) => SCORED.includes(name)).map((name) => element("span", { class: "chip reason" }, t(`questions.reason_${name}`))) : []),
  ].filter(Boolean);
  return chips.length > 0 && element("p", { class: "figures" }, ...chips);
}

function tools(question, { me, role, actions }) {
  const { id, state } = question;
  const isHeld = isForeign(question, me), step = steps[state], isDone = state === "answered" || state === "dismissed";
  const tool = (name, key, run, attributes = {}) => iconButton(name, t(`questions.${key}`), run, { "data-key": `${key}:${id}`, disabled: isHeld, ...attributes });
  return element("div", { class: "tools" },
    question.is_marked && button(t("questions.keep"), () => actions.confirm(id), { "data-key": `keep:${id}`, class: "tonal", disabled: isHeld }),
    button(t(`questions.to_${step}`), () => actions.step(id), { "data-key": `step:${id}`, class: state === "new" || isDone ? "tonal" : "primary", disabled: isHeld }),
    element("span", { class: "grow" }),
    !isDone && (isHeld && role === "owner"
      ? button(t("questions.take_over"), () => actions.claim(id, true), { "data-key": `claim:${id}`, class: "quiet" })
      : tool("hand", "claim", () => actions.claim(id), { "aria-pressed": String(Boolean(question.claim)), disabled: isHeld })),
    !isDone && iconButton("edit", t("common.edit"), () => actions.edit(id), { "data-key": `edit:${id}`, disabled: isHeld }),
    !isDone && tool("pin", "pin", () => actions.pin(id), { class: "quiet pin-tool", "aria-pressed": String(question.is_pinned) }),
    !isDone && tool("close", "dismiss", () => actions.dismiss(id)),
    iconButton("more", t("questions.more"), ({ currentTarget }) => actions.more(id, currentTarget), { "data-key": `more:${id}`, "data-local": true }));
}

// A word list holds something of it: who brings it on air sees that first.
function warned(warning) {
  if (!warning) return null;
  return element("span", { class: "chip bad warned" }, icon("warn"), t(warning.in === "name" ? "questions.warned_name" : "questions.warned"), " ", element("bdi", {}, warning.word));
}
