// crew.js - who is at the desk: duty, languages, local time; and the notes that one leaves for the next.
import { announce } from "./announce.js";
import { openAudit } from "./audit.js";
import { button, card, element, empty, fill, iconButton, refill, toggle } from "./dom.js";
import { askText, dialogButtons, openDialog } from "./dialog.js";
import { ago, compare, dateTime, languageName, list, t, timeIn } from "./i18n.js";
import { Invitations } from "./invitations.js";
import { register } from "./keys.js";
import { prefs } from "./prefs.js";

const CLOCK_MS = 20000, LANGUAGES_MAX = 8, NOTE_MAX = 600;

// Offered to be ticked: what crews of our field read; the tag of any other is kept.
const offered = ["ar", "az", "bn", "de", "en", "es", "fa", "fr", "he", "hi", "id", "it", "ja", "ko", "ku", "nl", "pl", "ps", "pt", "ru", "sv", "th", "tr", "uk", "ur", "vi", "zh-Hans", "zh-Hant"];

export class Crew {
  #people = element("ul", { id: "crew-people", class: "people" });
  #notes = element("ol", { id: "crew-notes", class: "crew-notes" });
  #mine = element("div", { id: "crew-mine", class: "crew-mine" });

  constructor(desk) {
    this.desk = desk;
    this.store = desk.store;
    this.add = button(t("crew.note_add"), () => this.#addNote(), { id: "crew-note-add" });
    this.log = button(t("audit.title"), () => openAudit(desk), { id: "audit-open" });
    desk.shell.place("crew").append(
      card("crew", t("crew.who"), { tools: [this.log] }, this.#mine, this.#people),
      card("notes", t("crew.notes"), { tools: [this.add] }, this.#notes));
    new Invitations(desk);
    for (const part of ["crew", "role"]) this.store.addEventListener(part, () => this.#draw());
    desk.shell.desk.addEventListener("places", () => this.#drawBadge());
    setInterval(() => this.#tick(), CLOCK_MS);
    register("Shift+D", "place.crew", "crew.key_duty", () => this.#setDuty(!this.me?.is_on_duty), { when: () => this.isModerator });
    register("Shift+L", "place.crew", "audit.title", () => openAudit(desk), { when: () => this.isModerator });
  }

  get isModerator() { return this.store.role === "moderator" || this.store.role === "owner"; }
  get me() { return this.store.crew.people.find(({ name }) => name === this.store.name); }

  // For others' lists: does this reader read the language? Who said nothing about himself reads all.
  reads(tag) {
    const mine = this.me?.languages ?? [];
    return mine.length === 0 || !tag || mine.some((one) => isSame(one, tag));
  }

  // A list as it stands, but what this reader reads first: it is offered to him before it waits for others.
  offered(list) {
    const isMine = new Map(list.map((one) => [one, this.reads(one.language)]));
    return [...list].sort((a, b) => isMine.get(b) - isMine.get(a));
  }

  /* --- Duty --- */

  #setDuty(isOn) {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    this.desk.act("crew.duty", { on: isOn, time_zone: timeZone }).then(() => {
      announce(t(isOn ? "crew.now_on" : "crew.now_off"));
      if (isOn && this.store.crew.notes.length > 0) this.#readNotes();
    }, () => {});
  }

  // Who comes on duty reads first what was left for him.
  #readNotes() {
    openDialog({ title: t("crew.notes"), kind: "" }, element("ol", { class: "crew-notes" }, ...[...this.store.crew.notes].reverse().map((note) => this.#note(note, false))));
  }

  #chooseLanguages() {
    const mine = new Set(this.me?.languages ?? []), tags = [...new Set([...offered, ...mine])].sort((a, b) => compare(languageName(a), languageName(b)));
    const boxes = tags.map((tag) => element("input", { type: "checkbox", id: `reads-${tag}`, value: tag, checked: mine.has(tag) }));
    const problem = element("p", { class: "error-text", role: "alert" });
    const submit = (event) => {
      event.preventDefault();
      const chosen = boxes.filter(({ checked }) => checked).map(({ value }) => value);
      if (chosen.length > LANGUAGES_MAX) return refill(problem, t("crew.languages_most", { n: LANGUAGES_MAX }));
      this.desk.act("crew.duty", { on: Boolean(this.me?.is_on_duty), languages: chosen }).then(() => dialog.close(), () => {});
    };
    const dialog = openDialog({ title: t("crew.languages") }, element("form", { onsubmit: submit },
      element("p", { class: "hint" }, t("crew.languages_help")),
      element("div", { class: "language-choice" }, ...boxes.map((box) => element("div", { class: "row check" }, box, element("label", { for: box.id }, element("bdi", {}, languageName(box.value)))))),
      problem, dialogButtons(button(t("common.cancel"), () => dialog.close(), { "data-local": true }), element("button", { type: "submit", class: "primary" }, t("common.save")))));
  }

  /* --- Notes --- */

  async #addNote() {
    const text = await askText({ title: t("crew.note_add"), label: t("crew.note_label"), isLong: true, maxlength: NOTE_MAX, help: t("crew.note_help") });
    if (text?.trim()) this.desk.act("crew.note", { text: text.trim() }).catch(() => {});
  }

  #note(note, canRemove) {
    return element("li", { class: "crew-note" },
      element("p", { class: "note-text", dir: "auto" }, note.text),
      element("div", { class: "byline" }, element("bdi", { class: "who" }, note.by), element("time", {}, dateTime(note.at_ms)),
        canRemove && iconButton("trash", t("crew.note_remove", { name: note.by }), () => this.desk.act("crew.note_remove", { id: note.id }).catch(() => {}), { "data-key": `note-${note.id}` })));
  }

  /* --- Drawing --- */

  #draw() {
    const { people, notes } = this.store.crew, focused = document.activeElement?.dataset?.key;
    this.add.hidden = this.log.hidden = !this.isModerator;
    this.#drawMine();
    const sorted = [...people].sort((a, b) => rank(b) - rank(a) || compare(a.name, b.name));
    refill(this.#people, sorted.filter((person) => rank(person) > 0).map((person) => this.#person(person)));
    const earlier = sorted.filter((person) => rank(person) === 0);
    if (earlier.length > 0) fill(this.#people, element("li", {}, element("details", { id: "crew-earlier" }, element("summary", {}, t("crew.earlier", { n: earlier.length })),
      element("ul", { class: "people" }, ...earlier.map((person) => this.#person(person))))));
    refill(this.#notes, notes.length ? [...notes].reverse().map((note) => this.#note(note, this.isModerator)) : element("li", {}, empty("note", t("crew.no_notes"), t("crew.no_notes_help"))));
    this.#drawBadge();
    if (focused) document.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  // Notes of others that this reader has not seen.
  #drawBadge() {
    const { notes } = this.store.crew, last = notes.at(-1)?.id ?? 0;
    if (this.desk.shell.isShown("crew") && last > 0) prefs.set("noteSeen", last);
    const fresh = notes.filter(({ id, by }) => id > (prefs.get("noteSeen") ?? 0) && by !== this.store.name).length;
    this.desk.shell.badge("crew", fresh, { words: t("crew.notes") });
  }

  #drawMine() {
    if (!this.isModerator) return this.#mine.replaceChildren();
    const me = this.me, reads = me?.languages ?? [];
    const duty = toggle("crew-duty", t("crew.on_duty"), Boolean(me?.is_on_duty), (isOn) => this.#setDuty(isOn));
    duty.querySelector("input").dataset.key = "crew-duty";
    refill(this.#mine, duty, button(reads.length ? t("crew.reads", { languages: list(reads.map(languageName)) }) : t("crew.languages"), () => this.#chooseLanguages(),
      { id: "crew-languages", class: "quiet", "data-key": "crew-languages" }));
  }

  #person(person) {
    const time = timeIn(person.time_zone || "UTC"), isHere = person.browsers > 0;
    return element("li", { class: `person ${isHere ? "is-here" : ""} ${person.is_on_duty ? "is-on-duty" : ""}`, "data-name": person.name },
      element("span", { class: "presence", "aria-hidden": "true" }),
      element("div", { class: "person-what" },
        element("div", { class: "byline" }, element("bdi", { class: "who" }, person.name), person.name === this.store.name && element("span", {}, t("crew.me")),
          element("span", { class: "chip" }, t(`role.${person.role}`)), person.is_on_duty && element("span", { class: "chip good" }, t("crew.on_duty"))),
        element("p", { class: "hint" }, isHere ? t("crew.here") : t("crew.seen", { time: ago(person.seen_ms) }),
          person.languages.length ? [" · ", element("bdi", {}, list(person.languages.map(languageName)))] : null)),
      person.time_zone && time ? element("time", { class: "local-time", title: person.time_zone, "data-zone": person.time_zone }, time) : null);
  }

  #tick() {
    for (const node of this.#people.querySelectorAll("[data-zone]")) node.textContent = timeIn(node.dataset.zone);
  }
}

// On duty and here first, then who is here, then who is on duty with no page open; 0: of another time.
const rank = ({ browsers, is_on_duty: isOn }) => (browsers > 0 ? 2 : 0) + (isOn ? 1 : 0);

// "fa-IR" is read by who reads fa; 繁體 and 简体 are two.
function isSame(mine, tag) {
  try {
    const [a, b] = [mine, tag].map((one) => new Intl.Locale(one).maximize());
    return a.language === b.language && (a.language !== "zh" || a.script === b.script);
  } catch {
    return mine === tag;
  }
}
