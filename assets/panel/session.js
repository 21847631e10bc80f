// session.js - who is signed in, and signing in with a link. The link's token stands behind '#', which no server sees;
// it is used only after a click, so that a chat program's preview of the link does not use it up.
import { button, element, field } from "./dom.js";
import { openDialog } from "./dialog.js";
import { t } from "./i18n.js";

const address = new URL("api/v1/session", document.baseURI);

// The role of this browser's session; null: none.
export async function currentRole() {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (answer.status >= 500) throw new Error(`session: ${answer.status}`);
  return answer.ok ? (await answer.json()).role : null;
}

export const signOut = () => fetch(address, { method: "DELETE", credentials: "same-origin" });

// The token of a whole link, or of what was pasted of it.
function tokenOf(text) {
  const after = text.trim().split("#").at(-1);
  return new URLSearchParams(after).get("link") ?? (/^[\w-]{20,}$/.test(after) ? after : null);
}

// Draws the sign-in into `box`; resolves when a link was accepted, or when another window signed in meanwhile.
function signIn(box) {
  const token = tokenOf(location.hash);
  return new Promise((resolve) => {
    const done = () => { removeEventListener("focus", look); history.replaceState(null, "", location.pathname + location.search); resolve(); };
    const look = () => currentRole().then((role) => role && done(), () => {});
    addEventListener("focus", look);
    const text = element("p", { id: "sign-in-text" }, token ? t("session.link") : t("session.no_link"));
    const problem = element("p", { class: "error-text", role: "alert" });
    const attempt = async (link) => {
      problem.textContent = "";
      const refusal = await useLink(link).catch(() => t("session.no_answer"));
      if (refusal === null) return done();
      problem.textContent = refusal;
    };
    box.replaceChildren(text, problem, token ? linkButton(token, attempt) : pasteForm(attempt, problem));
    box.querySelector("button, input")?.focus();
  });
}

function linkButton(token, attempt) {
  const press = button(t("session.use_link"), async () => {
    press.disabled = true;
    await attempt(token);
    press.hidden = true;
  }, { class: "primary large", id: "sign-in-button" });
  return press;
}

function pasteForm(attempt, problem) {
  const input = element("input", { type: "password", dir: "ltr", autocomplete: "off", spellcheck: "false", required: true });
  const submit = (event) => {
    event.preventDefault();
    const token = tokenOf(input.value);
    if (token) attempt(token);
    else problem.textContent = t("session.no_such_link");
  };
  return element("form", { onsubmit: submit }, field({ id: "sign-in-paste", label: t("session.paste") }, input, element("button", { type: "submit", class: "primary" }, t("session.sign_in"))));
}

async function useLink(token) {
  const answer = await fetch(address, { method: "POST", credentials: "same-origin", headers: { "content-type": "application/json" }, body: JSON.stringify({ link: token }) });
  if (answer.ok) return null;
  return answer.status === 429 ? t("session.too_many") : t("session.used");
}

let asking = null;

// The session ended while somebody worked: over the desk, so that nothing that was typed is lost.
export function signInAgain() {
  asking ??= new Promise((resolve) => {
    const box = element("div", { class: "sign-in-again" });
    const dialog = openDialog({ title: t("session.ended"), kind: "small", canClose: false }, element("p", {}, t("session.kept")), box);
    signIn(box).then(() => { asking = null; dialog.close(); resolve(); });
  });
  return asking;
}

// A page of its own, before there is anything else to see.
export async function signInFirst(title) {
  const box = element("div", {});
  const page = element("main", { id: "sign-in", class: "sign-in" }, element("section", { class: "card", "aria-labelledby": "sign-in-title" },
    element("img", { src: "icon.svg", alt: "", width: "56", height: "56" }), element("h1", { id: "sign-in-title" }, title), box));
  document.body.prepend(page);
  await signIn(box);
  page.remove();
}
