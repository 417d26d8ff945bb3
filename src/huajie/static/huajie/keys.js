// Keys of the desk: going places, moving in lists, a palette of acts and pages. Every one of them is a link or a button
// that stands on the page too. No key does anything by itself but go somewhere or put the focus somewhere. Whoever has
// switched keys off does not get this file.
"use strict";

(() => {
  const where = document.querySelector("header [data-keys]");
  if (!where) return;
  const goes = where.getAttribute("href").split("#")[0];
  const all = (what, within = document) => [...within.querySelectorAll(what)];
  const keep = {
    get: (name) => { try { return sessionStorage.getItem(name); } catch { return null; } },
    set: (name, value) => { try { sessionStorage.setItem(name, value); } catch { /* private window: nothing is remembered */ } },
    drop: (name) => { try { sessionStorage.removeItem(name); } catch { /* the same */ } },
  };
  const typing = (field) => field.closest("input:not([type=checkbox]):not([type=radio]):not([type=submit]):not([type=button]), textarea, select, [contenteditable]") !== null;
  const follow = (link) => {
    keep.set("huajie-keyed", "1");
    link.click();
  };

  // Lists: J and K put the focus on a line's link, so that Enter is the browser's own.
  const rows = () => all(".rows > .item, .rows > .sec, .data.full tbody tr");
  const linkOf = (row) => row.querySelector("h3 a, h2 a, th a, td a");
  let here = -1;
  const select = (to) => {
    const lines = rows();
    if (!lines.length) return;
    lines.forEach((row) => row.classList.remove("is-sel"));
    here = Math.max(0, Math.min(to, lines.length - 1));
    lines[here].classList.add("is-sel");
    const link = linkOf(lines[here]);
    if (link) link.focus({ preventScroll: true });
    lines[here].scrollIntoView({ block: "nearest" });
  };

  // A matter that was opened from a list: J and K go on in the order of that list. Only addresses are remembered, for
  // this one window.
  const store = "huajie-walk";
  const path = location.pathname;
  const urls = rows().map(linkOf).filter(Boolean).map((link) => link.pathname);
  if (urls.length) {
    keep.set(store, JSON.stringify({ from: path + location.search, urls }));
    const last = keep.get("huajie-last");
    const at = urls.indexOf(last);
    if (at >= 0) here = at - 1;
  }
  const walk = (() => { try { return JSON.parse(keep.get(store)) || null; } catch { return null; } })();
  const place = document.querySelector("[data-walk]");
  const nth = place && walk ? walk.urls.indexOf(path) : -1;
  if (nth >= 0) {
    keep.set("huajie-last", path);
    place.querySelector("[data-walk-words]").textContent = place.dataset.walk.replace("{n}", nth + 1).replace("{all}", walk.urls.length);
    place.hidden = false;
  }
  const step = (by) => {
    if (rows().length) select(here < 0 && by < 0 ? 0 : here + by);
    else if (nth >= 0 && walk.urls[nth + by]) location.assign(walk.urls[nth + by]);
    else if (nth >= 0) location.assign(walk.from);
  };
  all("form[action*='sign-out'], #lock").forEach((form) => form.addEventListener("submit", () => { keep.drop(store); keep.drop("huajie-last"); }));

  // Whoever came by a key goes on by keys: the first field of a form has the focus.
  if (keep.get("huajie-keyed")) {
    keep.drop("huajie-keyed");
    const first = document.querySelector(".alert-bad a[href^='#f-']") || document.querySelector("#work .fields :is(input:not([type=hidden]), textarea, select)");
    if (first) first.focus();
  }

  // The page of places and keys, fetched when it is first asked for.
  let fetched = null;
  const places = () => {
    fetched ||= fetch(goes, { credentials: "same-origin", headers: { "X-Huajie-Script": "1" } })
      .then((answer) => answer.text())
      .then((text) => new DOMParser().parseFromString(text, "text/html"))
      .catch(() => { fetched = null; location.assign(goes); });
    return fetched;
  };
  const dialog = (name) => {
    const made = document.createElement("dialog");
    made.className = "pop";
    made.setAttribute("aria-label", name);
    document.body.append(made);
    const back = document.activeElement;
    made.addEventListener("close", () => { made.remove(); if (back && back.isConnected) back.focus(); });
    made.addEventListener("click", (event) => { if (event.target === made) made.close(); });
    made.showModal();
    return made;
  };

  const help = async () => {
    const page = await places();
    const keys = page && page.getElementById("keys");
    if (!keys || document.querySelector("dialog[open]")) return;
    const made = dialog(keys.querySelector("h2").textContent);
    made.append(document.importNode(keys, true));
    const end = document.createElement("button");
    end.className = "btn";
    end.textContent = page.getElementById("go").dataset.close;
    end.addEventListener("click", () => made.close());
    made.append(end);
    end.focus({ preventScroll: true });
    made.scrollTop = 0;
  };

  const palette = async () => {
    const page = await places();
    const go = page && page.getElementById("go");
    if (!go || document.querySelector("dialog[open]")) return;
    const made = dialog(go.dataset.title);
    const input = document.createElement("input");
    const list = document.createElement("ul");
    const said = document.createElement("p");
    Object.assign(input, { type: "text", className: "input", id: "pop-q", autocomplete: "off", maxLength: 200 });
    for (const [name, value] of [["role", "combobox"], ["aria-expanded", "true"], ["aria-controls", "pop-list"], ["aria-autocomplete", "list"], ["aria-label", go.dataset.title], ["placeholder", go.dataset.hint]]) input.setAttribute(name, value);
    list.id = "pop-list";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", go.dataset.title);
    said.className = "hint";
    said.setAttribute("role", "status");
    made.append(input, list, said);
    const known = all("[data-go]", go).map((link) => ({ href: link.getAttribute("href"), title: link.textContent.trim(), group: link.dataset.go, key: link.dataset.key || "" }));
    let shown = [];
    let chosen = 0;
    const choose = (to) => {
      chosen = shown.length ? (to + shown.length) % shown.length : 0;
      [...list.children].forEach((line, n) => line.setAttribute("aria-selected", String(n === chosen)));
      const line = list.children[chosen];
      if (line) { input.setAttribute("aria-activedescendant", line.id); line.scrollIntoView({ block: "nearest" }); } else input.removeAttribute("aria-activedescendant");
    };
    const leave = (entry) => { keep.set("huajie-keyed", "1"); location.assign(entry.href); };
    const draw = () => {
      const words = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      shown = known.filter((entry) => words.every((word) => entry.title.toLowerCase().includes(word)));
      const asked = input.value.trim();
      if (asked) {
        const query = encodeURIComponent(asked);
        const number = { href: `${goes.split("?")[0]}?q=${query}`, title: go.dataset.number.replace("{q}", asked), group: "" };
        if (/^[0-9a-z]{4}[- ]?[0-9a-z]{4,}/i.test(asked) && /\d/.test(asked)) shown.unshift(number);
        shown.push({ href: `${go.dataset.search}?q=${query}`, title: go.dataset.find.replace("{q}", asked), group: "" });
      }
      list.replaceChildren(...shown.map((entry, n) => {
        const line = document.createElement("li");
        line.id = `pop-${n}`;
        line.setAttribute("role", "option");
        const words = document.createElement("span");
        words.textContent = entry.title;
        line.append(words);
        if (entry.group) { const of = document.createElement("small"); of.textContent = entry.group; line.append(of); }
        if (entry.key) { const key = document.createElement("kbd"); key.textContent = entry.key; line.append(key); }
        line.addEventListener("click", () => leave(entry));
        line.addEventListener("pointermove", () => { if (chosen !== n) choose(n); });
        return line;
      }));
      said.textContent = go.dataset.count.replace("{n}", shown.length);
      choose(0);
    };
    input.addEventListener("input", draw);
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const moves = { ArrowDown: chosen + 1, ArrowUp: chosen - 1, Home: 0, End: shown.length - 1 };
      if (event.key in moves) { event.preventDefault(); choose(moves[event.key]); }
      if (event.key === "Enter" && shown[chosen]) { event.preventDefault(); leave(shown[chosen]); }
    });
    draw();
    input.focus();
  };

  // One key, or G and one key.
  let pending = 0;
  const single = {
    "?": help,
    "/": () => document.querySelector(".s-search input").focus(),
    j: () => step(1),
    k: () => step(-1),
    u: () => { if (walk) location.assign(walk.from); },
    // a link is followed, since it only opens a form; a button that would do the act gets the focus, and Enter is yours
    a: () => {
      const within = rows()[here] || document;
      const act = within.querySelector(".act :is(a, button)") || document.querySelector(".acts .first");
      if (!act) return;
      if (act.matches("a")) follow(act); else act.focus();
    },
    x: () => { const box = rows()[here] && rows()[here].querySelector("input[type=checkbox]"); if (box) box.click(); },
  };
  addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      palette();
      return;
    }
    const focused = event.target instanceof Element ? event.target : document.body;
    if (event.key === "Escape" && focused.closest(".s-search")) { focused.blur(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(focused) || document.querySelector("dialog[open]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (pending && Date.now() - pending < 1500) {
      pending = 0;
      const to = all(".s-nav a[data-key]").find((link) => link.dataset.key === key);
      if (to) { event.preventDefault(); follow(to); }
      return;
    }
    pending = 0;
    if (key === "g") { pending = Date.now(); return; }
    if (/^[1-9]$/.test(key)) {
      const act = all(".acts .can > a")[Number(key) - 1];
      if (act) { event.preventDefault(); follow(act); }
      return;
    }
    if (single[key]) { event.preventDefault(); single[key](); }
  });

  for (const link of all("[data-keys]")) link.addEventListener("click", (event) => { event.preventDefault(); help(); });
})();
