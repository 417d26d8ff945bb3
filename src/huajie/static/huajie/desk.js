// The desk's own script, and all of it: it keeps half-written forms, locks a screen that was left alone, and talks with
// passkeys. Every act works without it.
"use strict";

(() => {
  const lock = document.getElementById("lock");
  const work = document.getElementById("work");
  const token = () => document.querySelector("input[name=csrfmiddlewaretoken]").value;
  const post = (url, fields, more) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    return fetch(url, { method: "POST", body, credentials: "same-origin", headers: { "X-CSRFToken": token(), "X-Huajie-Script": "1" }, ...more });
  };

  // What is written is kept a few seconds after the last key, and when the page goes away.
  if (lock && work && lock.dataset.place) {
    const url = `${lock.dataset.save}?place=${encodeURIComponent(lock.dataset.place)}`;
    let timer = 0;
    let dirty = false;
    let sending = false;
    let under = null;
    const save = () => {
      clearTimeout(timer);
      if (!dirty || sending) return;
      dirty = false;
      const body = new FormData(work);
      for (const [name, value] of [...body.entries()]) if (value instanceof File) body.delete(name);
      const mine = fetch(url, { method: "POST", body, credentials: "same-origin", keepalive: true, headers: { "X-Huajie-Script": "1" } })
        .then((answer) => { if (!answer.ok && answer.status !== 422) dirty = true; else work.dataset.kept = "1"; })
        .catch(() => { dirty = true; })
        .finally(() => { if (under === mine) under = null; });
      under = mine;
    };
    work.addEventListener("input", () => {
      dirty = true;
      clearTimeout(timer);
      timer = setTimeout(save, 3000);
    });
    // The form itself is on its way: nothing may be kept after it. What is being kept just now arrives first, or it would
    // be found half written although it was sent; a line that hangs holds nobody up for longer than ten seconds.
    work.addEventListener("submit", (event) => {
      clearTimeout(timer);
      const waits = sending && under;
      sending = true;
      if (!under) return;
      event.preventDefault();
      if (waits) return;
      const button = event.submitter;
      Promise.race([under, new Promise((end) => setTimeout(end, 10000))]).then(() => { under = null; work.requestSubmit(button); });
    });
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") save(); });
    addEventListener("pagehide", save);
  }

  // Nobody touched any of our pages for so many minutes: press the lock. Pages of one browser share the moment.
  const minutes = lock ? Number(lock.dataset.idle) : 0;
  if (minutes > 0) {
    const store = "huajie-active";
    const read = () => { try { return Number(localStorage.getItem(store)) || 0; } catch { return 0; } };
    let last = 0;
    const touch = () => {
      if (Date.now() - last < 5000) return;
      last = Date.now();
      try { localStorage.setItem(store, String(last)); } catch { /* private window: this page alone counts */ }
    };
    for (const kind of ["keydown", "pointerdown", "pointermove", "scroll"]) addEventListener(kind, touch, { passive: true });
    touch();
    setInterval(() => {
      if (Date.now() - Math.max(last, read()) > minutes * 60000) document.querySelector("[data-lock]").click();
    }, 5000);
  }

  // A number of days or a date says at once which day it comes to; without a script a button does.
  for (const said of document.querySelectorAll("[data-reckons]")) {
    const field = document.getElementById(said.dataset.for);
    let asked = 0;
    const ask = () => {
      const mine = (asked += 1);
      const value = field.value.trim();
      if (!value) { said.textContent = ""; return; }
      fetch(`${said.dataset.reckons}&value=${encodeURIComponent(value)}`, { credentials: "same-origin" })
        .then((answer) => (answer.ok ? answer.text() : ""))
        .then((words) => { if (mine === asked) said.textContent = words; })
        .catch(() => { /* offline: the form says it once it is sent */ });
    };
    let timer = 0;
    field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 250); });
    for (const button of document.querySelectorAll(".no-script")) button.hidden = true;
  }

  // A standard phrase goes to where the cursor was, by one press; without a script it is there to be copied.
  const phrases = document.getElementById("phrases");
  const into = phrases && document.getElementById(phrases.dataset.into);
  if (into) {
    for (const line of phrases.children) {
      const [text, place] = line.querySelectorAll("span");
      const button = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: phrases.dataset.words });
      button.addEventListener("click", () => {
        const at = into.selectionEnd || into.value.length;
        into.setRangeText(text.dataset.text, at, at, "end");
        into.dispatchEvent(new Event("input", { bubbles: true }));
        into.focus();
      });
      place.append(button);
    }
  }

  // Passkeys.
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const opened = (options) => {
    const key = { ...options.publicKey, challenge: bytes(options.publicKey.challenge) };
    if (key.user) key.user = { ...key.user, id: bytes(key.user.id) };
    for (const list of ["allowCredentials", "excludeCredentials"]) {
      if (key[list]) key[list] = key[list].map((each) => ({ ...each, id: bytes(each.id) }));
    }
    return { publicKey: key };
  };
  const closed = (credential) => {
    const answer = credential.response;
    const response = { clientDataJSON: text(answer.clientDataJSON) };
    for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (answer[part]) response[part] = text(answer[part]);
    }
    return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: credential.getClientExtensionResults() };
  };
  for (const form of document.querySelectorAll("form[data-key]")) {
    if (!window.PublicKeyCredential || !navigator.credentials) continue;
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const fault = form.querySelector("[data-fault]");
      fault.hidden = true;
      try {
        const answer = await post(form.dataset.options, { step: form.dataset.step });
        const options = opened(await answer.json());
        const credential = form.dataset.key === "create" ? await navigator.credentials.create(options) : await navigator.credentials.get(options);
        form.elements.credential.value = JSON.stringify(closed(credential));
      } catch {
        fault.hidden = false;
        return;
      }
      form.submit();
    });
  }

})();
