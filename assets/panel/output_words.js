// output_words.js - an output's health as somebody who streams would say it: {tone, words}; tone is good, warn, bad or "".
import { number, seconds, t } from "./i18n.js";

// What the video process calls a trouble that has words here; others come in its own.
const troubles = ["refused", "unreachable", "unknown_host", "denied", "lost", "stalled", "disk", "folder", "missing", "encoder"];
export const tones = { live: "good", failed: "bad", lost: "bad", connecting: "warn" };

// "5.9 Mbit/s", "480 kbit/s".
export function rate(kbps) {
  const isLarge = kbps >= 1000;
  return number(isLarge ? kbps / 1000 : kbps, { style: "unit", unit: isLarge ? "megabit-per-second" : "kilobit-per-second", unitDisplay: "short", maximumFractionDigits: isLarge ? 1 : 0 });
}

// "6.1 ms", with as many digits as are told apart.
export const milliseconds = (ms) => number(ms, { style: "unit", unit: "millisecond", unitDisplay: "short", maximumFractionDigits: ms < 10 ? 1 : 0 });

/*
 * output: as reported; video: the process that reports it; at_ms: when that came, by this page's clock; lately: pictures left out
 * in the last half minute.
 */
export function health(output, { video = null, at_ms: at = Date.now(), lately = 0, now = Date.now() } = {}) {
  if (video?.state === "silent") return { tone: "warn", words: t("outputs.old_words") };
  if (output.state === "lost" || video?.state === "lost") return { tone: "bad", words: t("outputs.lost_words") };
  if (output.state === "failed" || (output.why === "encoder" && output.state !== "off")) return { tone: "bad", words: failed(output, Math.max(0, (output.retry_ms ?? 0) - (now - at))) };
  if (output.state === "connecting") return { tone: "warn", words: output.why === "listening" ? t("outputs.listening_words") : t("outputs.connecting_words") };
  if (output.state !== "live") return { tone: "", words: t("outputs.off_words") };
  return live(output, lately);
}

function failed(output, wait) {
  const what = troubles.includes(output.why) ? t(`outputs.why_${output.why}`, { name: output.name }) : output.text.replace(/; trying again$/, "");
  return wait > 0 ? t("outputs.failed_retry", { what, time: seconds(Math.max(1000, wait)) }) : t("outputs.failed_now", { what });
}

function live(output, lately) {
  if (output.is_blank) return { tone: "warn", words: t("outputs.blank_words", { rate: rate(output.bitrate_kbps ?? 0) }) };
  if (lately > 0) return { tone: "warn", words: t("outputs.slow_words", { n: lately }) };
  if (output.budget_ms && output.encode_ms > output.budget_ms)
    return { tone: "warn", words: t("outputs.encoder_words", { time: milliseconds(output.encode_ms), budget: milliseconds(output.budget_ms) }) };
  const left = output.dropped ? t("outputs.dropped", { n: output.dropped }) : t("outputs.none_dropped");
  return { tone: "good", words: t(output.is_recording ? "outputs.recording_words" : "outputs.live_words", { rate: rate(output.bitrate_kbps ?? 0), left }) };
}
