// host_cards.js - the host's own cards: goals, countdowns, rules, codes and notes that are prepared, and shout-outs.
import { announce } from "./announce.js";
import { dialogButtons, openDialog, askText } from "./dialog.js";
import { button, card, element, empty, field, iconButton, meter, platformMark, refill } from "./dom.js";
import { HostCardForm, kindOf, microsOf } from "./host_card_form.js";
import { icon } from "./icons.js";
import { dateTime, languageName, money, number, stopwatch, t } from "./i18n.js";
import { register } from "./keys.js";
import { openMenu } from "./menu.js";
import { notify } from "./notices.js";
import { showPreview } from "./preview.js";

const MICROS = 1e6, STEPS = [1, 5, 10], STEPS_MONEY = [1, 5, 20];
const signs = { shoutout: "megaphone", goal: "flag", countdown: "clock", next_show: "calendar", rules: "rules", qr: "qr", note: "picture" };
const kinds = ["goal", "countdown", "next_show", "rules", "qr", "note"];
const signed = { signDisplay: "always", maximumFractionDigits: 0 };
const quiet = () => {};

// What stands on the card, in one line.
export const cardWords = (one) => one.title || one.name || one.text?.split("\n")[0] || t(`cards.kind_${kindOf(one)}`);

// What of a card is the person's to say: for an undo, a copy, a look before air.
function contentOf({ id, is_on_air, aired_ms, changed_by, is_reached, is_over, now, at_ms, ...content }) {
  const isGoal = content.kind === "goal", hasTime = content.kind === "countdown" && !content.seconds;
  return { ...content, ...(isGoal ? { now } : {}), ...(hasTime ? { at_ms } : {}) };
}

export class HostCards {
  #list = element("div", { id: "host-cards", class: "host-cards" });
  #start = element("div", { class: "row host-card-start", id: "host-card-start" });
  #clocks = [];

