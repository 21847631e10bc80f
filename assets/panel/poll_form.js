// poll_form.js - what is asked: answers that grow with what is written, a second language, how votes count.
import { button, element, field, iconButton, refill, toggle } from "./dom.js";
import { duration, languageName, number, t } from "./i18n.js";
import { showPreview } from "./preview.js";

const OPTIONS_MAX = 10, SECONDS = [30, 60, 120, 300, 600];
export const LANGUAGES = ["en", "fa", "ar", "zh-Hant", "zh-Hans", "es", "tr", "fr", "de", "pt", "ru", "hi", "id", "th", "ja", "ko"];

export const select = (...choices) => element("select", {}, ...choices.map(([value, words]) => element("option", { value }, words)));
const line = (maxlength) => element("input", { dir: "auto", maxlength, autocomplete: "off" });

/*
 * onstart(draft, {onAir, isNative}) and onsave(draft) answer a promise; oncancel() closes. fill(draft) shows a saved one. A draft
 * holds the arguments of poll.open.
 */
export class PollForm {
  #question = line(200);
  #question2 = line(200);
  #rows = element("div", { class: "poll-fields" });
  #second = element("details", { class: "poll-second" });
  #language = select(["", "–"], ...LANGUAGES.map((tag) => [tag, languageName(tag)]));
  #language2 = select(["", "–"], ...LANGUAGES.map((tag) => [tag, languageName(tag)]));
  #seconds = select(["0", t("poll.by_hand")], ...SECONDS.map((s) => [s, duration(s * 1000)]));
  #mode = select(["last", t("poll.counts_last")], ["first", t("poll.counts_first")]);
  #hide = select(["", t("poll.hide_never")], ["*", t("poll.hide_everywhere")]);
  #native = toggle("poll-native", t("poll.native"), false);
  #air = toggle("poll-air", t("poll.air_at_once"), true);

  constructor({ onstart, onsave, oncancel }) {
    this.onstart = onstart;
    this.onsave = onsave;
    this.#question.required = true;
    this.#second.append(element("summary", {}, t("poll.second")), element("div", { class: "poll-grid" },
      field({ id: "poll-language", label: t("poll.language") }, this.#language), field({ id: "poll-language2", label: t("poll.language2") }, this.#language2)),
      field({ id: "poll-question2", label: t("poll.question2") }, this.#question2));
    this.#second.addEventListener("toggle", () => this.#rows.classList.toggle("is-double", this.#second.open));
    this.node = element("form", { id: "poll-form", hidden: true, onsubmit: (event) => { event.preventDefault(); this.#start(); } },
      field({ id: "poll-question", label: t("poll.question") }, this.#question), this.#second, this.#rows,
      element("div", { class: "poll-grid" }, field({ id: "poll-seconds", label: t("poll.closes") }, this.#seconds),
        field({ id: "poll-mode", label: t("poll.counts") }, this.#mode), field({ id: "poll-hide", label: t("poll.hide") }, this.#hide)),
      this.#air, this.#native,
      element("div", { class: "row tools" }, element("button", { type: "submit", class: "primary" }, t("poll.start")),
        button(t("preview.title"), ({ currentTarget }) => this.#preview(currentTarget), { id: "poll-preview" }), button(t("common.save"), () => this.#save()), button(t("common.cancel"), oncancel, { class: "quiet", "data-local": true })));
  }

  // Views whose numbers may be hidden apart, and whether a platform can run a poll of its own.
  setChoices(views, canNative) {
    const chosen = this.#hide.value;
    refill(this.#hide, element("option", { value: "" }, t("poll.hide_never")), element("option", { value: "*" }, t("poll.hide_everywhere")),
      ...(views.length > 1 ? views.map((view) => element("option", { value: view }, t("poll.hide_in", { view }))) : []));
    this.#hide.value = chosen;
    this.#native.hidden = !canNative;
  }

  fill({ question = "", options = [], question2 = "", options2 = [], language = "", language2 = "", seconds = 0, mode = "last", hidden } = {}) {
    this.#question.value = question;
    this.#question2.value = question2;
    this.#language.value = language;
    this.#language2.value = language2;
    this.#seconds.value = SECONDS.includes(seconds) ? String(seconds) : "0";
    this.#mode.value = mode;
    this.#hide.value = hidden ? hidden.views?.[0] ?? "*" : "";
    this.#second.open = Boolean(question2 || options2.some(Boolean));
    this.#rows.replaceChildren();
    for (let i = 0; i < Math.max(2, options.length); i++) this.#addRow(options[i], options2[i]);
    this.#grow();
  }

  focus() { (this.#question.value ? this.node.querySelector("[type=submit]") : this.#question).focus(); }

  #addRow(text = "", text2 = "") {
    const first = line(120), second = line(120);
    first.value = text;
    second.value = text2;
    const remove = iconButton("close", "", () => { row.remove(); this.#grow(); }, { "data-local": true });
    const row = element("div", { class: "poll-field" }, element("span", { class: "poll-number", "aria-hidden": "true" }), first, second, remove);
    row.addEventListener("input", () => this.#grow());
    this.#rows.append(row);
  }

  // One empty line stands below what is written, up to ten; each knows its number.
  #grow() {
    const rows = [...this.#rows.children];
    if (rows.length < OPTIONS_MAX && rows.length >= 2 && rows.every((row) => row.children[1].value.trim())) {
      this.#addRow();
      rows.push(this.#rows.lastChild);
    }
    rows.forEach((row, index) => {
      const [sign, first, second, remove] = row.children, n = index + 1;
      sign.textContent = number(n);
      first.setAttribute("aria-label", t("poll.option", { n }));
      second.setAttribute("aria-label", t("poll.option2", { n }));
      remove.setAttribute("aria-label", t("poll.remove", { n }));
      remove.title = t("poll.remove", { n });
      remove.disabled = rows.length <= 2;
      first.required = index < 2;
    });
  }

  #preview(anchor) {
    const { options, options2, ...draft } = this.#draft();
    showPreview({ poll: { ...draft, options: options.map((text, index) => (options2?.[index] ? { text, text2: options2[index] } : text)) } }, anchor);
  }

  #draft() {
    const rows = [...this.#rows.children].map((row) => [row.children[1].value.trim(), row.children[2].value.trim()]).filter(([text]) => text);
    const draft = { question: this.#question.value.trim(), options: rows.map(([text]) => text), mode: this.#mode.value };
    if (this.#second.open && rows.some(([, text2]) => text2)) draft.options2 = rows.map(([, text2]) => text2);
    if (this.#second.open && this.#question2.value.trim()) draft.question2 = this.#question2.value.trim();
    if (this.#second.open && this.#language.value) draft.language = this.#language.value;
    if (this.#second.open && this.#language2.value) draft.language2 = this.#language2.value;
    if (Number(this.#seconds.value)) draft.seconds = Number(this.#seconds.value);
    if (this.#hide.value) draft.hidden = this.#hide.value === "*" ? {} : { views: [this.#hide.value] };
    return draft;
  }

  #start() {
    const isOn = (node) => !node.hidden && node.querySelector("input").checked;
    this.onstart(this.#draft(), { onAir: isOn(this.#air), isNative: isOn(this.#native) });
  }

  #save() {
    if (this.node.reportValidity()) this.onsave(this.#draft());
  }
}
