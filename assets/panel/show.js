// show.js - what is on air, the poll, the subtitles.
import { button, byId, element } from "./dom.js";

const FILE_BYTES_MAX = 1 << 20;

export class Show {
  constructor(store, act) {
    this.store = store;
    this.act = act;
    store.addEventListener("on_air", () => this.#drawOnAir());
    store.addEventListener("preview", () => this.#drawOnAir());
    for (const part of ["polls", "role"]) store.addEventListener(part, () => this.#drawPoll());
    store.addEventListener("sources", () => {
      byId("poll-native-row").hidden = ![...store.sources.values()].some(({ can }) => can?.includes("poll_start"));
    });
    for (const part of ["captions", "role"]) store.addEventListener(part, () => this.#drawTracks());
    byId("poll-form").addEventListener("submit", (event) => this.#openPoll(event));
    byId("line-form").addEventListener("submit", (event) => this.#sendLine(event));
    byId("file-form").addEventListener("submit", (event) => this.#loadFile(event));
  }

  #drawOnAir() {
    const { views, is_blank: isBlank } = this.store.onAir;
    const slots = [];
    for (const [name, view] of Object.entries(views ?? {})) {
      const title = Object.keys(views).length > 1 ? ` (${name})` : "";
      if (view.question) slots.push(slot(`Question${title}`, view.question.text));
      if (view.poll) slots.push(slot(`Poll${title}`, view.poll.question));
      for (const track of view.captions ?? []) slots.push(slot(`Subtitles ${track.language}${title}`, (track.lines ?? []).join("\n")));
    }
    const pictures = [...this.store.previews].map(([view, url]) => element("img", { class: "preview", src: url, alt: `What the view ${view} shows` }));
    byId("on-air").replaceChildren(...(isBlank ? [element("p", { class: "nothing" }, "Panic: the overlay is blank.")] : []),
      ...(slots.length ? slots : [element("p", { class: "nothing" }, "Nothing.")]), ...pictures);
    byId("panic").setAttribute("aria-pressed", String(isBlank));
    byId("panic").textContent = isBlank ? "Show again" : "Panic";
    const { missing = [], skipped = [] } = this.store.overlay ?? {};
    byId("overlay-state").textContent = [
      missing.length ? `No font for: ${missing.map(({ text }) => text).join(" ")}` : "",
      skipped.length ? `Not drawn, because it ended the overlay before: ${skipped.map(({ card }) => card).join(", ")}` : "",
    ].filter(Boolean).join(". ");
  }

  #drawPoll() {
    const polls = [...this.store.polls.values()].sort((a, b) => b.id - a.id);
    const open = polls.find(({ state }) => state === "open");
    const poll = open ?? polls.find((one) => one.is_on_air) ?? polls[0];
    byId("poll").replaceChildren(...(poll ? [this.#pollCard(poll)] : []));
    byId("poll-form").hidden = Boolean(open) || this.store.role === "viewer";
  }

  #pollCard(poll) {
    const share = (votes) => (poll.total ? votes / poll.total : 0);
    return element("div", {},
      element("p", { dir: "auto" }, element("strong", {}, poll.question)),
      element("p", { class: "hint" }, `${poll.state}, ${poll.total} votes`),
      ...poll.options.map((option, index) => element("div", { class: "poll-option" },
        element("div", { class: "label" }, element("bdi", {}, `${index + 1}. ${option.text}`), element("span", {}, `${option.votes} (${Math.round(100 * share(option.votes))} %)`)),
        element("progress", { max: 1, value: share(option.votes), "aria-label": option.text }))),
      this.store.role !== "viewer" && element("div", { class: "row" },
        poll.state === "open" ? button("Close", () => this.act("poll.close", { id: poll.id }), { class: "primary" }) : null,
        button(poll.is_on_air ? "Take off air" : "Put on air", () => this.act("poll.air", { id: poll.id, on_air: !poll.is_on_air }))));
  }

  #openPoll(event) {
    event.preventDefault();
    const options = byId("poll-options").value.split("\n").map((line) => line.trim()).filter(Boolean);
    const seconds = Number(byId("poll-seconds").value);
    const poll = { question: byId("poll-question").value.trim(), options, ...(seconds ? { seconds } : {}) };
    const isNative = byId("poll-native").checked;
    this.act("poll.open", poll)
      .then(() => { event.target.reset(); if (isNative) this.act("source.poll", poll).catch(() => {}); }, () => {});
  }

  #drawTracks() {
    const mayModerate = this.store.role !== "viewer";
    byId("tracks").replaceChildren(...[...this.store.captions.values()].map((track) => element("div", { class: "track" },
      element("span", { class: "name" }, `${track.track} (${track.language})${track.is_running ? " · running" : ""}`),
      mayModerate && (track.is_running ? button("Stop", () => this.act("captions.stop", { track: track.track }))
        : button("Start", () => this.act("captions.start", { track: track.track }), { class: "primary" })))));
    byId("line-form").hidden = byId("file-form").hidden = !mayModerate;
  }

  #sendLine(event) {
    event.preventDefault();
    const language = byId("line-language").value;
    this.act("captions.line", { track: `live-${language}`, language, text: byId("line-text").value })
      .then(() => { byId("line-text").value = ""; }, () => {});
  }

  async #loadFile(event) {
    event.preventDefault();
    const file = byId("file").files[0];
    if (!file) return;
    const format = file.name.toLowerCase().endsWith(".vtt") ? "vtt" : "srt";
    const text = file.size <= FILE_BYTES_MAX ? await file.text() : "";
    const track = file.name.replace(/\.[^.]*$/, "").slice(0, 32);
    this.act("captions.load", { track, language: byId("file-language").value, format, text });
  }
}

function slot(title, text) {
  return element("div", { class: "slot" }, element("b", {}, title), element("span", { dir: "auto" }, text));
}
