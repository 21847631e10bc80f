// host_card_form.js - what a card of the host's says: a dialog a kind, for a new one and for one that is there.
import { dialogButtons, openDialog } from "./dialog.js";
import { button, element, field, iconButton, refill } from "./dom.js";
import { icon } from "./icons.js";
import { languageName, t } from "./i18n.js";
import { notify } from "./notices.js";
import { LANGUAGES, select } from "./poll_form.js";
import { showPreview } from "./preview.js";

const MICROS = 1e6, PICTURE_BYTES_MAX = 2 << 20, RULES_MAX = 12, ZONES_MAX = 6, MINUTES = 5;
const CURRENCIES = ["USD", "EUR", "GBP", "CAD", "AUD", "TWD", "JPY", "MXN", "BRL", "TRY", "INR"];
const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

const line = (maxlength, attributes = {}) => element("input", { dir: "auto", maxlength, autocomplete: "off", ...attributes });
const languages = () => select(["", "–"], ...LANGUAGES.map((tag) => [tag, languageName(tag)]));
const languageField = (input) => field({ id: "card-language", label: t("cards.language"), help: t("cards.language_help") }, input);
const details = (title, isOpen, ...children) => element("details", { class: "host-card-more", open: isOpen }, element("summary", {}, title), ...children);

// A countdown and the next show are one kind with two faces.
export const kindOf = ({ kind, mode }) => (mode === "next_show" ? "next_show" : kind);

// "12.5", "۱۲٫۵" → millionths.
export function microsOf(text) {
  const plain = String(text).trim().replace(/[۰-۹]/g, (c) => c.codePointAt() - 0x6f0).replace(/[٠-٩]/g, (c) => c.codePointAt() - 0x660).replace(/[٫,]/, ".");
  return /^\d+(\.\d{1,6})?$/.test(plain) ? Math.round(Number(plain) * MICROS) : NaN;
}

// What <input type="datetime-local"> takes and gives: the wall clock here.
const wallClock = (ms) => new Date(ms - new Date(ms).getTimezoneOffset() * 60000).toISOString().slice(0, 16);

/* --- Fields that grow --- */

// One empty line stands below what is written. label(n), remove(n): their words.
class Lines {
  constructor({ id, texts, max, maxlength, label, remove, attributes = {} }) {
    Object.assign(this, { id, max, maxlength, label, remove, attributes });
    this.node = element("div", { class: "host-card-lines" });
    for (const text of [...texts, ""].slice(0, max)) this.#add(text);
    this.#grow();
  }

  get texts() { return [...this.node.querySelectorAll("input")].map(({ value }) => value.trim()).filter(Boolean); }

