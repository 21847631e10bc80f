// sources.js - is each chat alive, what was lost, and the outputs of the video.
import { ago, button, byId, clockTime, element, platformMark } from "./dom.js";

const GAPS_SHOWN = 8, REDRAW_MS = 5000;

export class Sources {
  constructor(store, act) {
    this.store = store;
    this.act = act;
    for (const part of ["sources", "role"]) store.addEventListener(part, () => this.#draw());
    store.addEventListener("gaps", () => this.#drawGaps());
    for (const part of ["outputs", "role"]) store.addEventListener(part, () => this.#drawOutputs());
    setInterval(() => this.#draw(), REDRAW_MS);  // "41 s ago" ages
    const connector = byId("source-connector");
    connector.addEventListener("change", () => this.#drawForm(connector.value));
    this.#drawForm(connector.value);
    byId("source-form").addEventListener("submit", (event) => this.#add(event));
  }

  #drawForm(connector) {
    const isYoutube = connector === "youtube";
    byId("source-key-row").hidden = !isYoutube;
    byId("source-key").required = isYoutube;
    byId("source-channel-label").textContent = isYoutube ? "Video (address or id), or channel (@handle)" : "Channel";
  }

  #add(event) {
    event.preventDefault();
    const connector = byId("source-connector").value, text = byId("source-channel").value.trim();
    const config = { connector };
    if (connector === "youtube") {
      config[text.startsWith("@") || text.startsWith("UC") || text.includes("/@") || text.includes("/channel/") ? "channel" : "video"] = text;
      config.api_key = byId("source-key").value.trim();
    } else {
      config.channel = text.replace(/^https?:\/\/(www\.)?twitch\.tv\//, "").replace(/^#/, "");
    }
    this.act("source.add", { config }).then(() => { event.target.reset(); this.#drawForm("twitch"); }, () => {});
  }

  #draw() {
    const isOwner = this.store.role === "owner";
    byId("source-form").hidden = !isOwner;
    byId("sources").replaceChildren(...[...this.store.sources.values()].map((source) => element("li", { class: "source" },
      element("div", { class: "row" }, platformMark(source.platform), element("span", { class: "name" }, source.id),
        element("span", { class: `state ${source.state}` }, source.state)),
      element("p", { class: "hint" }, [source.text, lastMessage(source), source.reconnects ? `${source.reconnects} reconnects` : "", source.dropped ? `${source.dropped} unreadable` : ""].filter(Boolean).join(" · ")),
      isOwner && button("Remove", () => confirm(`Remove ${source.id}?`) && this.act("source.remove", { source: source.id }), { class: "quiet" }))));
  }

  #drawGaps() {
    const gaps = this.store.gaps.slice(-GAPS_SHOWN).reverse();
    byId("gaps-title").hidden = gaps.length === 0;
    byId("gaps").replaceChildren(...gaps.map((gap) => element("li", { class: "gap" },
      `${gap.source}: ${clockTime(gap.from_ms)} to ${clockTime(gap.to_ms)} (${Math.max(1, Math.round((gap.to_ms - gap.from_ms) / 1000))} s), ${gap.reason}`)));
  }

  #drawOutputs() {
    const outputs = [...this.store.outputs.values()];
    byId("outputs-title").hidden = outputs.length === 0;
    byId("outputs").replaceChildren(...outputs.map((output) => element("li", { class: "source" },
      element("div", { class: "row" }, element("span", { class: "name" }, output.name), element("span", { class: `state ${output.state}` }, output.state)),
      element("p", { class: "hint" }, [output.text, output.bitrate_kbps ? `${output.bitrate_kbps} kb/s` : "", output.dropped ? `${output.dropped} frames dropped` : ""].filter(Boolean).join(" · ")),
      this.store.role !== "viewer" && element("div", { class: "row" },
        output.state === "off" ? button("Start", () => this.act("output.start", { name: output.name }), { class: "primary" })
          : button("Stop", () => confirm(`Stop ${output.name}?`) && this.act("output.stop", { name: output.name }))))));
  }
}

function lastMessage(source) {
  if (!source.last_message_ms) return "no message yet";
  const usual = source.interval_ms ? `, usually every ${(source.interval_ms / 1000).toFixed(source.interval_ms < 10000 ? 1 : 0)} s` : "";
  return `last ${ago(source.last_message_ms)}${usual}`;
}
