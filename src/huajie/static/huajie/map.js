// The desk's map, moved by hand: drag with a mouse, pinch with two fingers or Ctrl and the wheel, arrows and + - when the
// focus is in it. Each only asks for another view of the same page, as its links do; without this, the links are there.
"use strict";

(() => {
  const LEAST = 1, MOST = 16, SETTLES = 250;
  const north = (lat) => Math.asinh(Math.tan(lat * Math.PI / 180)) * 180 / Math.PI;
  const latitude = (y) => Math.atan(Math.sinh(y * Math.PI / 180)) * 180 / Math.PI;
  let asked = 0, watching = new AbortController();

  const go = async (url, push) => {
    const mine = ++asked;
    let page;
    try {
      const answer = await fetch(url, { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      location.assign(url);
      return;
    }
    if (mine !== asked) return;
    const focused = document.activeElement?.closest("#m-bar, #m-body");
    const move = document.activeElement?.dataset?.move;
    for (const id of ["m-bar", "m-body"]) {
      const fresh = page.getElementById(id), old = document.getElementById(id);
      if (!fresh || !old) { location.assign(url); return; }
      old.replaceWith(document.adoptNode(fresh));
    }
    history[push ? "pushState" : "replaceState"](null, "", url);
    if (move) document.querySelector(`[data-move="${move}"]`)?.focus();
    else if (focused) document.querySelector("#m-body .map a")?.focus({ preventScroll: true });
    wire();
  };

  const wire = () => {
    const figure = document.querySelector("[data-view]"), map = figure?.querySelector(".map");
    if (!map) return;
    const [lon, lat, step, width] = figure.dataset.view.split(",").map(Number);
    const [left, top, wide, high] = map.getAttribute("viewBox").split(" ").map(Number);
    watching.abort();
    watching = new AbortController();
    const watched = { signal: watching.signal }, fingers = new Map();
    let shown = { x: left, y: top, k: 1 }, from = null, moved = false, timer = 0;

    const show = () => map.setAttribute("viewBox", `${shown.x} ${shown.y} ${wide / shown.k} ${high / shown.k}`);
    const unit = () => wide / shown.k / map.getBoundingClientRect().width;
    // the place under a pointer stays under it
    const zoom = (times, x, y) => {
      const box = map.getBoundingClientRect(), k = Math.max(0.25, Math.min(8, shown.k * times));
      const u = (x - box.left) / box.width * wide, v = (y - box.top) / box.height * high;
      shown = { x: shown.x + u / shown.k - u / k, y: shown.y + v / shown.k - v / k, k };
      show();
    };
    const settle = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (fingers.size) return;
        const degree = (wide - 12) / width;
        const x = lon + (shown.x + wide / shown.k / 2 - (left + wide / 2)) / degree;
        const y = north(lat) - (shown.y + high / shown.k / 2 - (top + high / 2)) / degree;
        const to = Math.max(LEAST, Math.min(MOST, step + Math.round(Math.log2(shown.k))));
        if (Math.abs(x) > 180 || Math.abs(latitude(y)) > 80) { shown = { x: left, y: top, k: 1 }; show(); return; }
        const url = new URL(location.href);
        url.searchParams.set("view", `${x.toFixed(5)},${latitude(y).toFixed(5)},${to}`);
        go(url.href, false);
      }, SETTLES);
    };
    const spread = () => {
      const [a, b] = [...fingers.values()];
      return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)) };
    };

    map.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "mouse" && event.button) return;
      fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      moved = false;
      from = fingers.size === 2 ? spread() : null;
    });
    addEventListener("pointermove", (event) => {
      const last = fingers.get(event.pointerId);
      if (!last) return;
      const now = { x: event.clientX, y: event.clientY };
      if (fingers.size === 1 && event.pointerType === "mouse") {
        if (!moved && Math.hypot(now.x - last.x, now.y - last.y) < 5) return;
        moved = true;
        shown.x -= (now.x - last.x) * unit();
        shown.y -= (now.y - last.y) * unit();
        show();
      }
      fingers.set(event.pointerId, now);
      if (fingers.size === 2 && from) {
        const to = spread();
        moved = true;
        shown.x -= (to.x - from.x) * unit();
        shown.y -= (to.y - from.y) * unit();
        zoom(to.apart / from.apart, to.x, to.y);
        from = to;
      }
    }, watched);
    for (const end of ["pointerup", "pointercancel"]) {
      addEventListener(end, (event) => { if (fingers.delete(event.pointerId) && moved && !fingers.size) settle(); }, watched);
    }
    map.addEventListener("dragstart", (event) => event.preventDefault());
    map.addEventListener("click", (event) => { if (moved) { event.preventDefault(); moved = false; } }, true);
    map.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 300), event.clientX, event.clientY);
      settle();
    }, { passive: false });
    map.addEventListener("keydown", (event) => {
      const name = { "+": "in", "=": "in", "-": "out", ArrowLeft: "west", ArrowRight: "east", ArrowUp: "north", ArrowDown: "south" }[event.key];
      const link = name && !event.ctrlKey && !event.metaKey && !event.altKey && document.querySelector(`[data-move="${name}"]`);
      if (!link) return;
      event.preventDefault();
      go(link.href, true);
    });
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-move]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go(link.href, true);
  });
  addEventListener("popstate", () => go(location.href, false));
  wire();
})();
