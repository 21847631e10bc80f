// i18n.js - the reader's language: words, plurals, direction, digits, dates, calendars, time zones. All of it by Intl and by
// strings/<language>.json, one key a line. A word that a language lacks is shown in English.
import { prefs } from "./prefs.js";

export const languages = { en: "English", fa: "فارسی", ar: "العربية", "zh-Hant": "繁體中文", "zh-Hans": "简体中文", es: "Español" };

// What else differs by language: the calendar that people there live by.
const calendars = { fa: "persian" };

let language = "en", words = {}, english = {}, plural = new Intl.PluralRules("en"), locale = "en", isRightToLeft = false;

// The language of ours that fits a tag best: "zh-TW" is written in Hant, "fa-AF" is fa. Null: none.
export function match(tag) {
  let wanted;
  try {
    wanted = new Intl.Locale(tag).maximize();
  } catch {
    return null;
  }
  return Object.keys(languages).find((name) => {
    const ours = new Intl.Locale(name).maximize();
    return ours.language === wanted.language && (ours.language !== "zh" || ours.script === wanted.script);
  }) ?? null;
}

function choose() {
  const wanted = [prefs.get("language"), ...(navigator.languages ?? [navigator.language])];
  return wanted.filter(Boolean).map(match).find(Boolean) ?? "en";
}

const fetchWords = async (name) => (await fetch(new URL(`strings/${name}.json`, document.baseURI))).json();

// Before anything is drawn. Sets the document's language and direction.
export async function loadLanguage() {
  language = choose();
  [english, words] = await Promise.all([fetchWords("en"), language === "en" ? {} : fetchWords(language).catch(() => ({}))]);
  plural = new Intl.PluralRules(language);
  isRightToLeft = ["fa", "ar"].includes(language);
  const digits = prefs.get("digits"), calendar = prefs.get("calendar") ?? calendars[language] ?? "gregory";
  locale = `${ownRegion()}-u-ca-${calendar}${digits ? `-nu-${digits}` : ""}`;
  document.documentElement.lang = language;
  document.documentElement.dir = isRightToLeft ? "rtl" : "ltr";
}

// Digits and dates differ between Egypt and Morocco: the browser's own tag, where it is of the same language.
function ownRegion() {
  const own = (navigator.languages ?? []).find((tag) => match(tag) === language);
  return own ? new Intl.Locale(own).baseName : language;
}

export const currentLanguage = () => language;

/*
 * t("chat.newer", {n: 3}): the words of a key. {n} is a number in the reader's digits and, where the key has forms
 * ("chat.newer.one", "chat.newer.other" …), chooses among them. Other parameters are texts of somebody else, or elements:
 * on the page each stands isolated in its own direction. Without parameters the answer is a string, with them a Phrase, which
 * element() takes as a child or an attribute, and which is a string wherever one is wanted.
 */
export function t(key, params) {
  const template = find(key, params);
  if (template === undefined) return key;
  return params ? new Phrase(template, params) : template;
}

export const has = (key) => key in words || key in english || `${key}.other` in english;

function find(key, params) {
  const form = params && typeof params.n === "number" ? plural.select(params.n) : null;
  const inEnglish = form ? new Intl.PluralRules("en").select(params.n) : null;
  return words[key] ?? (form && (words[`${key}.${form}`] ?? words[`${key}.other`]))
    ?? english[key] ?? (form ? english[`${key}.${inEnglish}`] ?? english[`${key}.other`] : undefined);
}

export class Phrase {
  constructor(template, params) {
    this.parts = template.split(/\{(\w+)\}/);  // words, name, words, name …
    this.params = params;
  }

  // For the page: what is not ours in an element of its own.
  nodes() {
    return this.parts.map((part, index) => (index % 2 === 0 ? document.createTextNode(part) : asNode(this.params[part])));
  }

  // For attributes and announcements: isolated by characters, where the direction could differ.
  toString() {
    return this.parts.map((part, index) => (index % 2 === 0 ? part : asText(this.params[part]))).join("");
  }
}

function asNode(value) {
  if (value instanceof Node) return value;
  if (value instanceof Phrase) return asGroup(value.nodes());
  if (typeof value === "number") return document.createTextNode(number(value));
  const node = document.createElement("bdi");
  node.textContent = clean(value);
  return node;
}

function asGroup(nodes) {
  const group = document.createDocumentFragment();
  group.append(...nodes);
  return group;
}

const isLatin = /^[\u0000-\u0590\u1e00-\u200a\u2010-\u2027\u2030-\u205e\u20a0-\u2bff]*$/;