  #add(text) {
    const input = line(this.maxlength, this.attributes), row = element("div", { class: "row" }, input, iconButton("close", "", () => { row.remove(); this.#grow(); }, { "data-local": true }));
    input.value = text;
    input.addEventListener("input", () => this.#grow());
    this.node.append(row);
  }

  #grow() {
    if (this.node.children.length < this.max && (this.node.children.length === 0 || this.node.lastElementChild.firstChild.value.trim())) this.#add("");
    [...this.node.children].forEach((row, index) => {
      const [input, remove] = row.children, n = index + 1;
      input.id = `${this.id}-${n}`;
      input.setAttribute("aria-label", t(this.label, { n }));
      for (const name of ["aria-label", "title"]) remove.setAttribute(name, t(this.remove, { n }));
      remove.disabled = index === this.node.children.length - 1 && !input.value;
    });
  }
}

/* --- A picture: kept by the relay at once, named by the card --- */

class Picture {
  constructor(name) {
    this.name = name ?? "";
    this.#chosen = element("bdi", {});
    this.#input = element("input", { type: "file", id: "card-picture", accept: "image/png,image/jpeg,image/webp,image/gif", onchange: () => this.#upload() });
    this.#image = element("img", { class: "host-card-picture checkered", alt: t("cards.picture_alt"), hidden: true });
    this.#remove = button(t("cards.picture_remove"), () => { this.name = ""; this.#draw(); this.#input.focus(); }, { "data-local": true });
    this.node = element("div", { class: "field" }, element("label", { for: "card-picture" }, t("cards.picture")),
      element("div", { class: "row" }, element("span", { class: "file" }, icon("picture"), this.#chosen, this.#input), this.#remove),
      element("p", { class: "hint" }, t("cards.picture_help")), this.#image);
    this.#draw();
  }
  #chosen; #input; #image; #remove;

  #draw() {
    refill(this.#chosen, t(this.name ? "cards.picture_other" : "cards.picture_choose"));
    this.#image.hidden = this.#remove.hidden = !this.name;
    if (this.name) this.#image.src = new URL(`api/v1/pictures/${this.name.replace(/^antiphon:/, "")}`, document.baseURI);
    else this.#image.removeAttribute("src");
  }

  async #upload() {
    const [file] = this.#input.files;
    this.#input.value = "";
    if (!file) return;
    if (file.size > PICTURE_BYTES_MAX) return notify("error", t("cards.picture_big", { name: file.name }));
    try {
      const answer = await fetch(new URL("api/v1/pictures", document.baseURI), { method: "POST", body: file });
      const { picture, error } = await answer.json();
      if (!picture) throw new Error(error?.text);
      this.name = picture;
      this.#draw();
    } catch (error) {
      notify("error", t("cards.picture_failed", { why: error.message }));
    }
  }
}

/* --- The kinds: each makes its fields and says what they hold --- */

const forms = {
  goal(one) {
    const isMoney = one.unit === "money", title = line(120, { required: true }), title2 = line(120), language = languages(), language2 = languages();
    const known = ["members", "follows", "gifts", "bits"], counts = select(["money", t("cards.counts_money")], ...known.map((what) => [what, t(`cards.counts_${what}`)]), ["", t("cards.counts_hand")],
      ...(one.what && !known.includes(one.what) ? [[one.what, one.what]] : []));
    const target = element("input", { inputmode: "decimal", required: true, dir: "ltr" }), now = element("input", { inputmode: "decimal", dir: "ltr" });
    const currency = element("input", { list: "card-currencies", maxlength: 3, pattern: "[A-Za-z]{3}", dir: "ltr", autocomplete: "off" });
    const currencyField = field({ id: "card-currency", label: t("cards.currency") }, currency), amount = (value) => (value ? String(isMoney ? value / MICROS : value) : "");
    title.value = one.title ?? "";
    title2.value = one.title2 ?? "";
    language.value = one.language ?? "";
    language2.value = one.language2 ?? "";
    counts.value = isMoney ? "money" : one.id ? one.what ?? "" : "members";
    target.value = amount(one.target);
    now.value = amount(one.now);
    currency.value = one.currency ?? "USD";
    const fit = () => { currencyField.hidden = counts.value !== "money"; currency.required = counts.value === "money"; };
    counts.addEventListener("change", fit);
    fit();
    return {
      nodes: [field({ id: "card-title", label: t("cards.field_title") }, title),
        element("div", { class: "poll-grid" }, field({ id: "card-counts", label: t("cards.counts") }, counts), currencyField,
          field({ id: "card-target", label: t("cards.target") }, target), field({ id: "card-now", label: t("cards.now") }, now)),
        element("datalist", { id: "card-currencies" }, ...CURRENCIES.map((value) => element("option", { value }))),
        details(t("poll.second"), Boolean(one.title2 || one.language), element("div", { class: "poll-grid" }, field({ id: "card-language", label: t("poll.language") }, language), field({ id: "card-language2", label: t("poll.language2") }, language2)),
          field({ id: "card-title2", label: t("cards.field_title2") }, title2))],
      read() {
        const inMoney = counts.value === "money", whole = (input) => (inMoney ? microsOf(input.value || "0") : Math.round(microsOf(input.value || "0") / MICROS));
        const values = [whole(target), whole(now)];
        if (values.some((value) => !Number.isSafeInteger(value)) || values[0] < 1) throw new Error(t("cards.no_number"));
        const [wanted, there] = values, isSame = one.id && there === one.now;  // what was counted meanwhile is not taken back
        return { title: title.value.trim(), title2: title2.value.trim(), language: language.value, language2: language2.value, target: wanted, unit: inMoney ? "money" : "count",
          currency: inMoney ? currency.value.trim().toUpperCase() : "", what: inMoney ? "" : counts.value, ...(isSame ? {} : { now: there }) };
      },
    };
  },

  countdown(one) { return timed(one, false); },
  next_show(one) { return timed(one, true); },

  rules(one) {
    const title = line(120, { required: true }), language = languages();
    title.value = one.title ?? t("cards.kind_rules");
    language.value = one.language ?? "";
    const items = new Lines({ id: "card-item", texts: one.items ?? [], max: RULES_MAX, maxlength: 150, label: "cards.item", remove: "cards.item_remove" });
    return {
      nodes: [field({ id: "card-title", label: t("cards.field_title") }, title), group(t("cards.items"), items.node), languageField(language)],
      read: () => ({ title: title.value.trim(), items: items.texts, language: language.value }),
    };
  },

  qr(one) {
    const text = line(300, { required: true, dir: "ltr", inputmode: "url" }), title = line(120), language = languages();
    text.value = one.text ?? "";
    title.value = one.title ?? "";
    language.value = one.language ?? "";
    return {
      nodes: [field({ id: "card-text", label: t("cards.qr_text"), help: t("cards.qr_help") }, text), field({ id: "card-title", label: t("cards.field_title") }, title), languageField(language)],
      read: () => ({ text: text.value.trim(), title: title.value.trim(), language: language.value }),
    };
  },

  note(one) {
    const title = line(120), text = element("textarea", { dir: "auto", rows: 3, maxlength: 500 }), language = languages(), picture = new Picture(one.picture);
    title.value = one.title ?? "";
    text.value = one.text ?? "";
    language.value = one.language ?? "";
    return {
      nodes: [field({ id: "card-title", label: t("cards.field_title") }, title), field({ id: "card-text", label: t("cards.text") }, text), picture.node, languageField(language)],
      read: () => ({ title: title.value.trim(), text: text.value.trim().replace(/\r/g, ""), picture: picture.name, language: language.value }),
    };
  },
};

const group = (title, node) => element("fieldset", { class: "field" }, element("legend", { class: "soft" }, title), node);

function timed(one, isShow) {
  const title = line(120, { required: true }), after = line(150), language = languages();
  const when = select(["seconds", t("cards.when_minutes")], ["at_ms", t("cards.when_time")]);
  const minutes = element("input", { type: "number", min: 0.5, max: 10080, step: 0.5, dir: "ltr" }), at = element("input", { type: "datetime-local", dir: "ltr" });
  const whenField = field({ id: "card-when", label: t("cards.when") }, when), minutesField = field({ id: "card-minutes", label: t("cards.minutes") }, minutes), atField = field({ id: "card-at", label: t("cards.at"), help: t("cards.at_help", { zone: ownZone() }) }, at);
  const zones = new Lines({ id: "card-zone", texts: one.zones ?? (isShow && !one.id ? [ownZone()] : []), max: ZONES_MAX, maxlength: 60, label: "cards.zone", remove: "cards.zone_remove", attributes: { list: "card-zones", dir: "ltr" } });
  title.value = one.title ?? t(isShow ? "cards.kind_next_show" : "cards.countdown_title");
  after.value = one.text_after ?? "";
  language.value = one.language ?? "";
  when.value = isShow || (one.id && !one.seconds) ? "at_ms" : "seconds";
  minutes.value = String((one.seconds ?? MINUTES * 60) / 60);
  at.value = one.at_ms ? wallClock(one.at_ms) : "";
  const fit = () => {
    const isAt = when.value === "at_ms";
    whenField.hidden = isShow;
    minutesField.hidden = isAt;
    atField.hidden = !isAt;
    minutes.required = !isAt;
    at.required = isAt;
    minutes.disabled = isAt;
  };
  when.addEventListener("change", fit);
  fit();
  return {
    nodes: [field({ id: "card-title", label: t("cards.field_title") }, title), element("div", { class: "poll-grid" }, whenField, minutesField, atField), group(t("cards.zones"), zones.node),
      element("datalist", { id: "card-zones" }, ...(Intl.supportedValuesOf?.("timeZone") ?? []).map((value) => element("option", { value }))),
      field({ id: "card-after", label: t("cards.after"), help: t("cards.after_help") }, after), languageField(language)],
    read() {
      const isAt = when.value === "at_ms";
      return { mode: isShow ? "next_show" : "countdown", title: title.value.trim(), seconds: isAt ? 0 : Math.round(Number(minutes.value) * 60), at_ms: isAt ? new Date(at.value).getTime() : 0,
        zones: zones.texts, text_after: after.value.trim(), language: language.value };
    },
  };
}

/* --- The dialog --- */

export class HostCardForm {
  constructor(desk) { this.desk = desk; }

  // one: a card that is changed; without it a new one is made.
  open(face, one = {}) {
    const kind = face === "next_show" ? "countdown" : face, { nodes, read } = forms[face](one), wrong = element("p", { class: "error-text", role: "alert" });
    const form = element("form", { class: "host-card-form", onsubmit: (event) => { event.preventDefault(); save(event.submitter?.value === "air"); } }, ...nodes,
      one.id && element("p", { class: "hint" }, t("cards.number", { n: one.id })), wrong,
      dialogButtons(button(t("preview.title"), ({ currentTarget }) => this.#preview(form, kind, read, wrong, currentTarget), { id: "card-preview" }),
        element("button", { type: "submit", value: "save" }, t("common.save")), element("button", { type: "submit", value: "air", class: "primary" }, t("cards.save_air"))));
    const save = async (isOnAir) => {
      try {
        await this.#send(kind, one, read(), isOnAir);
        dialog.close();
      } catch (error) {
        refill(wrong, error.code ? t("link.not_done", { why: error.message }) : error.message);
      }
    };
    const dialog = openDialog({ title: t(`cards.kind_${face}`) }, form);
    return dialog;
  }

  async #send(kind, one, fields, isOnAir) {
    if (!one.id) {
      // What is empty need not be said of a new one.
      const said = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== "" && value !== 0 && value?.length !== 0));
      const result = await this.desk.ask("card.add", { kind, ...said, ...(isOnAir ? { on_air: true } : {}) });
      if (result.not_on_air) notify("warn", t("link.not_done", { why: result.not_on_air }));
      else notify("good", t(isOnAir ? "cards.is_on_air" : "cards.is_saved", { what: fields.title || fields.text || "" }));
      return;
    }
    await this.desk.ask("card.change", { id: one.id, ...fields });
    if (isOnAir && !one.is_on_air) await this.desk.ask("card.air", { id: one.id });
    notify("good", t("cards.is_saved"));
  }

  #preview(form, kind, read, wrong, anchor) {
    if (!form.reportValidity()) return;
    try {
      const fields = read();
      showPreview({ card: { kind, ...fields }, words: fields.title || fields.text || "" }, anchor);
    } catch (error) {
      refill(wrong, error.message);
    }
  }
}
