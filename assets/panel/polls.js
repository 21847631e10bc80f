// polls.js - polls: two clicks to one, the running ones with their bars, what the platforms run themselves, the last ones.
import { announce } from "./announce.js";
import { button, card, element, empty, iconButton, meter, platformMark, refill } from "./dom.js";
import { ago, compact, number, percent, stopwatch, t } from "./i18n.js";
import { register } from "./keys.js";
import { openMenu } from "./menu.js";
import { notify } from "./notices.js";
import { PollForm } from "./poll_form.js";
import { shares } from "./shares.js";

const RECENT = 10;
const quiet = () => {};

// A draft again out of what the relay says of a poll.
function draftOf(poll) {
  const { question, question2, language, language2, mode, hidden, options, opened_ms, closes_ms } = poll;
  const seconds = closes_ms ? Math.round((closes_ms - opened_ms) / 1000) : 0;
  const second = options.some(({ text2 }) => text2) ? { options2: options.map(({ text2 }) => text2 ?? "") } : {};
  return { question, question2, language, language2, mode, hidden, seconds, options: options.map(({ text }) => text), ...second };
}

export class Polls {
  #box = element("div", { id: "poll" });
  #start = element("div", { id: "poll-start", class: "row poll-start" });
  #natives = element("div", { id: "native-polls" });
  #recent = element("div", { id: "recent-polls" });
  #past = element("details", { class: "poll-past" }, element("summary", {}, t("poll.recent")), this.#recent);
  #hasTime = false;

