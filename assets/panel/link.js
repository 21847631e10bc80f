// link.js - antiphon.v1: one websocket, commands with answers, and the way back after a loss.

const FIRST_DELAY_MS = 500, LAST_DELAY_MS = 15000, ANSWER_MS = 15000;

export class Link {
  #socket = null; #delayMs = FIRST_DELAY_MS; #nextRef = 1; #waiting = new Map(); #revision = null; #isWanted = true;

  // onEvent(event) for each message of the relay but replies; onState("connecting"|"open"|"lost"|"refused", text).
  constructor(onEvent, onState) {
    this.onEvent = onEvent;
    this.onState = onState;
  }

  open() {
    this.onState("connecting", "Connecting …");
    const url = new URL("api/v1/socket", document.baseURI);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = this.#socket = new WebSocket(url, "antiphon.v1");
    let wasOpen = false;
    socket.onopen = () => {
      wasOpen = true;
      this.#delayMs = FIRST_DELAY_MS;
      socket.send(JSON.stringify({ type: "hello", client: "panel", name: navigator.platform || "browser", have: this.#revision }));
    };
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = () => this.#closed(socket, wasOpen);
  }

  close() {
    this.#isWanted = false;
    this.#socket?.close();
  }

  // Resolves with the result; rejects with an Error in the relay's words.
  command(command, fields = {}) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return Promise.reject(new Error("Not connected; try again in a moment."));
    const ref = String(this.#nextRef++);
    const promise = new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(ref, { ok: false, error: { text: `${command}: no answer` } }), ANSWER_MS);
      this.#waiting.set(ref, { resolve, reject, timer });
    });
    this.#socket.send(JSON.stringify({ type: "command", ref, command, ...fields }));
    return promise;
  }

  #receive(event) {
    if (event.revision) this.#revision = event.revision;
    if (event.type === "reply") return this.#settle(event.ref, event);
    if (event.type === "welcome") this.onState("open", `Connected as ${event.role}`);
    this.onEvent(event);
  }

  #settle(ref, reply) {
    const waiting = this.#waiting.get(ref);
    if (!waiting) return;
    this.#waiting.delete(ref);
    clearTimeout(waiting.timer);
    if (reply.ok) waiting.resolve(reply.result ?? {});
    else waiting.reject(new Error(reply.error?.text ?? "refused"));
  }

  #closed(socket, wasOpen) {
    if (socket !== this.#socket) return;
    for (const ref of [...this.#waiting.keys()]) this.#settle(ref, { ok: false, error: { text: "The connection was lost; look whether it happened." } });
    if (!this.#isWanted) return;
    this.onState(wasOpen ? "lost" : "refused", `No connection; trying again in ${Math.ceil(this.#delayMs / 1000)} s`);
    // Jitter, so that a restarted relay does not meet every panel at once.
    setTimeout(() => this.#isWanted && this.open(), this.#delayMs * (0.8 + Math.random() * 0.4));
    this.#delayMs = Math.min(this.#delayMs * 2, LAST_DELAY_MS);
  }
}
