// captions.js - subtitles: tracks from files that run with the show, and lines typed live.
import { button, card, element, empty, field, refill } from "./dom.js";
import { icon } from "./icons.js";
import { currentLanguage, languageName, t } from "./i18n.js";
import { notify } from "./notices.js";
import { prefs } from "./prefs.js";

const FILE_BYTES_MAX = 1 << 20, TAG = "[A-Za-z0-9\\-]{2,12}";

export class Captions {
  #tracks = element("div", { id: "tracks", class: "tracks" });

  constructor(desk) {
    this.store = desk.store;
    this.act = desk.act;
    this.lineForm = this.#makeLineForm();
    this.fileForm = this.#makeFileForm();
    desk.shell.place("show").append(card("captions", t("captions.title"), {}, this.#tracks, this.lineForm, this.fileForm));
    for (const part of ["captions", "role"]) this.store.addEventListener(part, () => this.#draw());
  }

  #tag(id, label) {
    const input = element("input", { class: "short", dir: "ltr", value: prefs.get("captions.language") ?? currentLanguage(), maxlength: "12", pattern: TAG, title: t("captions.tag"), id, "aria-label": label });
    input.addEventListener("change", () => prefs.set("captions.language", input.value));
    return input;
  }

  #makeLineForm() {
    this.line = element("input", { dir: "auto", maxlength: "300", autocomplete: "off", required: true });
    this.lineLanguage = this.#tag("line-language", t("captions.line_language"));
    return element("form", { id: "line-form", onsubmit: (event) => this.#sendLine(event) },
      field({ id: "line-text", label: t("captions.line") }, this.line, this.lineLanguage, element("button", { type: "submit" }, t("captions.show"))));
  }

  #makeFileForm() {
    this.file = element("input", { id: "file", type: "file", accept: ".srt,.vtt,text/vtt" });
    const chosen = element("bdi", {}, t("captions.choose"));
    this.file.addEventListener("change", () => refill(chosen, this.file.files[0]?.name ?? t("captions.choose")));
    this.fileLanguage = this.#tag("file-language", t("captions.file_language"));
    return element("form", { id: "file-form", onsubmit: (event) => this.#loadFile(event) },
      element("div", { class: "field" }, element("label", { for: "file" }, t("captions.file")),
        element("div", { class: "row" }, element("span", { class: "file" }, icon("captions"), chosen, this.file), this.fileLanguage, element("button", { type: "submit" }, t("captions.load")))));
  }

  #draw() {
    const mayModerate = this.store.role !== "viewer", tracks = [...this.store.captions.values()];
    refill(this.#tracks, tracks.length ? tracks.map((track) => this.#track(track, mayModerate)) : empty("captions", t("captions.none"), t("captions.none_help")));
    this.lineForm.hidden = this.fileForm.hidden = !mayModerate;
  }

  #track(track, mayModerate) {
    return element("div", { class: `track ${track.is_running ? "is-running" : ""}` },
      element("p", { class: "name" }, element("bdi", {}, track.track), element("span", { class: "hint" }, languageName(track.language))),
      track.is_running && element("span", { class: "chip good" }, t("captions.running")),
      mayModerate && (track.is_running
        ? button(t("common.stop"), () => this.act("captions.stop", { track: track.track }).catch(() => {}), { "aria-label": t("captions.stop", { track: track.track }) })
        : button(t("common.start"), () => this.act("captions.start", { track: track.track }).catch(() => {}), { class: "tonal", "aria-label": t("captions.start", { track: track.track }) })));
  }

  #sendLine(event) {
    event.preventDefault();
    const language = this.lineLanguage.value;
    this.act("captions.line", { track: `live-${language}`, language, text: this.line.value }).then(() => { this.line.value = ""; }, () => {});
  }

  async #loadFile(event) {
    event.preventDefault();
    const file = this.file.files[0];
    if (!file) return this.file.click();
    if (file.size > FILE_BYTES_MAX) return notify("error", t("captions.too_big", { name: file.name }));
    const format = file.name.toLowerCase().endsWith(".vtt") ? "vtt" : "srt";
    const track = file.name.replace(/\.[^.]*$/, "").slice(0, 32);
    this.act("captions.load", { track, language: this.fileLanguage.value, format, text: await file.text() })
      .then(({ cues, skipped }) => notify("good", skipped ? t("captions.loaded_some", { n: cues, skipped }) : t("captions.loaded", { n: cues })), () => {});
  }
}