  constructor(desk) {
    this.desk = desk;
    this.store = desk.store;
    this.act = desk.act;
    this.form = new HostCardForm(desk);
    desk.shell.place("show").append(card("host-cards", t("cards.title"), {}, this.#list, this.#start));
    for (const part of ["host_cards", "role"]) this.store.addEventListener(part, () => this.#draw());
    desk.shoutOut = (message, name) => this.#shoutOut({ message: message.id, person: name, platform: message.platform, author: message.author.id }, name);
    register("Shift+O", "place.show", "cards.shoutout_new", () => this.#askPerson(), { when: () => !this.#isViewer });
    setInterval(() => document.hidden || this.#tick(), 1000);
  }

  get #isViewer() { return this.store.role === "viewer"; }

  /* --- Shout-outs --- */

  #shoutOut(fields, name) {
    return this.act("shoutout", fields).then(({ is_waiting: isWaiting }) => notify("good", t(isWaiting ? "cards.in_line" : "cards.said", { name })), quiet);
  }

  #askPerson() {
    const person = element("input", { dir: "auto", maxlength: 60, autocomplete: "off", required: true }), words = element("input", { dir: "auto", maxlength: 140, autocomplete: "off" });
    const form = element("form", { onsubmit: (event) => {
      event.preventDefault();
      dialog.close();
      const name = person.value.trim().replace(/^@/, "");
      this.#shoutOut({ person: name, ...(words.value.trim() ? { text: words.value.trim() } : {}) }, name);
    } }, field({ id: "shoutout-person", label: t("cards.person"), help: t("cards.person_help") }, person), field({ id: "shoutout-words", label: t("cards.words") }, words),
      dialogButtons(button(t("common.cancel"), () => dialog.close(), { "data-local": true }), element("button", { type: "submit", class: "primary" }, t("preview.air"))));
    const dialog = openDialog({ title: t("cards.shoutout_new"), kind: "small" }, form);
  }

  /* --- Drawing --- */

  #draw() {
    const part = this.#list.closest(".card"), focused = part.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const cards = [...this.store.hostCards.values()], shoutouts = cards.filter(({ kind }) => kind === "shoutout"), prepared = cards.filter(({ kind }) => kind !== "shoutout");
    this.#clocks = [];
    refill(this.#list, ...shoutouts.map((one) => this.#shoutout(one)), ...prepared.map((one) => this.#card(one)),
      cards.length === 0 && empty("picture", t("cards.none"), t("cards.none_help")));
    refill(this.#start, this.#isViewer ? [] : [
      button([icon("plus"), element("span", {}, t("cards.new"))], ({ currentTarget }) => this.#offer(currentTarget), { class: "tonal", "data-key": "new-card", id: "new-card" }),
      button([icon("megaphone"), element("span", {}, t("cards.shoutout_new"))], () => this.#askPerson(), { "data-key": "new-shoutout", id: "new-shoutout" })]);
    if (focused) part.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    this.#tick();
  }

  #offer(anchor) {
    openMenu(anchor, kinds.map((kind) => ({ label: t(`cards.kind_${kind}`), icon: signs[kind], run: () => setTimeout(() => this.form.open(kind)) })), { label: t("cards.new") });
  }

  #shoutout(one) {
    const clock = element("span", { class: "hint" }), what = cardWords(one);
    if (one.until_ms) this.#clocks.push(() => refill(clock, t("cards.leaves", { time: stopwatch(Math.max(0, one.until_ms - Date.now())) })));
    else refill(clock, t("cards.waits"));
    return element("article", { class: `host-card ${one.is_on_air ? "is-on-air" : ""}`, "data-id": one.id }, icon("megaphone"),
      element("div", { class: "host-card-words" }, element("p", { class: "text" }, platformMark(one.platform), " ", element("bdi", {}, one.name)),
        one.text && element("p", { class: "soft", dir: "auto" }, one.text), clock),
      !this.#isViewer && button(one.is_on_air ? t("air.take_off") : t("common.remove"), () => this.act("card.air", { id: one.id, on_air: false }).then(() => announce(t("air.taken_off")), quiet),
        { "data-key": `air:${one.id}`, "aria-label": String(t(one.is_on_air ? "air.take_off_what" : "cards.remove_what", { what })) }));
  }

  #card(one) {
    const { id } = one, what = cardWords(one);
    return element("article", { class: `host-card ${one.is_on_air ? "is-on-air" : ""}`, "data-id": id }, icon(signs[kindOf(one)]),
      element("div", { class: "host-card-words" },
        element("p", { class: "text", dir: "auto", lang: one.language }, what),
        element("p", { class: "hint" }, ...this.#facts(one))),
      !this.#isViewer && element("div", { class: "row host-card-tools" },
        button(one.is_on_air ? t("air.take_off") : t("preview.air"), () => this.#air(one), { class: one.is_on_air ? "" : "tonal", "data-key": `air:${id}`,
          "aria-label": String(t(one.is_on_air ? "air.take_off_what" : "cards.to_air_what", { what })) }),
        iconButton("more", String(t("cards.more", { what })), ({ currentTarget }) => this.#more(currentTarget, one), { "data-key": `more:${id}` })),
      one.kind === "goal" && this.#goal(one));
  }

  // Kind first, then what tells one from the other.
  #facts(one) {
    const facts = [t(`cards.kind_${kindOf(one)}`)], { kind, title, text, items } = one;
    if (kind === "goal") facts.push(t(`cards.counts_${goalCounts(one)}`, { what: one.what ?? "" }));
    if (kind === "countdown") facts.push(this.#time(one));
    if (kind === "rules") facts.push(t("cards.rules_count", { n: items.length }));
    if ((kind === "qr" || kind === "note") && title && text) facts.push(element("bdi", { class: "cut" }, text.split("\n")[0]));
    if (one.picture) facts.push(t("cards.with_picture"));
    if (one.language) facts.push(one.language2 ? `${languageName(one.language)} · ${languageName(one.language2)}` : languageName(one.language));
    return facts.flatMap((fact, index) => [index ? " · " : null, fact]);
  }

  #time(one) {
    if (one.is_over) return t("cards.is_over");
    if (one.seconds && !one.is_on_air) return t("cards.runs", { time: stopwatch(one.seconds * 1000) });
    const isSoon = one.is_on_air && one.mode === "countdown", clock = element("span", { class: "clock" });
    if (!isSoon) return one.at_ms < Date.now() ? t("cards.is_past", { time: dateTime(one.at_ms) }) : dateTime(one.at_ms);
    this.#clocks.push(() => refill(clock, t("cards.leaves", { time: stopwatch(Math.max(0, one.at_ms - Date.now())) })));
    return clock;
  }

  #goal(one) {
    const isMoney = one.unit === "money", show = (value) => (isMoney ? money(value / MICROS, one.currency) : number(value)), what = cardWords(one);
    const step = (amount) => {
      const value = isMoney ? amount * MICROS : amount, words = isMoney ? money(amount, one.currency, signed) : number(amount, signed);
      return button(words, () => this.#add(one, value, show), { class: "quiet", "data-key": `add:${one.id}:${amount}`, "aria-label": String(t("cards.add_to", { amount: words, what })) });
    };
    return element("div", { class: "host-goal" }, meter(one.now / one.target, what, one.is_reached ? "good" : ""),
      element("div", { class: "row host-goal-line" }, element("span", {}, t("cards.of", { now: show(one.now), target: show(one.target) })),
        one.is_reached && element("span", { class: "chip good" }, t("cards.reached")),
        !this.#isViewer && element("span", { class: "row host-goal-steps" }, ...(isMoney ? STEPS_MONEY : STEPS).map(step))));
  }

  #tick() {
    for (const clock of this.#clocks) clock();
  }

  /* --- Doing --- */

  #air(one) {
    const isOn = !one.is_on_air;
    this.act("card.air", { id: one.id, on_air: isOn }).then(() => announce(isOn ? t("cards.is_on_air", { what: cardWords(one) }) : t("air.taken_off")), quiet);
  }

  #add(one, amount, show) {
    this.act("goal.add", { id: one.id, amount }).then(() => notify("good", t("cards.added", { amount: show(amount), what: cardWords(one) }),
      { action: { label: t("common.undo"), run: () => this.act("goal.add", { id: one.id, amount: -amount }).catch(quiet) } }), quiet);
  }

  async #setNow(one) {
    const isMoney = one.unit === "money", value = await askText({ title: t("cards.set_now"), label: isMoney ? `${t("cards.now")} (${one.currency})` : t("cards.now"), value: String(isMoney ? one.now / MICROS : one.now) });
    if (value === null) return;
    const now = isMoney ? microsOf(value) : Math.round(Number(value));
    if (!Number.isSafeInteger(now) || now < 0) return notify("error", t("cards.no_number"));
    this.act("card.change", { id: one.id, now }).then(() => notify("good", t("cards.is_saved"),
      { action: { label: t("common.undo"), run: () => this.act("card.change", { id: one.id, now: one.now }).catch(quiet) } }), quiet);
  }

  #more(anchor, one) {
    const later = (run) => () => setTimeout(run);  // the menu gives the focus back first
    openMenu(anchor, [
      { label: t("common.edit"), icon: "edit", run: later(() => this.form.open(kindOf(one), one)) },
      one.kind === "goal" && { label: t("cards.set_now"), icon: "flag", run: later(() => this.#setNow(one)) },
      { label: t("preview.title"), icon: "eye", run: later(() => showPreview({ card: contentOf(one), words: cardWords(one) }, anchor)) },
      { label: t("cards.copy"), icon: "copy", run: () => this.act("card.add", contentOf(one)).catch(quiet) },
      null,
      { label: t("cards.forget"), icon: "trash", isDangerous: true, run: () => this.#forget(one) },
    ].filter((entry) => entry !== false), { label: String(t("cards.more", { what: cardWords(one) })) });
  }

  #forget(one) {
    this.act("card.forget", { id: one.id }).then(() => notify("info", t("cards.forgotten", { what: cardWords(one) }),
      { action: { label: t("common.undo"), run: () => this.act("card.add", { ...contentOf(one), on_air: one.is_on_air }).catch(quiet) } }), quiet);
  }
}

// By what its words go: cards.counts_….
function goalCounts({ unit, what }) {
  if (unit === "money") return "money";
  return !what ? "hand" : ["members", "follows", "gifts", "bits"].includes(what) ? what : "other";
}
