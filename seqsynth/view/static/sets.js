"use strict";
/* Sets: one or two grids under one query, histograms with the selection in them, one sequence large. */

const KIND_NAMES = { blended: "I", transmission: "T", reflection: "R" };
const FRAME_MS = 450;

class SetsPage {
  constructor(source) {
    this.source = source;
    this.query = { split: "", where: [], sort: "", descending: false };
    this.columns = [];
    this.filter = element("input", { type: "search", id: "filter", placeholder: "sigma>=3 split=val measured.psnr<20", autocomplete: "off", spellcheck: false,
      oninput: settled(300, () => this.changed()) });
    this.sort = element("select", { onchange: () => this.changed() }, element("option", { value: "" }, "the set's order"));
    this.descending = element("input", { type: "checkbox", onchange: () => this.changed() });
    this.fault = element("p", { className: "fault", role: "alert" });
    this.plots = element("div", { className: "quantities" });
    this.command = element("code", { className: "command" });
    this.names = element("button", { type: "button", hidden: true, onclick: () => this.saveNames() }, "save names.txt");
    this.panes = element("div", { className: "panes" });
    this.large = element("section", { className: "large", hidden: true, "aria-label": "one sequence" });
    const pairs = source.head.sets.map((set, number) => [number, set.name]);
    this.chosen = [0];
    const second = choice([["", "none"], ...pairs], "", (value) => this.choose(1, value));
    this.root = element("div", { className: "page sets" },
      element("div", { className: "bar" },
        labelled("set", choice(pairs, 0, (value) => this.choose(0, value))),
        pairs.length > 1 ? labelled("beside", second) : null,
        labelled("filter", this.filter), labelled("sort by", this.sort), labelled("largest first", this.descending)),
      this.fault,
      element("details", {}, element("summary", {}, "What is measured and recorded; drag over a histogram to choose"), this.plots),
      element("p", { className: "command-line" }, "This selection as a set: ", this.command,
        element("button", { type: "button", onclick: () => copy(this.command.textContent) }, "copy"), this.names),
      this.large, this.panes);
    this.rebuild();
  }

  choose(place, value) {
    const chosen = [...this.chosen];
    if (value === "") chosen.splice(place, 1);
    else chosen[place] = Number(value);
    this.chosen = chosen;
    this.rebuild();
  }

  rebuild() {
    this.columns = this.chosen.map((set) => new Pane(this.source, set, (pane, row, place) => this.open(pane, row, place)));
    this.panes.replaceChildren(...this.columns.map((pane) => pane.root));
    this.panes.dataset.columns = this.columns.length;
    this.changed();
  }

  changed() {
    const words = this.filter.value.split(/\s+/).filter(Boolean);
    const split = words.find((word) => /^split==?(train|val|test)$/.test(word));
    this.query = {
      split: split ? split.split("=").at(-1) : "",
      where: words.filter((word) => word !== split),
      sort: this.sort.value, descending: this.descending.checked,
    };
    this.asked = (this.asked || 0) + 1;
    this.fault.textContent = "";
    for (const pane of this.columns) pane.begin(this.query);
    clearTimeout(this.timer);
    this.follow(this.asked);
  }

  /** Ask how far the selections are, until they are whole. */
  async follow(asked) {
    try {
      const states = await Promise.all(this.columns.map((pane) => pane.update()));
      if (asked !== this.asked) return;
      const [first] = states;
      this.fault.textContent = states.map((state) => state.fault).filter(Boolean).join("; ");
      this.command.textContent = first.command;
      this.names.hidden = !first.by_names;
      await this.drawPlots();
      const waits = states.some((state, place) => !state.done || state.measured < this.source.head.sets[this.chosen[place]].sequences);
      if (waits && asked === this.asked) this.timer = setTimeout(() => this.follow(asked), states.every((state) => state.done) ? 1500 : 250);
    } catch (error) {
      if (asked === this.asked) this.fault.textContent = error.message;
    }
  }

  async drawPlots() {
    const asked = this.asked;
    const quantities = await this.source.histograms(this.chosen[0], this.query);
    if (asked !== this.asked) return;
    this.plots.replaceChildren(...quantities.map((quantity) => histogramPlot(quantity, (range) => this.restrict(quantity, range))));
    const known = new Set([...this.sort.options].map((option) => option.value));
    for (const { key, label } of quantities) if (!known.has(key)) this.sort.append(element("option", { value: key }, label));
  }

  restrict({ key, measured }, [low, high]) {
    const name = measured ? `measured.${key}` : key;
    const others = this.filter.value.split(/\s+/).filter((word) => word && !word.startsWith(`${name}>`) && !word.startsWith(`${name}<`));
    this.filter.value = [...others, `${name}>=${Number(low.toPrecision(4))}`, `${name}<=${Number(high.toPrecision(4))}`].join(" ");
    this.changed();
  }

  async saveNames() {
    const link = this.source.namesLink(this.chosen[0], this.query)
      || URL.createObjectURL(new Blob([await this.source.names(this.chosen[0], this.query)], { type: "text/plain" }));
    element("a", { href: link, download: "names.txt" }).click();
  }

  async open(pane, row, place) {
    try {
      const sequence = await this.source.sequence(pane.set, row.number);
      this.opened = { pane, place };
      this.stop();
      this.showSequence(pane, sequence, place);
    } catch (error) {
      tell(error.message);
    }
  }