function asText(value) {
  if (value instanceof Node) return value.textContent;
  if (value instanceof Phrase) return String(value);
  if (typeof value === "number") return number(value);
  const text = clean(value);
  return !isRightToLeft && isLatin.test(text) ? text : `\u2068${text}\u2069`;
}

// Without what could turn the line around it: controls, and U+202A to E, U+2066 to 9. Each text has its own direction already.
export function clean(text) {
  return String(text ?? "").replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "");
}

/* --- Numbers --- */

const made = new Map();

// Formatters are dear to make, and wanted for every row.
function formatter(kind, options) {
  const key = `${kind.name}${JSON.stringify(options)}`;
  if (!made.has(key)) made.set(key, new kind(locale, options));
  return made.get(key);
}

export const number = (value, options = {}) => formatter(Intl.NumberFormat, options).format(value);
export const percent = (share) => number(share, { style: "percent", maximumFractionDigits: 0 });
export const compact = (value) => number(value, { notation: "compact", maximumFractionDigits: 1 });

// An unknown currency is no reason to lose the amount.
export function money(value, currency, options = {}) {
  try {
    return number(value, { style: "currency", currency: currency || "USD", ...options });
  } catch {
    return `${number(value)} ${clean(currency)}`;
  }
}

/* --- Times --- */

const zoned = (options) => ({ ...options, timeZone: prefs.get("timeZone") ?? undefined });
const time = (options) => formatter(Intl.DateTimeFormat, zoned({ ...options, hourCycle: prefs.get("hours") ?? "h23" }));

// "14:03:22", "14:03".
export const clockTime = (unixMs) => time({ hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(unixMs);
export const shortTime = (unixMs) => time({ hour: "2-digit", minute: "2-digit" }).format(unixMs);
export const date = (unixMs) => formatter(Intl.DateTimeFormat, zoned({ dateStyle: "medium" })).format(unixMs);
export const dateTime = (unixMs) => `${date(unixMs)} ${shortTime(unixMs)}`;

// Another person's wall clock: crew in other countries.
export function timeIn(timeZone, unixMs = Date.now()) {
  try {
    return formatter(Intl.DateTimeFormat, { hour: "2-digit", minute: "2-digit", hourCycle: prefs.get("hours") ?? "h23", timeZone }).format(unixMs);
  } catch {
    return "";
  }
}

// "5 minutes ago"; after a day the date.
export function ago(unixMs, nowMs = Date.now()) {
  const seconds = Math.round((unixMs - nowMs) / 1000), past = Math.abs(seconds);
  const relative = (value, unit) => formatter(Intl.RelativeTimeFormat, { numeric: "auto", style: "short" }).format(value, unit);
  if (past < 5) return relative(0, "second");
  if (past < 60) return relative(seconds, "second");
  if (past < 3600) return relative(Math.trunc(seconds / 60), "minute");
  if (past < 86400) return relative(Math.trunc(seconds / 3600), "hour");
  return dateTime(unixMs);
}

// "190 ms", "3.0 s", "41 s", "5 min", "2 hr 10 min", in the reader's words.
export function duration(ms) {
  const unit = (value, name, digits = 0) =>
    number(value, { style: "unit", unit: name, unitDisplay: "short", minimumFractionDigits: digits, maximumFractionDigits: digits });
  if (ms < 1000) return unit(Math.round(ms), "millisecond");
  if (ms < 60000) return unit(ms / 1000, "second", ms < 9950 ? 1 : 0);
  const minutes = Math.round(ms / 60000);
  if (minutes < 60) return unit(minutes, "minute");
  return `${unit(Math.floor(minutes / 60), "hour")} ${unit(minutes % 60, "minute")}`;
}

// "3 sec.": a whole number of seconds.
export const seconds = (ms) => number(Math.max(0, Math.round(ms / 1000)), { style: "unit", unit: "second", unitDisplay: "long" });

// "4:05", "1:02:03": how long something stands already, in figures that do not jump.
export function stopwatch(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000)), two = (value) => number(value, { minimumIntegerDigits: 2, useGrouping: false });
  const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${number(hours, { useGrouping: false })}:${two(minutes)}:${two(seconds % 60)}` : `${number(minutes)}:${two(seconds % 60)}`;
}

/* --- Names, lists, order --- */

// "Persian" for "fa", in the reader's language; the tag itself where nobody knows better.
export function languageName(tag) {
  try {
    return new Intl.DisplayNames(language, { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

export const list = (items) => formatter(Intl.ListFormat, { type: "conjunction" }).format(items.map(String));
export const compare = (a, b) => formatter(Intl.Collator, { numeric: true, sensitivity: "base" }).compare(a, b);
