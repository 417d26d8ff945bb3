// A place on a form's map chooses the same place in its list; the list shows on the map. Without this, a place is a link
// to its line in the list.
"use strict";

(() => {
  for (const map of document.querySelectorAll("form .m-pick")) {
    const form = map.closest("form");
    const radios = () => [...form.querySelectorAll('input[name="region"]')];
    const list = form.querySelector('select[name="region"]');
    const show = (code) => {
      for (const place of map.querySelectorAll("[data-region]")) {
        const here = place.dataset.region === code;
        place.classList.toggle("m-chosen", here);
        if (here) place.setAttribute("aria-current", "true"); else place.removeAttribute("aria-current");
      }
    };
    map.addEventListener("click", (event) => {
      const code = event.target.closest("[data-region]")?.dataset.region;
      const found = radios().find((one) => one.value === code);
      if (found) found.checked = true; else if (list && code) list.value = code; else return;
      event.preventDefault();
      (found ?? list).dispatchEvent(new Event("change", { bubbles: true }));
    });
    form.addEventListener("change", (event) => { if (event.target.name === "region") show(event.target.value); });
  }
})();