  showSequence(pane, sequence, place) {
    const pictures = (set, document, prefix = "") => Object.entries(document.kinds).flatMap(([kind, views]) => views.map((view) => ({
      id: `${prefix}${kind}-${view}`, kind, view, label: `${prefix ? "pinned " : ""}${KIND_NAMES[kind]}${document.views > 1 ? ` ${view - document.centre_view || "centre"}` : ""}`,
      load: () => this.source.frame(set, document.number, kind, view) })));
    const choices = pictures(pane.set, sequence);
    if (this.pinned) choices.push(...pictures(this.pinned.set, this.pinned.sequence, "pinned "));
    const centre = (kind) => `${kind}-${sequence.centre_view}`;
    this.stage = new Stage(choices, { first: centre("blended"), second: sequence.kinds.transmission ? centre("transmission") : undefined,
      arrows: sequence.arrows, centre: sequence.centre_view, name: sequence.name });
    this.sequence = sequence;
    const button = (text, act) => element("button", { type: "button", onclick: act }, text);
    this.player = button("play views", () => this.play());
    this.large.replaceChildren(
      element("div", { className: "bar" },
        element("h2", { tabIndex: -1 }, sequence.name), element("span", { className: "soft" }, `${place + 1} of ${pane.grid.count} in ${pane.name}`),
        button("previous", () => this.step(-1)), button("next", () => this.step(1)),
        sequence.views > 1 ? this.player : null,
        button("pin", () => this.pin()), button("close", () => this.close())),
      this.stage.root,
      element("details", { open: true }, element("summary", {}, "Everything that is known of it"), factsTable({ split: sequence.split, size: `${sequence.width}x${sequence.height} px`,
        views: sequence.views, ...prefixed("measured", sequence.measured), ...sequence.metadata })));
    this.large.hidden = false;
    this.large.dataset.number = sequence.number;
    this.large.querySelector("h2").focus({ preventScroll: true });
    this.large.scrollIntoView({ block: "start" });
  }

  pin() {
    this.pinned = { set: this.opened.pane.set, sequence: this.sequence };
    tell(`pinned ${this.sequence.name}: its pictures can be chosen beside those of any other sequence`);
  }

  step(by) {
    if (this.opened) this.opened.pane.grid.open(this.opened.place + by);
  }

  play() {
    if (this.playing) return this.stop();
    const kind = this.stage.choices.find((one) => one.id === this.stage.first).kind;
    const views = this.sequence.kinds[kind];
    let place = views.indexOf(this.sequence.centre_view), by = 1;
    this.player.textContent = "stop";
    this.playing = setInterval(() => {
      if (views.length < 2) return this.stop();
      if (place + by < 0 || place + by >= views.length) by = -by;
      place += by;
      this.stage.choose(`${kind}-${views[place]}`);
    }, FRAME_MS);
  }

  stop() {
    clearInterval(this.playing);
    this.playing = null;
    if (this.player) this.player.textContent = "play views";
  }

  close() {
    this.stop();
    this.large.hidden = true;
    const { pane, place } = this.opened || {};
    this.opened = null;
    if (pane) pane.grid.focusOn(place);
  }

  key(key) {
    if (key === "/") {
      this.filter.focus();
      return true;
    }
    if (!this.opened) return false;
    if (key === "Escape") this.close();
    else if (key === "n") this.step(1);
    else if (key === "p") this.step(-1);
    else if (key === " ") this.play();
    else if (key === "P") this.pin();
    else return this.stage.key(key);
    return true;
  }
}

/** One set's grid with its heading. */
class Pane {
  constructor(source, set, onopen) {
    this.source = source;
    this.set = set;
    this.name = source.head.sets[set].name;
    this.heading = element("p", { className: "count" });
    this.grid = new Grid(source, set, (row, place) => onopen(this, row, place));
    this.root = element("section", { className: "pane", "aria-label": this.name }, this.heading, this.grid.root);
  }

  begin(query) {
    this.query = query;
    this.begun = false;
  }

  async update() {
    const query = this.query;
    const state = await this.source.select(this.set, query);
    if (query !== this.query) return state;
    const reordered = this.measured !== state.measured && (query.sort || query.where.some((text) => text.startsWith("measured.")));
    if (!this.begun) this.grid.reset(query, state.count);
    else if (reordered || this.grid.count !== state.count) this.grid.grow(state.count, { reordered });
    else if (this.measured !== state.measured) this.grid.refresh();
    this.begun = true;
    this.measured = state.measured;
    const { sequences, complete } = this.source.head.sets[this.set];
    const looking = state.done ? "" : `, ${shownNumber(state.scanned)} looked at`;
    const measuring = state.measured < sequences ? ` · ${shownNumber(state.measured)} measured so far` : "";
    this.heading.textContent = `${this.name}: ${shownNumber(state.count)} of ${shownNumber(sequences)} sequences${looking}${measuring}${complete ? "" : " · its making was interrupted"}`;
    return state;
  }
}

/** Return a document as a table of two columns, nested names joined by dots. */
function factsTable(document) {
  const rows = Object.entries(flattened(document)).map(([name, value]) =>
    element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, value)));
  return element("div", { className: "scroll" }, element("table", {}, element("tbody", {}, rows)));
}

function flattened(value, name = "", found = {}) {
  if (Array.isArray(value) && value.every((one) => typeof one !== "object")) found[name] = value.map((one) => (typeof one === "number" ? shownNumber(one) : String(one))).join(", ");
  else if (value && typeof value === "object") for (const [key, inner] of Object.entries(value)) flattened(inner, name ? `${name}.${key}` : key, found);
  else found[name] = typeof value === "number" ? shownNumber(value) : value === null ? "unknown" : String(value);
  return found;
}

function prefixed(prefix, values) {
  return Object.fromEntries(Object.entries(values || {}).map(([key, value]) => [`${prefix}.${key}`, value]));
}
