// question_heard.js - who has been heard in this show: of each language and platform, and of those who came for the first time,
// how many asked and how many were on air. So that a show in five languages does not answer in one.
import { element, meter, platformMark, refill } from "./dom.js";
import { languageName, number, percent, t } from "./i18n.js";

const MOST = 6;

export class Heard {
  #box = element("div", { class: "heard-bars" });
  node = element("details", { class: "heard", "data-keep": "questions-heard", hidden: true, ontoggle: () => this.#draw() }, element("summary", {}, t("questions.heard")), this.#box);

  constructor(store) {
    this.store = store;
    for (const part of ["heard", "questions"]) store.addEventListener(part, () => this.#draw());
  }

  #draw() {
    const { heard, questions } = this.store;
    this.node.hidden = !heard || questions.size === 0;
    if (this.node.hidden || !this.node.open) return;
    const waiting = [...questions.values()].filter(({ state, author }) => author && (state === "new" || state === "ready"));
    const first = { first: heard.first_timers };
    refill(this.#box, ...[
      this.#part(t("questions.heard_languages"), rows(heard.languages, waiting, ({ language }) => language), (name) => element("span", {}, languageName(name))),
      this.#part(t("questions.heard_platforms"), rows(heard.platforms, waiting, ({ platform }) => platform), (name) => platformMark(name)),
      this.#part(t("questions.heard_first"), rows(first, waiting, ({ is_first_time: isFirst }) => isFirst && "first"), () => null),
    ].filter(Boolean));
  }

  // Those that asked most; a bar is the share of them that was heard.
  #part(title, all, name) {
    if (all.length === 0) return null;
    return element("section", {}, element("h3", {}, title), element("ul", {}, ...all.slice(0, MOST).map((row) => {
      const share = row.heard / row.asked, words = t("questions.heard_of", { heard: row.heard, asked: row.asked });
      return element("li", {}, element("span", { class: "heard-name" }, name(row.name)), meter(share, String(words), share === 0 ? "bad" : ""),
        element("span", { class: "heard-figure", title: percent(share) }, `${number(row.heard)} / ${number(row.asked)}`));
    })));
  }
}

// [{name, heard, asked}], who asked most first. Asked is who was heard and who waits.
function rows(groups, waiting, nameOf) {
  const found = new Map(Object.entries(groups ?? {}).map(([name, { count }]) => [name, { name, heard: count, asked: count }]));
  for (const question of waiting) {
    const name = nameOf(question);
    if (!name) continue;
    if (!found.has(name)) found.set(name, { name, heard: 0, asked: 0 });
    found.get(name).asked++;
  }
  return [...found.values()].filter(({ asked }) => asked > 0).sort((a, b) => b.asked - a.asked);
}
