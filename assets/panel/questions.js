// questions.js - new, ready, on air, answered.
import { ago, button, byId, element, platformMark } from "./dom.js";

const groups = [["on_air", "On air"], ["ready", "Ready"], ["new", "Asked in chat"], ["answered", "Answered"], ["dismissed", "Dismissed"]];
const SHOWN = { new: 60, answered: 10, dismissed: 10 };

export class Questions {
  #box = byId("questions");

  constructor(store, act) {
    this.store = store;
    this.act = act;
    for (const part of ["questions", "role"]) store.addEventListener(part, () => this.#draw());
    byId("next").addEventListener("click", () => act("next"));
    byId("own-question").addEventListener("submit", (event) => {
      event.preventDefault();
      const field = byId("own-text");
      if (!field.value.trim()) return;
      act("question.add", { text: field.value.trim() }).then(() => { field.value = ""; }, () => {});
    });
  }

  #draw() {
    const focused = this.#box.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const all = [...this.store.questions.values()];
    this.#box.replaceChildren(...groups.flatMap(([state, title]) => this.#group(all, state, title)));
    if (all.length === 0) this.#box.append(element("p", { class: "empty" }, "Questions from the chat appear here: anything with a question mark, or !ask. Pick any message to add it."));
    byId("next").disabled = this.store.role === "viewer" || !all.some(({ state }) => state === "ready" || state === "on_air");
    if (focused) this.#box.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  #group(all, state, title) {
    const list = all.filter((question) => question.state === state)
      .sort(state === "ready" ? (a, b) => a.changed_ms - b.changed_ms : (a, b) => b.count - a.count || b.changed_ms - a.changed_ms)
      .slice(0, SHOWN[state] ?? 100);
    return list.length ? [element("p", { class: "group" }, title, element("span", {}, String(list.length))), ...list.map((question) => this.#card(question))] : [];
  }

  #card(question) {
    const { id, state } = question;
    const name = question.author?.name;
    return element("article", { class: `question ${state} ${question.is_marked ? "is-marked" : ""}` },
      element("p", { class: "hint" }, platformMark(question.platform), name ? element("bdi", {}, name) : "in the host's words", ` · ${ago(question.asked_ms ?? question.changed_ms)} `,
        question.count > 1 ? element("span", { class: "count" }, `asked ${question.count} times`) : null),
      element("p", { class: "text", dir: "auto" }, question.text),
      question.is_marked ? element("p", { class: "hint" }, "Its room was cleared. Keep it?") : null,
      this.store.role !== "viewer" && element("div", { class: "tools" }, ...this.#tools(id, state, question)));
  }

  #tools(id, state, question) {
    const tool = (label, command, attributes = {}, fields = { id }) =>
      button(label, () => this.act(command, fields), { "data-key": `${command}:${id}`, ...attributes });
    const tools = [];
    if (question.is_marked) tools.push(tool("Keep", "question.confirm"));
    if (state === "new") tools.push(tool("Ready", "question.pick", { class: "primary" }, question.message ? { message: question.message } : { id }));
    if (state === "ready") tools.push(tool("On air", "question.air", { class: "primary" }));
    if (state === "on_air") tools.push(tool("Answered", "question.answer", { class: "primary" }));
    if (state === "ready" || state === "new") tools.push(button("Edit", () => this.#edit(question), { "data-key": `edit:${id}` }));
    if (state === "new" || state === "ready" || state === "on_air") tools.push(tool("Dismiss", "question.dismiss"));
    if (state !== "new") tools.push(tool("Undo", "question.undo", { class: "quiet" }));
    return tools;
  }

  #edit(question) {
    const text = prompt("The question as it shall be shown:", question.text);
    if (text?.trim() && text.trim() !== question.text) this.act("question.edit", { id: question.id, text: text.trim() });
  }
}
