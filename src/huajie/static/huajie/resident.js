// All that runs on a resident's own device: a draft of what is being written, and a list of one's own reports. Nothing
// of it is ever sent. Every page does its work without this file.
"use strict";

(() => {
  const DRAFT = "huajie.draft.";
  const MINE = "huajie.mine";
  const OFF = "huajie.no-draft";
  //: Days after which a forgotten draft goes.
  const DAYS = 7;
  const language = document.documentElement.lang;

  const read = (name) => {
    try { return JSON.parse(localStorage.getItem(name)); } catch { return null; }
  };
  const write = (name, value) => {
    try { localStorage.setItem(name, JSON.stringify(value)); return true; } catch { return false; }
  };
  const drop = (name) => { try { localStorage.removeItem(name); } catch { /* nothing was kept */ } };
  const time = (at) => new Date(at).toLocaleString(language, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });

  // The draft. Who somebody is and their files are never in it.
  const form = document.querySelector("form[data-draft]");
  if (form) {
    const name = DRAFT + form.dataset.draft;
    const note = form.querySelector("[data-note]");
    const skip = (field) => !field.name || field.type === "file" || field.type === "submit" || field.name.startsWith("contact-") || field.name.endsWith("-known")
      || ["csrfmiddlewaretoken", "key", "step", "go", "pick", "offered", "q", "q_shown", "place_words", "mode"].includes(field.name);
    const off = () => { try { return sessionStorage.getItem(OFF) === "1"; } catch { return false; } };
    const say = (words, at) => {
      if (!note) return;
      note.querySelector("[data-said]").textContent = words.replace("{time}", at ? time(at) : "");
      note.hidden = false;
    };
    const save = () => {
      if (off()) return;
      const kept = {};
      for (const field of form.elements) {
        if (skip(field) || ((field.type === "radio" || field.type === "checkbox") && !field.checked) || !field.value) continue;
        (kept[field.name] ??= []).push(field.value);
      }
      const at = Date.now();
      if (Object.keys(kept).length && write(name, { at, kept })) say(note?.dataset.kept ?? "", at);
    };
    const known = read(name);
    if (known && Date.now() - known.at > DAYS * 86400000) drop(name);
    else if (known && "fresh" in form.dataset) {
      const missing = [];
      for (const [field, values] of Object.entries(known.kept)) {
        const fields = [...form.elements].filter((one) => one.name === field);
        let placed = false;
        for (const one of fields) {
          if (one.type === "radio" || one.type === "checkbox") {
            if (values.includes(one.value)) { one.checked = true; placed = true; one.closest("details")?.setAttribute("open", ""); }
          } else { one.value = values[0]; placed = true; }
        }
        if (!placed) missing.push([field, values[0]]);
      }
      // what belongs to a later step travels along
      for (const [field, value] of missing) {
        const hidden = document.createElement("input");
        hidden.type = "hidden";
        hidden.name = field;
        hidden.value = value;
        form.append(hidden);
      }
      say(note?.dataset.back ?? "", known.at);
    } else if (!("fresh" in form.dataset)) save();
    let timer = 0;
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(save, 800); });
    form.addEventListener("submit", () => { clearTimeout(timer); save(); });
    note?.querySelector("[data-off-button]").addEventListener("click", () => {
      drop(name);
      clearTimeout(timer);
      try { sessionStorage.setItem(OFF, "1"); } catch { /* it was kept nowhere */ }
      say(note.dataset.off);
      note.querySelector("[data-off-button]").hidden = true;
    });
  }

  // On a receipt, or a matter's page: remember its number, and the secret only where the reader ticks it.
  const keep = document.querySelector("[data-keep]");
  if (keep) {
    if (keep.dataset.sent && keep.dataset.secret) drop(DRAFT + keep.dataset.sent);
    const mine = read(MINE) ?? [];
    const told = keep.querySelector("[data-kept]");
    const button = keep.querySelector("[data-keep-button]");
    const done = () => { told.hidden = false; button.hidden = true; };
    keep.hidden = false;
    if (mine.some((one) => one.number === keep.dataset.number)) done();
    button.addEventListener("click", () => {
      const one = { number: keep.dataset.number, title: keep.dataset.title, at: Date.now() };
      if (keep.querySelector("[data-with-secret]")?.checked) one.secret = keep.dataset.secret;
      if (write(MINE, [one, ...mine])) done();
    });
  }

  // The list.
  const list = document.querySelector("[data-mine]");
  if (list) {
    const draw = () => {
      const mine = read(MINE) ?? [];
      const rows = list.querySelector("[data-list]");
      rows.replaceChildren();
      for (const one of mine) {
        const row = document.querySelector("template[data-row]").content.cloneNode(true);
        row.querySelector("[data-number]").textContent = one.number;
        row.querySelector("[data-title]").textContent = one.title;
        row.querySelector("[data-when]").textContent = time(one.at);
        const open = row.querySelector("form");
        const link = row.querySelector("a");
        if (one.secret) {
          open.elements.number.value = one.number;
          open.elements.secret.value = one.secret;
          link.remove();
        } else {
          link.href += `?number=${encodeURIComponent(one.number)}`;
          open.remove();
        }
        row.querySelector("[data-forget]").addEventListener("click", () => {
          write(MINE, (read(MINE) ?? []).filter((other) => other.number !== one.number));
          draw();
        });
        rows.append(row);
      }
      list.querySelector("[data-none]").hidden = mine.length > 0;
      list.querySelector("[data-forget-all]").hidden = mine.length === 0;
    };
    list.hidden = false;
    list.querySelector("[data-forget-all]").addEventListener("click", () => { drop(MINE); draw(); });
    draw();
  }

})();
