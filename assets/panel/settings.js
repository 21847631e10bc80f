// settings.js - what a reader chooses for this device: language, light, digits, calendar, time zone, keys.
import { element, field, toggle } from "./dom.js";
import { openDialog } from "./dialog.js";
import { clockTime, date, languages, match, t } from "./i18n.js";
import { prefs } from "./prefs.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

// The theme that is meant, on the page; follows the system's where nothing else was chosen.
export function applyTheme() {
  const chosen = prefs.get("theme");
  document.documentElement.dataset.theme = chosen ?? (dark.matches ? "dark" : "light");
}

export function followTheme() {
  applyTheme();
  dark.addEventListener("change", applyTheme);
  prefs.addEventListener("theme", applyTheme);
}

// Words are drawn once: another language draws the page anew, at the same place (keep.js).
export function chooseLanguage(tag) {
  prefs.set("language", tag);
  location.reload();
}

function choice(id, label, help, options, name, isReloading) {
  const select = element("select", { "data-local": true, onchange: () => {
    prefs.set(name, select.value || undefined);
    if (isReloading) location.reload();
  } }, ...options.map(([value, words, lang]) => element("option", { value, lang, selected: (prefs.get(name) ?? "") === value }, words)));
  return field({ id, label, help }, select);
}

const zones = () => {
  try {
    return Intl.supportedValuesOf("timeZone");
  } catch {
    return ["UTC", "Asia/Tehran", "Asia/Taipei", "Europe/Berlin", "America/New_York"];
  }
};

export function openSettings() {
  const automatic = t("settings.automatic"), suggested = navigator.languages?.map(match).find(Boolean) ?? "en";
  openDialog({ title: t("settings.title") }, element("div", { class: "settings" },
    choice("set-language", t("settings.language"), "", [["", `${automatic} (${languages[suggested]})`], ...Object.entries(languages).map(([tag, name]) => [tag, name, tag])], "language", true),
    choice("set-theme", t("settings.theme"), "", [["", automatic], ["dark", t("settings.dark")], ["light", t("settings.light")]], "theme", false),
    choice("set-digits", t("settings.digits"), "", [["", automatic], ["latn", "0 1 2 3"], ["arab", "٠ ١ ٢ ٣"], ["arabext", "۰ ۱ ۲ ۳"], ["hanidec", "〇 一 二 三"]], "digits", true),
    choice("set-calendar", t("settings.calendar"), date(Date.now()), [["", automatic], ["gregory", t("settings.gregorian")], ["persian", t("settings.persian")], ["islamic-umalqura", t("settings.islamic")]], "calendar", true),
    choice("set-hours", t("settings.hours"), clockTime(Date.now()), [["", automatic], ["h23", t("settings.hours24")], ["h12", t("settings.hours12")]], "hours", true),
    choice("set-zone", t("settings.zone"), "", [["", `${automatic} (${Intl.DateTimeFormat().resolvedOptions().timeZone})`], ...zones().map((zone) => [zone, zone.replaceAll("_", " ")])], "timeZone", true),
    toggle("set-keys", t("settings.keys"), prefs.get("keys") !== false, (isOn) => prefs.set("keys", isOn ? undefined : false))),
  element("p", { class: "hint" }, t("settings.help")));
}
