// source_form.js - adds and changes sources. The fields come from what each connector says of its own keys, so a new platform
// needs nothing here.
import { byId, card, element, refill } from "./dom.js";
import { has, t } from "./i18n.js";

const KEPT = "***";  // what the relay shows of a secret, and what keeps it as it is

export class SourceForm {
  #choice = element("select", { id: "source-connector" }); #fields = element("div", { id: "source-fields" });
  #problem = element("p", { class: "error-text", id: "source-error", role: "alert" });
  #submitButton = element("button", { type: "submit", class: "primary", id: "source-submit" }, t("common.add"));
  #cancel = element("button", { type: "button", id: "source-cancel", class: "quiet", hidden: true, "data-local": true, onclick: () => this.#begin() }, t("common.cancel"));
  #kinds = new Map(); #common = []; #changed = null; #isAsked = false;

  constructor(desk) {
    this.store = desk.store;
    this.act = desk.act;
    this.#form = element("form", { id: "source-form", onsubmit: (event) => this.#submit(event) },
      element("div", { class: "field" }, element("label", { for: "source-connector" }, t("source_form.platform")), this.#choice),
      this.#fields, this.#problem, element("div", { class: "row" }, this.#submitButton, this.#cancel));
    this.node = card("source-form", t("source_form.add"), { hidden: true }, this.#form);
    this.store.addEventListener("role", () => this.#handleRole());
    this.#choice.addEventListener("change", () => this.#draw({}));
  }
  #form = null;

  // The same form with what the source has.
  change(source) {
    this.#changed = source;
    this.#choice.value = source.config.connector;
    this.#draw(source.config);
    this.node.scrollIntoView({ block: "nearest" });
    this.#fields.querySelector("input, textarea")?.focus();
  }

  #handleRole() {
    const isOwner = this.store.role === "owner";
    this.node.hidden = !isOwner;
    if (!isOwner || this.#isAsked) return;
    this.#isAsked = true;
    this.act("source.kinds").then(({ kinds, common }) => {
      this.#kinds = new Map(kinds.map((kind) => [kind.connector, kind]));
      this.#common = common;
      this.#choice.replaceChildren(...kinds.map(({ connector, title }) => element("option", { value: connector }, title)));
      this.#begin();
    }, () => { this.#isAsked = false; });
  }

  #begin() {
    this.#changed = null;
    this.#draw({});
  }

  #draw(config) {
    const kind = this.#kinds.get(this.#choice.value);
    refill(this.node.querySelector("h2"), this.#changed ? t("sources.change", { name: this.#changed.id }) : t("source_form.add"));
    this.#submitButton.textContent = this.#changed ? t("common.save") : t("common.add");
    this.#cancel.hidden = !this.#changed;
    this.#choice.disabled = Boolean(this.#changed);
    this.#fields.replaceChildren(...(kind?.keys ?? []).filter(shown).flatMap((key) => field(key, config[key.name])),
      element("details", {}, element("summary", {}, t("source_form.more")), ...this.#common.filter(shown).flatMap((key) => field(key, config[key.name]))));
  }

  // Keys that have no field (for tests and proxies) stay as they are.
  #read() {
    const kind = this.#kinds.get(this.#choice.value);
    const keys = [...kind.keys, ...this.#common].filter(shown);
    const config = { ...(this.#changed?.config ?? {}), connector: this.#choice.value };
    for (const key of keys) {
      const value = read(key, byId(`source-key-${key.name}`), this.#changed?.config[key.name]);
      delete config[key.name];
      if (value !== undefined) config[key.name] = value;
    }
    return config;
  }

  #submit(event) {
    event.preventDefault();
    let config;
    try {
      config = this.#read();
    } catch (error) {
      this.#problem.textContent = error.message;
      return;
    }
    this.#problem.textContent = "";
    const done = this.#changed ? this.act("source.change", { source: this.#changed.id, config }) : this.act("source.add", { config });
    done.then(() => this.#begin(), () => {});
  }
}

// Those without a word of help are for tests and proxies, unless nothing goes without them.
const shown = (key) => Boolean(key.help) || key.required;

// The usual ones stand in the languages' words. Where the key's own name is no word for people. The form's first choice is "Platform" already.
const titles = { as: "Becomes", ca_file: "Certificates", kofi_token: "Ko-fi token", nickserv: "NickServ", platform: "Name of the platform" };
const shorts = { api: "API", id: "ID", ids: "IDs", url: "URL" };

function title(name) {
  if (has(`source_form.key_${name}`)) return t(`source_form.key_${name}`);
  const words = name.split("_").map((word) => shorts[word] ?? word).join(" ");
  return titles[name] ?? words[0].toUpperCase() + words.slice(1);
}

function write(value) {
  if (value === undefined) return "";
  if (Array.isArray(value)) return value.every((item) => typeof item === "string") ? value.join("\n") : JSON.stringify(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function field(key, value) {
  const id = `source-key-${key.name}`, hint = `${id}-hint`;
  const common = { id, "aria-describedby": hint, required: key.required && !(key.secret && value), autocomplete: "off", spellcheck: "false" };
  const isKept = key.secret && value === KEPT;
  let input;
  if (key.type === "boolean") {
    input = element("input", { id, type: "checkbox", "aria-describedby": hint, checked: value === true });
    return [element("div", { class: "field" }, element("div", { class: "row check" }, input, element("label", { for: id }, title(key.name))), element("p", { class: "hint", id: hint, dir: "auto" }, help(key)))];
  }
  if (key.type === "array" || key.type === "object") input = element("textarea", { ...common, rows: "3", dir: "auto" });
  else input = element("input", { ...common, type: key.secret ? "password" : key.type === "integer" ? "number" : "text", dir: "auto", placeholder: isKept ? t("source_form.unchanged") : key.example });
  input.value = isKept ? "" : write(value);
  return [element("div", { class: "field" }, element("label", { for: id }, title(key.name)), input, element("p", { class: "hint", id: hint, dir: "auto" }, help(key)))];
}

function help(key) {
  const more = key.type === "array" ? t("source_form.one_a_line") : key.secret ? t("source_form.secret") : "";
  const words = key.help ?? "";
  return [words + (words && more && !/[.!?]$/.test(words) ? "." : ""), more].filter(Boolean).join(" ");
}

// undefined: left out.
function read(key, input, old) {
  if (key.type === "boolean") return input.checked || (old !== undefined ? false : undefined);
  const text = input.value.trim();
  if (text === "") return key.secret && old === KEPT ? KEPT : undefined;
  if (key.type === "integer") return Number(text);
  if (key.type === "text") return text;
  if (key.type === "array" && !text.startsWith("[")) return text.split("\n").map((line) => line.trim()).filter(Boolean);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(t("source_form.json", { name: title(key.name) }));
  }
}
