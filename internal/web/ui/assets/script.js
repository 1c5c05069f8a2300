// Comfort only: the page works without. It adds copy buttons, and refreshes in place.
(() => {
  "use strict";
  const texts = JSON.parse(document.documentElement.dataset.texts);
  // t writes a text in the language of the page.
  const t = (format, ...args) => (texts[format] ?? format).replace(/%(?:\[(\d)\])?[ds]/g, (_, i) => i ? args[i - 1] : args.shift());
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
    button.textContent = t("copied");
    say(t("Copied: %s", text));
    setTimeout(() => { button.textContent = t("copy"); }, 2000);
  }

  // dress adds what only a script can: a copy button beside each text to copy, and the local time beside UTC.
  function dress(root) {
    for (const code of root.querySelectorAll("code.c, pre > code")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = t("copy");
      button.setAttribute("aria-label", t("copy %s", code.textContent.trim()));
      button.addEventListener("click", () => copy(code, button));
      const block = code.closest("pre") ?? code, both = document.createElement(block === code ? "span" : "div");
      both.className = "copyable";
      block.replaceWith(both);
      both.append(block, button);
    }
    for (const time of root.querySelectorAll("time")) localise(time);
  }

  // localise writes the local time beside UTC, where they differ.
  function localise(time) {
    const at = new Date(time.dateTime), small = (time.closest("b") ?? time).nextElementSibling;
    if (!small?.matches("small") || !at.getTimezoneOffset()) return;
    const local = document.createElement("span");
    local.className = "local";
    local.textContent = at.toLocaleString("sv", { timeZoneName: "short" });
    small.append(" ", local);
  }

  // parts returns what a refresh may replace: rows by themselves, so that the others stay as they are.
  const parts = (root) => [...root.querySelectorAll("[data-live]")].flatMap((e) => e.tagName === "TBODY" ? [...e.rows] : [e]);
  const keys = (all) => all.map((e) => e.id).join(" ");
  let before = new Map(parts(document).map((e) => [e.id, e.outerHTML]));
  dress(document);

  // place returns which element has the focus: the part by its id, and the number in the part. It returns null outside of the parts.
  const controls = (e) => [...e.querySelectorAll("a, button, input, select")];
  function place() {
    const part = document.activeElement?.closest("[data-live] > tr[id], [data-live][id]");
    return part && { id: part.id, index: controls(part).indexOf(document.activeElement) };
  }

  function replace(old, next) {
    dress(next);
    old.replaceWith(next);
  }

  // take shows page. The focus stays with its domain: its row is found by id, in whatever order the rows are.
  function take(page) {
    const fresh = new Map(parts(page).map((e) => [e.id, e.outerHTML]));
    const focus = place();
    const order = (root) => keys([...(root.querySelector("tbody[data-live]")?.rows ?? [])]);
    if (order(page) !== order(document)) replace(document.getElementById("domains"), document.adoptNode(page.getElementById("domains")));
    for (const next of parts(page)) {
      const old = document.getElementById(next.id);
      if (old && before.get(next.id) !== next.outerHTML) replace(old, document.adoptNode(next));
    }
    before = fresh;
    title = page.title;
    document.querySelector("link[rel=icon]").href = page.querySelector("link[rel=icon]").href;
    if (focus && !document.activeElement?.closest("[data-live]")) {
      controls(document.getElementById(focus.id) ?? document.body)[focus.index]?.focus({ preventScroll: true });
    }
  }

  // The clock of the page is the exporter's: its time in the answer, and the time that has passed since.
  const told = (root) => Date.parse(root.querySelector("#time time").dateTime);
  let answered = told(document), received = Date.now(), title = document.title, fault = "";

  // words writes a span of seconds as the exporter does.
  function words(s) {
    const [minutes, hours, days] = [Math.floor(s / 60), Math.floor(s / 3600), Math.floor(s / 86400)];
    if (days) return hours % 24 ? t("%d d %d h", days, hours % 24) : t("%d d", days);
    if (hours) return minutes % 60 ? t("%d h %d min", hours, minutes % 60) : t("%d h", hours);
    return minutes ? t("%d min", minutes) : t("%d s", Math.floor(s));
  }
  function count() {
    const now = answered + Date.now() - received;
    for (const e of document.querySelectorAll("time")) {
      const s = (Date.parse(e.dateTime) - now) / 1000;
      const text = s > 0 ? t("in %s", words(s)) : s > -1 ? t("just now") : t("%s ago", words(-s));
      if (e.textContent !== text) e.textContent = text;
    }
  }
  // tell shows the banner if fault is not empty.
  function tell(text) {
    fault = text;
    const banner = document.getElementById("banner"), last = banner.querySelector("time");
    const alarm = banner.querySelector("[role=alert]");
    if (alarm.textContent !== text) alarm.textContent = text;
    last.dateTime = new Date(answered).toISOString();
    last.nextElementSibling.textContent = last.dateTime.slice(0, 19).replace("T", " ") + " UTC";
    localise(last);
    banner.hidden = text === "";
    document.title = text && !title.startsWith("(?)") ? "(?) " + title : title;
    count();
  }

  async function refresh() {
    let text;
    try {
      const response = await fetch(location.href, { cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(10_000) });
      if (!response.ok) return tell(t("The exporter answers with status %d.", response.status));
      text = await response.text();
    } catch {
      return tell(t("The exporter does not answer."));
    }
    const page = new DOMParser().parseFromString(text, "text/html");
    if (!page.querySelector("#time time")) return tell(t("The answer is not from the exporter."));
    if (getSelection().isCollapsed) {
      [answered, received] = [told(page), Date.now()];
      take(page);
      say("");
    } else {
      say(t("Not refreshed while text is selected."));
    }
    tell("");
  }

  const seconds = Number(document.body.dataset.refresh);
  if (seconds > 0) setInterval(refresh, seconds * 1000);
  setInterval(count, 1000);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.matches("input, select, textarea")) {
      event.preventDefault();
      document.querySelector("input[type=search]")?.focus();
    }
  });
})();
