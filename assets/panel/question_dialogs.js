// question_dialogs.js - what is asked of a moderator about a question, and what he may look up.
import { button, element, empty, platformMark, refill, skeleton } from "./dom.js";
import { dialogButtons, openDialog } from "./dialog.js";
import { clockTime, date, t } from "./i18n.js";

let made = 0;

// The wording for the air, with what was asked beside it. Resolves with the words, or null.
export function editDialog(question) {
  return new Promise((resolve) => {
    const id = `question-text-${++made}`;
    const input = element("textarea", { id, dir: "auto", rows: "4", maxlength: "1000", autofocus: true });
    input.value = question.text;
    const length = element("p", { class: "hint", role: "status" });
    const count = () => refill(length, t("questions.letters", { n: [...input.value].length }));
    input.addEventListener("input", count);
    count();
    const save = () => input.value.trim() && dialog.close("yes");
    input.addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && save());
    const form = element("form", { class: "edit-question", onsubmit: (event) => { event.preventDefault(); save(); } },
      element("div", { class: "as-asked" }, element("h3", {}, t("questions.as_asked")), element("p", { dir: "auto" }, question.text_original),
        question.text_original !== question.text && button(t("questions.as_asked_again"), () => { input.value = question.text_original; count(); input.focus(); }, { class: "quiet", "data-local": true })),
      element("div", {}, element("label", { for: id }, t("questions.edit_label")), input, length),
      dialogButtons(button(t("common.cancel"), () => dialog.close(), { "data-local": true }), element("button", { type: "submit", class: "primary" }, t("common.save"))));
    const dialog = openDialog({ title: t("questions.edit") }, form);
    input.focus();
    input.select();
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes" ? input.value.trim() : null));
  });
}

const line = (question) => element("span", { class: "choice" }, platformMark(question.platform), element("bdi", { dir: "auto" }, question.text));

// Which question says the same? Resolves with its id, or null.
export function sameAsDialog(question, all) {
  return new Promise((resolve) => {
    const others = all.filter(({ id, state }) => id !== question.id && state !== "dismissed")
      .sort((a, b) => rank(a.state) - rank(b.state) || (b.people ?? 0) - (a.people ?? 0));
    const list = element("div", { class: "choices", role: "group", "aria-label": t("questions.same_as") });
    const search = element("input", { type: "search", dir: "auto", "aria-label": t("questions.find"), placeholder: t("questions.find"), autocomplete: "off", oninput: () => show() });
    const show = () => {
      const wanted = search.value.trim().toLocaleLowerCase();
      const found = others.filter(({ text, author }) => `${text} ${author?.name ?? ""}`.toLocaleLowerCase().includes(wanted)).slice(0, 50);
      refill(list, found.length ? found.map((other) => button(line(other), () => { chosen = other.id; dialog.close(); }, { class: "choice-button" })) : empty("question", t("questions.none_found")));
    };
    let chosen = null;
    show();
    const dialog = openDialog({ title: t("questions.same_as") }, element("p", { class: "quoted", dir: "auto" }, question.text), element("p", { class: "hint" }, t("questions.same_as_help")), search, list);
    dialog.addEventListener("close", () => resolve(chosen));
  });
}

const rank = (state) => ["on_air", "ready", "new", "answered"].indexOf(state);

// Filled when the answer has come; closed dialogs take nothing.
function later(desk, question, title, draw) {
  const box = element("div", {}, skeleton(4));
  const dialog = openDialog({ title }, element("p", { class: "quoted", dir: "auto" }, question.text), box);
  desk.act("question.history", { id: question.id }).then((answer) => refill(box, draw(answer, dialog)), () => dialog.close());
  return dialog;
}

// Who asked it, each in his own words; all but the first can be taken out.
export function splitDialog(desk, question, split) {
  return later(desk, question, t("questions.split"), ({ asks }, dialog) => element("ul", { class: "asks" }, ...asks.map((ask, index) => element("li", {},
    element("p", { class: "byline" }, platformMark(ask.platform), element("bdi", { class: "who" }, ask.author.name), element("span", {}, clockTime(ask.asked_ms))),
    element("p", { dir: "auto" }, ask.text),
    index === 0 ? element("p", { class: "hint" }, t("questions.first_asker"))
      : button(t("questions.split_off"), () => { dialog.close(); split(ask.message); }, { class: "tonal", "aria-label": String(t("questions.split_off_name", { name: ask.author.name })) })))));
}

export function historyDialog(desk, question) {
  return later(desk, question, t("questions.history"), ({ history }) => (history.length ? element("ol", { class: "history" }, ...[...history].reverse().map((change) =>
    element("li", { class: change.is_undone ? "is-undone" : undefined },
      element("time", { datetime: new Date(change.at_ms).toISOString() }, clockTime(change.at_ms)),
      element("span", {}, t("questions.did", { name: change.by, what: t(`questions.action_${change.action}`) }),
        change.is_undone && element("span", { class: "chip" }, t("questions.taken_back"))),
      change.text && element("q", { dir: "auto" }, change.text)))) : empty("history", t("questions.no_history"))));
}

/* --- Chapters of the recording --- */

const formats = ["youtube", "webvtt", "csv"];
const local = (ms) => new Date(ms - new Date(ms).getTimezoneOffset() * 60000).toISOString().slice(0, 19);

// What was on air and when, for the recording. The first time is where the recording begins.
export async function chaptersDialog(desk) {
  const { shows } = await desk.act("show.list").catch(() => ({ shows: [] }));
  if (shows.length === 0) return;
  const show = element("select", { id: "chapters-show", "aria-label": t("questions.show") }, ...[...shows].reverse().map((ms) => element("option", { value: String(ms) }, `${date(ms)} ${clockTime(ms)}`)));
  const format = element("select", { id: "chapters-format", "aria-label": t("questions.format") }, ...formats.map((name) => element("option", { value: name }, t(`questions.format_${name}`))));
  const zero = element("input", { id: "chapters-zero", type: "datetime-local", step: "1", value: local(shows.at(-1)) });
  const text = element("textarea", { rows: "8", readonly: true, dir: "auto", "aria-label": t("questions.chapters") });
  const link = element("a", { class: "button-link", download: true }, t("questions.download"));
  const fields = () => ({ format: format.value, zero_ms: new Date(zero.value).getTime() || Number(show.value), show_ms: Number(show.value) });
  const update = async () => {
    const wanted = fields(), answer = await desk.act("questions.chapters", wanted).catch(() => null);
    text.value = answer?.text || t("questions.no_chapters");
    link.href = `api/v1/chapters/${wanted.format}/${wanted.zero_ms}/${wanted.show_ms}`;
    link.download = answer?.name ?? "";
    link.hidden = !answer?.text;
  };
  show.addEventListener("change", () => { zero.value = local(Number(show.value)); update(); });
  for (const field of [format, zero]) field.addEventListener("change", update);
  const row = (input, words) => element("div", { class: "field" }, element("label", { for: input.id }, words), input);
  openDialog({ title: t("questions.chapters") }, row(show, t("questions.show")), row(zero, t("questions.start")), element("p", { class: "hint" }, t("questions.start_help")),
    row(format, t("questions.format")), element("div", { class: "field" }, text),
    dialogButtons(button(t("questions.copy"), () => navigator.clipboard?.writeText(text.value), { "data-local": true }), link));
  update();
}

