"use strict";
/* The frame of the page: tabs, keys, and where one is. */

const KEYS = [
  ["1 … 9", "choose a picture"], ["w", "wipe between two; [ and ] move it"], ["d", "difference of two"], ["m", "magnifier; Shift and arrows move it"],
  ["a", "motion arrows; in captures: accept"], ["space", "play the views"], ["n, p", "next, previous"], ["P", "pin, to compare with another"],
  ["/", "filter"], ["r, l", "in captures: reject, leave to the checks"], ["Esc", "close"], ["g then arrows, Enter", "walk the grid, open"], ["?", "these keys"],
];

async function begin() {
  let source;
  try {
    source = await openSource();
  } catch (error) {
    tell(error.message);
    return;
  }
  const { head } = source;
  const pages = [
    ["sets", "Sets", head.sets.length > 0, () => new SetsPage(source)],
    ["captures", "Captures", head.captures, () => new CapturesPage(source)],
    ["runs", "Runs", head.runs.length > 0, () => new RunsPage(source)],
    ["results", "Results", head.results, () => new ResultsPage(source)],
    ["restore", "Restore", head.restore, () => new RestorePage(source)],
  ].filter(([, , there]) => there);
  const made = new Map();
  const main = document.getElementById("main");
  let shown = null;

  function show() {
    const wanted = location.hash.slice(1);
    const [name, , , make] = pages.find(([one]) => one === wanted) || pages[0];
    if (!made.has(name)) made.set(name, make());
    shown = made.get(name);
    main.replaceChildren(shown.root);
    for (const link of document.querySelectorAll("#tabs a")) link.toggleAttribute("aria-current", link.hash === `#${name}`);
    if (shown.columns && shown.columns[0] && shown.columns[0].grid) shown.columns.forEach((pane) => pane.grid && pane.grid.draw());
  }

  document.getElementById("tabs").replaceChildren(...pages.map(([name, title]) => element("a", { href: `#${name}` }, title)));
  const help = document.getElementById("help");
  help.replaceChildren(element("h2", { id: "help-title" }, "Keys"),
    element("table", {}, element("tbody", {}, KEYS.map(([key, what]) => element("tr", {}, element("th", { scope: "row" }, key), element("td", {}, what))))),
    element("button", { type: "button", onclick: () => help.close() }, "close"));
  document.getElementById("help-button").addEventListener("click", () => help.showModal());
  window.addEventListener("hashchange", show);
  document.addEventListener("keydown", (event) => {
    const writes = event.target instanceof Element && event.target.matches("input:not([type=checkbox]):not([type=range]), select, textarea");
    if (event.ctrlKey || event.altKey || event.metaKey || help.open) return;
    if (writes && event.key !== "Escape") return;
    if (writes) event.target.blur();
    if (event.key === "?") help.showModal();
    else if (event.key === "g") document.querySelector(".grid button[tabindex='0'], .grid")?.focus();
    else if (event.key === " " && event.target instanceof Element && event.target.matches("button, a, summary")) return;
    else if (!shown.key(event.key)) return;
    event.preventDefault();
  });
  show();
}

begin();
