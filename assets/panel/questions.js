// questions.js - new, ready, on air, answered.
import { button, element, empty, field, platformMark, refill } from "./dom.js";
import { askText } from "./dialog.js";
import { ago, number, t } from "./i18n.js";
import { register } from "./keys.js";

const groups = ["on_air", "ready", "new", "answered", "dismissed"];
const SHOWN = { new: 60, answered: 10, dismissed: 10 };

export class Questions {
  #box = element("div", { class: "scroll grow", id: "questions", "data-keep": "questions" });
  #next = button(t("questions.next"), () => this.#goOn(), { id: "next", class: "primary", disabled: true });

  constructor(desk) {
    this.desk = desk;
    this.store = desk.store;
    this.act = desk.act;
    for (const part of ["questions", "role"]) this.store.addEventListener(part, () => this.#draw());
    desk.shell.tools("questions").append(this.#next);
    desk.shell.place("questions").append(this.#ownForm(), this.#box);
    register("n", "place.questions", "questions.next", () => this.#goOn(), { when: () => !this.#next.disabled });
  }

  #goOn() { this.act("next").catch(() => {}); }

  #ownForm() {
    const input = element("input", { dir: "auto", maxlength: "500", placeholder: t("questions.own_hint"), autocomplete: "off" });
    return element("form", { id: "own-question", class: "inline-form", onsubmit: (event) => {
      event.preventDefault();
      if (input.value.trim()) this.act("question.add", { text: input.value.trim() }).then(() => { input.value = ""; }, () => {});
    } }, field({ id: "own-text", label: t("questions.own"), isHidden: true }, input, element("button", { type: "submit" }, t("common.add"))));
  }

  #draw() {
    const focused = this.#box.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const all = [...this.store.questions.values()];
    refill(this.#box, groups.flatMap((state) => this.#group(all, state)), all.length === 0 && empty("question", t("questions.none"), t("questions.none_help")));
    this.#next.disabled = this.store.role === "viewer" || !all.some(({ state }) => state === "ready" || state === "on_air");
    this.desk.shell.badge("questions", all.filter(({ state }) => state === "ready").length, { words: t("questions.ready") });
    if (focused) this.#box.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  #group(all, state) {
    const list = all.filter((question) => question.state === state)
      .sort(state === "ready" ? (a, b) => a.changed_ms - b.changed_ms : (a, b) => b.count - a.count || b.changed_ms - a.changed_ms)
      .slice(0, SHOWN[state] ?? 100);
    return list.length ? [element("h3", { class: "group" }, t(`questions.${state}`), element("span", { class: "count" }, number(list.length))), ...list.map((question) => this.#card(question))] : [];
  }

  #card(question) {
    const { id, state } = question;
    const name = question.author?.name;
    return element("article", { class: `question ${state} ${question.is_marked ? "is-marked" : ""}` },
      element("p", { class: "byline" }, platformMark(question.platform), name ? element("bdi", { class: "who" }, name) : t("questions.host_words"), element("span", {}, ago(question.asked_ms ?? question.changed_ms)),
        question.count > 1 ? element("span", { class: "chip" }, t("questions.asked", { n: question.count })) : null),
      element("p", { class: "text", dir: "auto" }, question.text),
      question.is_marked ? element("p", { class: "remedy" }, t("questions.marked")) : null,
      this.store.role !== "viewer" && element("div", { class: "tools" }, ...this.#tools(id, state, question)));
  }

  #tools(id, state, question) {
    const tool = (label, command, attributes = {}, fields = { id }) =>
      button(label, () => this.act(command, fields).catch(() => {}), { "data-key": `${command}:${id}`, ...attributes });
    const tools = [];
    if (question.is_marked) tools.push(tool(t("questions.keep"), "question.confirm"));
    if (state === "new") tools.push(tool(t("questions.to_ready"), "question.pick", { class: "tonal" }, question.message ? { message: question.message } : { id }));
    if (state === "ready") tools.push(tool(t("questions.to_air"), "question.air", { class: "primary" }));
    if (state === "on_air") tools.push(tool(t("questions.to_answered"), "question.answer", { class: "primary" }));
    if (state === "ready" || state === "new") tools.push(button(t("common.edit"), () => this.#edit(question), { "data-key": `edit:${id}` }));
    if (state === "new" || state === "ready" || state === "on_air") tools.push(tool(t("questions.dismiss"), "question.dismiss", { class: "quiet" }));
    if (state !== "new") tools.push(tool(t("common.undo"), "question.undo", { class: "quiet" }));
    return tools;
  }

  async #edit(question) {
    const text = await askText({ title: t("questions.edit"), label: t("questions.edit_label"), value: question.text, isLong: true });
    if (text?.trim() && text.trim() !== question.text) this.act("question.edit", { id: question.id, text: text.trim() }).catch(() => {});
  }
}
