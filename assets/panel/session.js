// session.js - who is signed in, and signing in with a link. The link's token stands behind '#', which no server sees;
// it is used only after a click, so that a chat program's preview of the link does not use it up.
import { byId } from "./dom.js";

const address = new URL("api/v1/session", document.baseURI);

// The role of this browser's session; null: none.
export async function currentRole() {
  const answer = await fetch(address, { credentials: "same-origin" });
  return answer.ok ? (await answer.json()).role : null;
}

// Shows the sign-in page; resolves when a link was accepted.
export function signIn() {
  const token = new URLSearchParams(location.hash.slice(1)).get("link");
  byId("sign-in").hidden = false;
  byId("sign-in-text").textContent = token
    ? "This link signs this browser in, once."
    : "Open a sign-in link: run `antiphon link` where the relay runs, or ask the owner for an invitation.";
  const button = byId("sign-in-button");
  button.hidden = !token;
  return new Promise((resolve) => {
    if (!token) return;
    button.addEventListener("click", async () => {
      button.disabled = true;
      if (await useLink(token)) {
        history.replaceState(null, "", location.pathname);
        byId("sign-in").hidden = true;
        resolve();
      } else {
        byId("sign-in-text").textContent = "This link was used already, or is too old. Ask for a new one (`antiphon link`).";
        button.hidden = true;
      }
    });
    button.focus();
  });
}

async function useLink(token) {
  const answer = await fetch(address, { method: "POST", credentials: "same-origin", headers: { "content-type": "application/json" }, body: JSON.stringify({ link: token }) });
  return answer.ok;
}
