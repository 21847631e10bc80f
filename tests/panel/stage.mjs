// stage.mjs - a relay, a rehearsal and a browser in a folder of their own; all ended by close().
import { spawn } from "node:child_process";
import { mkdtempSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const root = process.env.ANTIPHON_SOURCE_ROOT ?? resolve(import.meta.dirname, "../..");
const binary = process.env.ANTIPHON ?? join(root, "build/src/cli/antiphon");
const PATIENCE_MS = 20000;

export async function until(what, condition) {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await new Promise((wake) => setTimeout(wake, 30))) {
    const value = await condition();
    if (value) return value;
  }
  throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
}

// A port that was free a moment ago: a relay that is killed and comes back must listen on the same one.
function freePort() {
  return new Promise((take) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => take(port));
    });
  });
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = process.env.ANTIPHON_SHOTS;  // a folder: screenshots are kept there

export const shoot = (page, name) => (shots ? page.screenshot({ path: join(shots, `${name}.png`) }) : null);

// What axe finds wrong for those who cannot see or use a mouse, one line each.
export async function faults(page) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, any }) => `${html.slice(0, 120)} ${any[0]?.message ?? ""}`).join(" | ")}`);
}

// Brings a place of the desk to view: "chat", "questions", "show", "sources" … On a phone by the bar at the bottom, or what lies behind its last button.
export async function openPlace(page, name) {
  const tab = page.locator(`#tab-${name}:visible`), entry = page.locator(`#nav-${name}:visible`), more = page.locator("#nav-more:visible");
  if (await tab.count()) return tab.click();
  if (await entry.count()) return entry.click();
  if ((await more.count()) === 0) return null;
  await more.click();
  return page.locator(`.menu [data-place="${name}"]`).click();
}

export class Stage {
  folder = mkdtempSync(join(tmpdir(), "antiphon-panel-"));
  runtime = join(this.folder, "antiphon");
  #config = join(this.runtime, "antiphon.json");
  #children = [];
  #relay = null;

  // transcript: an array of lines as docs/message.md and rehearsal/transcript.h say. args: more for the rehearsal; config: more
  // of the configuration.
  async open(transcript, { args = [], config = {} } = {}) {
    mkdirSync(this.runtime, { mode: 0o700 });
    const file = join(this.folder, "transcript.jsonl");
    writeFileSync(file, transcript.map((line) => JSON.stringify(line) + "\n").join(""));
    const rehearsal = this.#start(["rehearse", "--port", "0", ...args, file], true);
    const addresses = this.addresses = JSON.parse(await new Promise((take) => createInterface(rehearsal.stdout).once("line", take)));
    writeFileSync(this.#config, JSON.stringify({ sources: addresses.sources, logins: addresses.logins, panel: { listen: `127.0.0.1:${await freePort()}` }, ...config }));
    await this.startRelay();
    this.browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });
    return this;
  }

  // A browser that is signed in, as somebody of this role. options: as for newContext(); problems: an array for the page's errors.
  async signIn(role = "owner", { name, problems = [], path = "", ...options } = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    const page = await context.newPage();
    const { url } = await this.api("invite", { role, name });
    await page.goto(url.replace("/#", `/${path}#`));
    await page.locator("#sign-in-button").click();
    await page.locator("html[data-link=open]").waitFor();
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    return page;
  }

  async startRelay() {
    this.#relay = this.#start(["relay", "--config", this.#config]);
    await until("the relay answers", () => this.api("history", { limit: 1 }).then(() => true, () => false));
  }

  // One line of a transcript, now, on its platform.
  async say(message) {
    const answer = await fetch(new URL("/control/say", this.addresses.control), { method: "POST", body: JSON.stringify(message) });
    if (!answer.ok) throw new Error(await answer.text());
  }

  get relayPid() { return this.#relay.pid; }

  startOverlay() {
    this.#start(["overlay", "--config", this.#config]);
  }

  // kill -9.
  killRelay() {
    return new Promise((dead) => {
      if (this.#relay.exitCode !== null || this.#relay.signalCode !== null) return dead();
      this.#relay.once("exit", dead);
      this.#relay.kill("SIGKILL");
    });
  }

  #start(args, isPiped = false) {
    const log = openSync(join(this.folder, "log"), "a");
    const env = { ...process.env, ANTIPHON_ASSETS: join(root, "assets") };
    for (const name of ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"]) env[name] = this.folder;
    const child = spawn(binary, args, { env, stdio: ["ignore", isPiped ? "pipe" : log, log] });
    this.#children.push(child);
    return child;
  }

  api(command, fields = {}) {
    return new Promise((take, fail) => {
      const request = http.request({ socketPath: join(this.runtime, "relay.sock"), path: `/api/v1/${command}`, method: "POST", headers: { "content-type": "application/json", host: "localhost" } }, (answer) => {
        let body = "";
        answer.on("data", (piece) => { body += piece; }).on("end", () => (answer.statusCode === 200 ? take(JSON.parse(body || "{}")) : fail(new Error(`${command}: ${answer.statusCode} ${body}`))));
      });
      request.on("error", fail).end(JSON.stringify(fields));
    });
  }

  log() {
    return readFileSync(join(this.folder, "log"), "utf8");
  }

  async close() {
    await this.browser?.close();
    await Promise.all(this.#children.map((child) => new Promise((ended) => {
      if (child.exitCode !== null) return ended();
      child.once("exit", ended);
      child.kill("SIGTERM");
      setTimeout(() => child.kill("SIGKILL"), 5000).unref();
    })));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
