// The board counts itself anew while somebody looks at it; without this script a reload does the same.
"use strict";
(() => {
  const seconds = Number(document.getElementById("board")?.dataset.live || 0);
  if (!seconds) return;
  const again = async () => {
    const old = document.getElementById("board");
    // who reads a filter or a table keeps it as it is
    if (document.hidden || old.contains(document.activeElement) || old.querySelector("details[open]")) return;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", redirect: "error" });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("board");
      if (fresh) old.replaceWith(document.adoptNode(fresh));
    } catch {
      // no line to the server: the board says itself as of when it was counted
    }
  };
  setInterval(again, seconds * 1000);
})();
