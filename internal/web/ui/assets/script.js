// Comfort only: the page works without. It adds copy buttons, and refreshes in place.
(() => {
  "use strict";
  const say = (text) => { const live = document.getElementById("live"); if (live && live.textContent !== text) live.textContent = text; };

  async function copy(code, button) {
    const text = code.dataset.copy || code.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch { // no clipboard without TLS: the old way
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = "copied";
    say("Copied: " + text);
    setTimeout(() => { button.textContent = "copy"; }, 2000);
  }

  function addButtons(root) {
    for (const code of root.querySelectorAll("code.c")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "copy";
      button.setAttribute("aria-label", "copy " + code.textContent);
      button.addEventListener("click", () => copy(code, button));
      const both = document.createElement("span");
      both.className = "copyable";
      code.replaceWith(both);
      both.append(code, button);
    }
  }

  // parts returns what a refresh may replace: rows by themselves, so that the others stay as they are.
  const parts = (root) => [...root.querySelectorAll("[data-live]")].flatMap((e) => e.tagName === "TBODY" ? [...e.rows] : [e]);
  const keys = (all) => all.map((e) => e.id).join(" ");
  let before = new Map(parts(document).map((e) => [e.id, e.outerHTML]));
  addButtons(document);

  // replace puts next in the place of old, and the focus back to where it was.
  function replace(old, next) {
    const all = (e) => [...e.querySelectorAll("a, button, input, select")];
    const focus = all(old).indexOf(document.activeElement);
    addButtons(next);
    old.replaceWith(next);
    if (focus >= 0) all(next)[focus]?.focus({ preventScroll: true });
  }

  function take(page) {
    const fresh = new Map(parts(page).map((e) => [e.id, e.outerHTML]));
    const rows = page.querySelector("tbody[data-live]"), mine = document.querySelector("tbody[data-live]");
    if (!rows !== !mine) return location.reload();
    if (rows && keys([...rows.rows]) !== keys([...mine.rows])) {
      replace(mine, document.adoptNode(rows));
    }
    for (const next of parts(page)) {
      const old = document.getElementById(next.id);
      if (old && before.get(next.id) !== next.outerHTML) replace(old, document.adoptNode(next));
    }
    before = fresh;
    document.title = page.title;
    document.querySelector("link[rel=icon]").href = page.querySelector("link[rel=icon]").href;
  }

  async function refresh() {
    if (!getSelection().isCollapsed) return say("Not refreshed while text is selected.");
    try {
      const response = await fetch(location.href, { cache: "no-store", credentials: "same-origin" });
      if (!response.ok) throw new Error(response.status);
      const text = await response.text();
      if (!getSelection().isCollapsed) return;
      take(new DOMParser().parseFromString(text, "text/html"));
      say("");
    } catch {
      say("The exporter does not answer; this is what it said last.");
    }
  }

  const seconds = Number(document.body.dataset.refresh);
  if (seconds > 0) setInterval(refresh, seconds * 1000);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.matches("input, select, textarea")) {
      event.preventDefault();
      document.querySelector("input[type=search]")?.focus();
    }
  });
})();
