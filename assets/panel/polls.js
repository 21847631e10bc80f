// polls.js - one open poll: its votes, its form.
import { button, card, element, field, meter, refill, toggle } from "./dom.js";
import { duration, number, percent, t } from "./i18n.js";

const SECONDS = [30, 60, 120, 300];

export class Polls {
  #box = element("div", { id: "poll" });
  #question = element("input", { dir: "auto", maxlength: "200", autocomplete: "off", required: true });
  #options = element("textarea", { dir: "auto", rows: "3", required: true });
  #seconds = element("select", {}, element("option", { value: "0" }, t("poll.by_hand")), ...SECONDS.map((s) => element("option", { value: s }, duration(s * 1000))));
  #native = toggle("poll-native", t("poll.native"), false);

  constructor(desk) {
    this.store = desk.store;
    this.act = desk.act;
    this.form = element("form", { id: "poll-form", onsubmit: (event) => this.#open(event) },
      field({ id: "poll-question", label: t("poll.question") }, this.#question),
      field({ id: "poll-options", label: t("poll.options") }, this.#options), this.#native,
      field({ id: "poll-seconds", label: t("poll.closes") }, this.#seconds, element("button", { type: "submit", class: "primary" }, t("poll.open"))));
    desk.shell.place("show").append(card("poll", t("poll.title"), {}, this.#box, this.form));
    for (const part of ["polls", "role"]) this.store.addEventListener(part, () => this.#draw());
    this.store.addEventListener("sources", () => { this.#native.hidden = ![...this.store.sources.values()].some(({ can }) => can?.includes("poll_start")); });
  }

  #draw() {
    const polls = [...this.store.polls.values()].sort((a, b) => b.id - a.id);
    const open = polls.find(({ state }) => state === "open");
    const poll = open ?? polls.find((one) => one.is_on_air) ?? polls[0];
    refill(this.#box, poll && this.#card(poll));
    this.form.hidden = Boolean(open) || this.store.role === "viewer";
  }

  #card(poll) {
    const share = (votes) => (poll.total ? votes / poll.total : 0);
    return element("div", { class: "poll" },
      element("p", { class: "text", dir: "auto" }, poll.question),
      element("p", { class: "hint" }, element("span", { class: `chip ${poll.state === "open" ? "good" : ""}` }, t(`poll.state_${poll.state}`)), " ", t("poll.votes", { n: poll.total })),
      ...poll.options.map((option, index) => element("div", { class: "poll-option" },
        element("div", { class: "label" }, element("span", {}, `${number(index + 1)}. `, element("bdi", {}, option.text)), element("span", {}, `${number(option.votes)} · ${percent(share(option.votes))}`)),
        meter(share(option.votes), option.text))),
      this.store.role !== "viewer" && element("div", { class: "row" },
        poll.state === "open" ? button(t("poll.close"), () => this.act("poll.close", { id: poll.id }).catch(() => {}), { class: "primary" }) : null,
        button(poll.is_on_air ? t("poll.off_air") : t("poll.to_air"), () => this.act("poll.air", { id: poll.id, on_air: !poll.is_on_air }).catch(() => {}))));
  }

  #open(event) {
    event.preventDefault();
    const options = this.#options.value.split("\n").map((line) => line.trim()).filter(Boolean);
    const seconds = Number(this.#seconds.value), isNative = this.#native.querySelector("input").checked;
    const poll = { question: this.#question.value.trim(), options, ...(seconds ? { seconds } : {}) };
    this.act("poll.open", poll)
      .then(() => { this.form.reset(); if (isNative) this.act("source.poll", poll).catch(() => {}); }, () => {});
  }
}
