// chat_row.js - one message as a row, and what can be done with it.
import { element, fill, platformMark, roleMark } from "./dom.js";
import { clockTime, money, number, t } from "./i18n.js";

const kinds = new Set(["gift", "membership", "raid", "follow", "like", "join", "poll"]);
const SIGN = "\ufffc";  // stands in the text for a picture that has no characters

export const nameOf = (message) => message.author?.name || message.author?.login || "";

export function makeRow(message) {
  const classes = ["message", message.platform, `is-${message.kind}`, message.history && "is-history", message.own && "is-own", message.money && "has-money"];
  return element("li", { class: classes.filter(Boolean).join(" "), "data-id": message.id, tabindex: "-1" },
    element("p", { class: "byline" }, platformMark(message.platform), element("bdi", { class: "who" }, nameOf(message)),
      message.own ? element("span", { class: "role own" }, t("chat.own")) : roleMark(message.author), badge(message.author), amount(message.money),
      element("time", { class: "when" }, clockTime(message.time_ms ?? message.received_ms))),
    quote(message.reply_to),
    fill(element("p", { class: "text", dir: "auto" }), ...textParts(message)));
}

// The text with its pictures' names marked; no picture is fetched from a stranger's machine.
function textParts(message) {
  if (!message.text) return [kinds.has(message.kind) ? t(`chat.kind_${message.kind}`) : message.kind];
  if (!message.emotes?.length) return [message.text];
  const at = unitsAt(message.text), parts = [];
  let from = 0;
  for (const emote of message.emotes) {
    const start = at(emote.from), end = at(emote.to), words = message.text.slice(start, end);
    if (start < from) continue;
    parts.push(message.text.slice(from, start), element("span", { class: "emote" }, words === SIGN ? emote.name || "…" : words));
    from = end;
  }
  return [...parts, message.text.slice(from)];
}

// From bytes of UTF-8 to units of the string, for offsets that grow.
export function unitsAt(text) {
  let bytes = 0, units = 0;
  return (wanted) => {
    while (bytes < wanted && units < text.length) {
      const scalar = text.codePointAt(units);
      bytes += scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4;
      units += scalar < 0x10000 ? 1 : 2;
    }
    return units;
  };
}

function quote(reply) {
  if (!reply?.text && !reply?.author) return null;
  return element("p", { class: "quote" }, reply.author && element("bdi", { class: "who" }, reply.author), reply.author && " ", element("bdi", {}, reply.text ?? ""));
}

// How long somebody belongs to the channel.
function badge(author) {
  return author?.months ? element("span", { class: "chip" }, t("chat.months", { n: author.months })) : null;
}

export function amount(value) {
  if (!value) return null;
  const units = value.units ?? value.count;
  const text = value.micros ? money(value.micros / 1e6, value.currency) : `${units ? number(units) : ""} ${value.item ?? value.unit ?? ""}`;
  return text.trim() ? element("bdi", { class: "money" }, text.trim()) : null;
}

// The words with some of them marked: [from, to] in bytes, as search gives them.
export function marked(text, marks = []) {
  const at = unitsAt(text), parts = [];
  let from = 0;
  for (const [start, end] of [...marks].sort((a, b) => a[0] - b[0])) {
    const begins = at(start), ends = at(end);
    if (begins < from) continue;
    parts.push(text.slice(from, begins), element("mark", {}, text.slice(begins, ends)));
    from = ends;
  }
  return [...parts, text.slice(from)];
}
