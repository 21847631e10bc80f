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
    store.addEventListener("heard", () => this.#draw());
  }

  #draw() {
    const { heard } = this.store;
    this.node.hidden = ![...(heard?.languages ?? []), ...(heard?.platforms ?? [])].some(({ asked }) => asked > 0);
    if (this.node.hidden || !this.node.open) return;
    refill(this.#box, ...[
      this.#part(t("questions.heard_languages"), heard.languages, ({ language }) => element("span", {}, languageName(language))),
      this.#part(t("questions.heard_platforms"), heard.platforms, ({ platform }) => platformMark(platform)),
      this.#part(t("questions.heard_first"), [heard.first_timers ?? {}], () => null),
    ].filter(Boolean));
  }

  // Those that asked most; a bar is the share of them that was heard.
  #part(title, rows, name) {
    const asked = (rows ?? []).filter((row) => row.asked > 0).sort((a, b) => b.asked - a.asked).slice(0, MOST);
    if (asked.length === 0) return null;
    return element("section", {}, element("h3", {}, title), element("ul", {}, ...asked.map((row) => {
      const share = Math.min(1, row.heard / row.asked), words = t("questions.heard_of", { heard: row.heard, asked: row.asked });
      return element("li", {}, element("span", { class: "heard-name" }, name(row)), meter(share, String(words), share === 0 ? "bad" : ""),
        element("span", { class: "heard-figure", title: percent(share) }, `${number(row.heard)} / ${number(row.asked)}`));
    })));
  }
}
