// link.js - antiphon.v1: one websocket, commands with answers, and the way back after a loss.
import { t } from "./i18n.js";

const FIRST_DELAY_MS = 500, LAST_DELAY_MS = 15000, ANSWER_MS = 15000, ALIVE_MS = 4000, SLEPT_MS = 15000, SENT_OUT = 1008;

export class Link {
  #socket = null; #delayMs = FIRST_DELAY_MS; #nextRef = 1; #waiting = new Map(); #revision = null; #isWanted = false; #retry = 0; #heard = 0;

  // onEvent(event) for each message of the relay but replies; onState({state: "connecting"|"open"|"lost"|"refused", retry_ms, role}).
  constructor(onEvent, onState, { name = navigator.platform || "browser", topics = undefined } = {}) {
    this.onEvent = onEvent;
    this.onState = onState;
    this.hello = { type: "hello", client: "panel", name, topics };
    for (const name of ["pageshow", "online", "focus"]) addEventListener(name, () => this.wake());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.wake());
  }

  greetings = new Map();  // what hello says besides: key → function that gives its value

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  open() {
    this.#isWanted = true;
    clearTimeout(this.#retry);
    this.onState({ state: "connecting" });
    const url = new URL("api/v1/socket", document.baseURI);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = this.#socket = new WebSocket(url, "antiphon.v1");
    let wasOpen = false;
    socket.onopen = () => {
      wasOpen = true;
      this.#delayMs = FIRST_DELAY_MS;
      const greeting = Object.fromEntries([...this.greetings].map(([key, value]) => [key, value()]));
      socket.send(JSON.stringify({ ...greeting, ...this.hello, have: this.#revision }));
    };
    socket.onmessage = ({ data }) => socket === this.#socket && this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => this.#closed(socket, wasOpen && code !== SENT_OUT);
  }

  close() {
    this.#isWanted = false;
    clearTimeout(this.#retry);
    this.#socket?.close();
  }

  // Now, without the rest of the waiting. A phone that slept may hold a socket that is dead and does not know it: it is asked.
  wake() {
    if (!this.#isWanted || this.#socket?.readyState === WebSocket.CONNECTING) return;
    if (!this.isOpen) {
      this.#delayMs = FIRST_DELAY_MS;
      this.open();
    } else if (Date.now() - this.#heard > SLEPT_MS) {
      const socket = this.#socket;
      this.command("history", { limit: 1 }, ALIVE_MS).catch((error) => {
        if (error.code === "silent" && socket === this.#socket) this.#abandon();
      });
    }
  }

  // Resolves with the result; rejects with an Error in the relay's words, with its code.
  command(command, fields = {}, answer_ms = ANSWER_MS) {
    if (!this.isOpen) return Promise.reject(failure("offline", t("link.offline")));
    const ref = String(this.#nextRef++);
    const promise = new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(ref, { ok: false, error: { code: "silent", text: String(t("link.no_answer", { command })) } }), answer_ms);
      this.#waiting.set(ref, { resolve, reject, timer });
    });
    this.#socket.send(JSON.stringify({ type: "command", ref, command, ...fields }));
    return promise;
  }

  #receive(event) {
    this.#heard = Date.now();
    if (event.revision) this.#revision = event.revision;
    if (event.type === "reply") return this.#settle(event.ref, event);
    if (event.type === "welcome") this.onState({ state: "open", role: event.role });
    this.onEvent(event);
  }

  #settle(ref, reply) {
    const waiting = this.#waiting.get(ref);
    if (!waiting) return;
    this.#waiting.delete(ref);
    clearTimeout(waiting.timer);
    if (reply.ok) waiting.resolve(reply.result ?? {});
    else waiting.reject(failure(reply.error?.code, reply.error?.text ?? t("link.refused")));
  }

  // Its end would come minutes later, if at all.
  #abandon() {
    const socket = this.#socket;
    this.#closed(socket, true);
    socket.close();
    this.wake();
  }

  // Who was sent out (revoked, signed out elsewhere) need not try first to learn it.
  #closed(socket, wasOpen) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    for (const ref of [...this.#waiting.keys()]) this.#settle(ref, { ok: false, error: { code: "lost", text: t("link.lost_answer") } });
    if (!this.#isWanted) return;
    // Jitter, so that a restarted relay does not meet every panel at once.
    const delayMs = this.#delayMs * (0.8 + Math.random() * 0.4);
    this.#retry = setTimeout(() => this.#isWanted && this.open(), delayMs);
    this.#delayMs = Math.min(this.#delayMs * 2, LAST_DELAY_MS);
    this.onState({ state: wasOpen ? "lost" : "refused", retry_ms: delayMs });
  }
}

function failure(code, text) {
  return Object.assign(new Error(text), { code });
}