  constructor(desk) {
    this.desk = desk;
    this.store = desk.store;
    this.act = desk.act;
    this.form = new PollForm({ onstart: (...args) => this.#open(...args), onsave: (draft) => this.#save(draft), oncancel: () => this.#close() });
    desk.shell.place("show").append(card("poll", t("poll.title"), {}, this.#box, this.#natives, this.#start, this.form.node, this.#past));
    for (const part of ["polls", "role"]) this.store.addEventListener(part, () => this.#draw());
    for (const part of ["sources", "on_air", "reset"]) this.store.addEventListener(part, () => this.#choices());
    register("p", "place.show", "poll.new", () => { desk.shell.open("show"); this.#begin({}); }, { when: () => !this.#isViewer });
    setInterval(() => this.#hasTime && this.#tick(), 1000);
  }

  get #isViewer() { return this.store.role === "viewer"; }

  #choices() {
    this.form.setChoices(Object.keys(this.store.onAir.views ?? {}), [...this.store.sources.values()].some(({ can }) => can?.includes("poll_start")));
  }

  /* --- Beginning one --- */

  #begin(draft) {
    this.form.fill(draft);
    this.form.node.hidden = false;
    this.#start.hidden = true;
    this.form.focus();
  }

  #close() {
    this.form.node.hidden = true;
    this.#start.hidden = false;
    this.#start.querySelector("button")?.focus();
  }

  #open(draft, { onAir, isNative }) {
    this.act("poll.open", { ...draft, on_air: onAir, ...(isNative ? { platforms: [] } : {}) }).then((result) => {
      if (result?.not_on_platforms) notify("warn", t("poll.not_on_platforms", { why: result.not_on_platforms }));
      announce(t("poll.opened", { question: draft.question }));
      this.#close();
    }, quiet);
  }

  #save(draft) {
    this.act("poll.save", draft).then(() => notify("good", t("poll.is_saved")), quiet);
  }

  // What is on air is most likely what is asked about.
  #question(otherwise) {
    const onAir = Object.values(this.store.onAir.views ?? {}).map(({ question }) => question?.text).find(Boolean);
    return onAir ? onAir.slice(0, 200) : otherwise;
  }

  #drawStart() {
    const draft = (options, otherwise) => () => this.#begin({ question: this.#question(otherwise), options });
    refill(this.#start, this.#isViewer ? [] : [
      button(t("poll.yes_no"), draft([t("poll.yes"), t("poll.no")], t("poll.yes_or_no")), { class: "tonal", "data-key": "yes-no" }),
      button(t("poll.letters"), draft(["A", "B", "C"], t("poll.which")), { class: "tonal", "data-key": "letters" }),
      ...this.store.savedPolls.slice(-4).map((saved) => button(saved.question, () => this.#begin(saved), { class: "poll-saved", dir: "auto", title: saved.question, "data-key": `saved:${saved.id}` })),
      this.store.savedPolls.length > 0 && iconButton("more", t("poll.saved"), ({ currentTarget }) => this.#offerSaved(currentTarget), { "data-key": "saved" }),
      button(t("poll.new"), () => this.#begin({}), { "data-key": "new" })]);
  }

  #offerSaved(anchor) {
    const list = this.store.savedPolls;
    openMenu(anchor, [...list.map((saved) => ({ label: saved.question, run: () => this.#begin(saved) })), null,
      ...list.map((saved) => ({ label: t("poll.forget", { question: saved.question }), icon: "trash", isDangerous: true, run: () => this.act("poll.forget", { id: saved.id }).catch(quiet) }))],
    { label: t("poll.saved") });
  }

  /* --- Drawing --- */

  #draw() {
    const card = this.#box.closest(".card"), focused = card.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const polls = [...this.store.polls.values()].sort((a, b) => b.id - a.id);
    const shown = polls.filter(({ state, is_on_air }) => state === "open" || is_on_air);
    const past = polls.filter((poll) => !shown.includes(poll)).slice(0, RECENT);
    refill(this.#box, ...shown.map((poll) => this.#card(poll)), polls.length === 0 && empty("poll", t("poll.none"), t("poll.none_help")));
    refill(this.#natives, ...this.store.nativePolls.map((native) => this.#native(native, shown)));
    refill(this.#recent, ...past.map((poll) => this.#card(poll)));
    this.#past.hidden = past.length === 0;
    if (shown.length === 0 && past.length > 0 && !this.#past.dataset.met) this.#past.open = Boolean(this.#past.dataset.met = "1");
    this.#hasTime = shown.some(({ state, closes_ms }) => state === "open" && closes_ms);
    this.#drawStart();
    this.desk.shell.badge?.("show", shown.filter(({ state }) => state === "open").length, { words: t("poll.state_open") });
    if (focused) card.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  #tick() {
    for (const node of this.#box.querySelectorAll("[data-closes]")) node.textContent = this.#left(Number(node.dataset.closes));
  }

  #left(closesMs) { return stopwatch(Math.max(0, closesMs - Date.now())); }

  #card(poll) {
    const isOpen = poll.state === "open", parts = shares(poll.options.map(({ votes }) => votes ?? 0));
    return element("article", { class: `poll ${isOpen ? "is-open" : ""}`, "data-id": poll.id },
      element("p", { class: "text", dir: "auto", lang: poll.language }, poll.question),
      poll.question2 && element("p", { class: "second", dir: "auto", lang: poll.language2 }, poll.question2),
      element("p", { class: "hint poll-facts" },
        element("span", { class: `chip ${isOpen ? "good" : ""}` }, t(`poll.state_${poll.state}`)),
        element("span", {}, t("poll.votes", { n: poll.total })),
        isOpen && poll.closes_ms ? element("span", { class: "poll-left", role: "timer", "data-closes": poll.closes_ms, title: t("poll.left") }, this.#left(poll.closes_ms)) : null,
        !isOpen && poll.closed_ms ? element("span", {}, ago(poll.closed_ms)) : null,
        poll.mode === "first" ? element("span", { class: "chip" }, t("poll.counts_first")) : null,
        poll.hidden && isOpen ? element("span", { class: `chip ${poll.is_revealed ? "" : "accent"}` }, poll.is_revealed ? t("poll.is_revealed") : t("poll.is_hidden")) : null),
      ...poll.options.map((option, index) => this.#option(poll, option, index, parts[index])),
      this.#split(poll), !this.#isViewer && element("div", { class: "row tools" }, ...this.#tools(poll)));
  }

  #option(poll, option, index, share) {
    const most = Math.max(...poll.options.map(({ votes }) => votes));
    return element("div", { class: `poll-option ${option.votes > 0 && option.votes === most ? "leads" : ""}` },
      element("div", { class: "label" }, element("span", {}, `${number(index + 1)}. `, element("bdi", {}, option.text),
        option.text2 && element("span", { class: "second" }, " · ", element("bdi", {}, option.text2))),
      element("span", { class: "poll-count" }, element("span", {}, number(option.votes)), element("span", { class: "share" }, percent(share)))), meter(share, option.text));
  }

  // Who voted where: chats and the platforms' own polls.
  #split(poll) {
    const sum = (votes) => votes.reduce((all, one) => all + one, 0);
    const byPlatform = new Map();
    for (const { platform, votes } of poll.platforms ?? []) byPlatform.set(platform, (byPlatform.get(platform) ?? 0) + sum(votes));
    const chips = [...byPlatform].map(([platform, votes]) => element("span", { class: "chip" }, platformMark(platform), compact(votes)));
    for (const { platform, votes } of poll.natives ?? []) chips.push(element("span", { class: "chip info", title: t("poll.native_votes", { platform }) }, platformMark(platform), compact(sum(votes)), " ", t("poll.native_short")));
    return chips.length > 0 && element("p", { class: "row poll-split", "aria-label": t("poll.split") }, ...chips);
  }

  #tools(poll) {
    const { id } = poll;
    const tool = (label, command, fields = {}, attributes = {}) =>
      button(label, () => this.act(command, { id, ...fields }).catch(quiet), { "data-key": `${command}:${id}`, ...attributes });
    const tools = [];
    if (poll.state === "open") tools.push(tool(t("poll.close"), "poll.close", {}, { class: "primary" }));
    tools.push(tool(poll.is_on_air ? t("poll.off_air") : t("poll.to_air"), "poll.air", { on_air: !poll.is_on_air }, { class: poll.is_on_air ? "" : "tonal" }));
    if (poll.hidden && poll.state === "open") tools.push(tool(poll.is_revealed ? t("poll.hide_again") : t("poll.reveal"), "poll.reveal", { on: !poll.is_revealed }));
    if (poll.state === "closed") tools.push(button(t("poll.again"), () => this.#begin(draftOf(poll)), { "data-key": `again:${id}` }));
    tools.push(iconButton("more", t("poll.more"), ({ currentTarget }) => this.#more(currentTarget, poll), { "data-key": `more:${id}` }));
    return tools;
  }

  #more(anchor, poll) {
    openMenu(anchor, [
      { label: t("poll.export"), icon: "download", run: () => this.#export(poll) },
      { label: t("poll.recount"), icon: "refresh", run: () => this.#recount(poll) },
      { label: t("common.save"), icon: "pin", run: () => this.#save(draftOf(poll)) },
    ], { label: t("poll.more") });
  }

  #native(native, shown) {
    const { source, platform, native_id, question } = native, fields = { source, native_id };
    const open = shown.find(({ state, is_native }) => state === "open" && !is_native);
    return element("article", { class: "poll native" },
      element("p", { class: "hint" }, platformMark(platform), " ", t("poll.native_waits")),
      element("p", { class: "text", dir: "auto" }, question),
      element("p", { class: "hint" }, ...native.options.flatMap(({ text, votes }, index) => [index ? " · " : "", element("bdi", {}, text), ` ${number(votes)}`])),
      !this.#isViewer && element("div", { class: "row tools" },
        open ? button(t("poll.native_attach"), () => this.act("poll.attach", { id: open.id, ...fields }).catch(quiet), { "data-key": `attach:${native_id}` }) : null,
        button(t("poll.native_adopt"), () => this.act("poll.adopt", fields).catch(quiet), { "data-key": `adopt:${native_id}` })));
  }

  /* --- Results --- */

  // The relay gives the table in parts of a megabyte.
  async #export(poll) {
    const parts = [];
    try {
      for (let next; ;) {
        const part = await this.act("poll.export", { id: poll.id, format: "csv", ...(next ? { next } : {}) });
        parts.push(part.csv);
        next = part.next;
        if (!next) break;
      }
    } catch {
      return;
    }
    const link = element("a", { href: URL.createObjectURL(new Blob(parts, { type: "text/csv;charset=utf-8" })), download: `poll-${poll.id}.csv` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    announce(t("poll.exported"));
  }

  #recount(poll) {
    this.act("poll.recount", { id: poll.id })
      .then(({ is_same, total }) => notify(is_same ? "good" : "warn", t(is_same ? "poll.recount_same" : "poll.recount_other", { n: total })), quiet);
  }
}
