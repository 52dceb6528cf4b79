"use strict";
/* A grid that scrolls through a million sequences: only the rows about those that are seen exist. */

const LONGEST_PX = 6_000_000; // browsers cannot make an element of any height
const AHEAD = 1; // screens above and below that are drawn, too
const PAGE = 60; // rows of data asked for at once

/** The grid of one selection. onopen(row, place) is called for the tile that is chosen. */
class Grid {
  constructor(source, set, onopen) {
    this.source = source;
    this.set = set;
    this.onopen = onopen;
    this.count = 0;
    this.top = 0; // px from the first row, as if the grid had its whole height
    this.focused = 0;
    this.pages = new Map();
    this.layer = element("div", { className: "tiles", role: "list" });
    this.spacer = element("div", { className: "spacer" });
    this.root = element("div", { className: "grid", tabIndex: 0, role: "group", "aria-label": "sequences; arrow keys move, Enter opens" },
      this.layer, this.spacer);
    this.root.addEventListener("scroll", () => this.scrolled());
    this.root.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
    this.root.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(this.root);
  }

  /** Show a selection of ``count`` sequences; forget the rows of another. */
  reset(query, count) {
    this.query = query;
    this.pages = new Map();
    this.top = 0;
    this.focused = 0;
    this.grow(count);
  }

  /** Take notice that more was found, or that the order changed with what was measured. */
  grow(count, { reordered = false } = {}) {
    this.count = count;
    if (reordered) this.pages = new Map();
    // A page that was cut short by the end may have its other rows by now.
    for (const [page, rows] of this.pages) if (Array.isArray(rows) && rows.length < PAGE) this.pages.delete(page);
    this.draw();
  }

  measure() {
    const width = this.root.clientWidth || 600;
    this.columns = Math.max(1, Math.floor(width / 172));
    this.side = width / this.columns;
    this.rowHeight = this.side + 22;
    this.rows = Math.ceil(this.count / this.columns);
    this.whole = this.rows * this.rowHeight;
    this.seen = this.root.clientHeight || 600;
    this.shown = Math.min(this.whole, LONGEST_PX);
  }

  ratio() {
    const far = this.whole - this.seen;
    return far > 0 ? (this.shown - this.seen) / far : 1;
  }

  scrolled() {
    if (this.setting) {
      this.setting = false;
      return;
    }
    this.top = this.root.scrollTop / this.ratio();
    this.draw();
  }

  wheeled(event) {
    // Where the bar is coarser than rows, the wheel still goes row by row.
    if (this.shown === this.whole || event.ctrlKey) return;
    event.preventDefault();
    this.goTo(this.top + event.deltaY);
  }

  goTo(top) {
    this.top = Math.max(0, Math.min(top, this.whole - this.seen));
    const bar = this.top * this.ratio();
    if (Math.abs(bar - this.root.scrollTop) >= 1) {
      this.setting = true;
      this.root.scrollTop = bar;
    }
    this.draw();
  }

  draw() {
    this.measure();
    this.spacer.style.height = `${this.shown}px`;
    this.top = Math.max(0, Math.min(this.top, Math.max(0, this.whole - this.seen)));
    // What comes into sight next is there already.
    const firstRow = Math.max(0, Math.floor((this.top - AHEAD * this.seen) / this.rowHeight));
    const lastRow = Math.min(this.rows, Math.ceil((this.top + (1 + AHEAD) * this.seen) / this.rowHeight));
    const places = [];
    for (let place = firstRow * this.columns; place < Math.min(this.count, lastRow * this.columns); place += 1) places.push(place);
    const kept = new Map([...this.layer.children].map((tile) => [Number(tile.dataset.place), tile]));
    const tiles = places.map((place) => this.tile(place, kept.get(place)));
    for (const place of places) kept.delete(place);
    for (const tile of kept.values()) tile.remove();
    for (const tile of tiles) if (!tile.isConnected) this.layer.append(tile);
    const offset = this.shown === this.whole ? 0 : this.root.scrollTop - this.top;
    for (const tile of tiles) this.putInPlace(tile, offset);
  }

  putInPlace(tile, offset) {
    const place = Number(tile.dataset.place);
    const row = Math.floor(place / this.columns);
    tile.style.width = `${this.side}px`;
    tile.style.height = `${this.rowHeight}px`;
    tile.style.transform = `translate(${(place % this.columns) * this.side}px, ${row * this.rowHeight + offset}px)`;
  }

  tile(place, kept) {
    const row = this.row(place);
    const state = row ? `${row.number}` : "";
    if (kept && kept.dataset.number === state) {
      if (row) this.label(kept, row);
      return kept;
    }
    if (kept) kept.remove();
    const tile = element("div", { className: "tile", role: "listitem", "data-place": place, "data-number": state });
    if (row) {
      tile.append(this.content(row, place));
      this.label(tile, row);
    }
    return tile;
  }

  content(row, place) {
    if (row.fault) return element("button", { type: "button", tabIndex: place === this.focused ? 0 : -1, className: "unread",
      onclick: () => tell(row.fault), onfocus: () => { this.focused = place; } }, element("span", { className: "film" }), element("span", { className: "caption" }, row.name), element("span", { className: "soft" }));
    const strip = element("img", { fetchPriority: this.inSight(place) ? "high" : "low", src: this.source.strip(this.set, row.number), alt: "", draggable: false, decoding: "async" });
    const film = element("span", { className: "film" }, strip);
    film.style.setProperty("--frames", row.frames);
    film.style.setProperty("--rest", row.centre);
    film.style.setProperty("--aspect", row.width / row.height);
    return element("button", { type: "button", tabIndex: place === this.focused ? 0 : -1,
      onclick: () => this.open(place), onfocus: () => { this.focused = place; } },
    film, element("span", { className: "caption" }, row.name), element("span", { className: "soft" }));
  }

  inSight(place) {
    const top = Math.floor(place / this.columns) * this.rowHeight;
    return top + this.rowHeight > this.top && top < this.top + this.seen;
  }

  /** Say what is known of a tile's sequence by now. */
  label(tile, row) {
    const psnr = row.measured.psnr === undefined ? "" : `${row.measured.psnr.toFixed(1)} dB`;
    const button = tile.querySelector("button");
    const label = row.fault ? `${row.name}: ${row.fault}` : `${row.name}, ${row.split}${psnr ? `, PSNR of I ${psnr}` : ""}`;
    if (button.title === label) return;
    button.title = label;
    button.setAttribute("aria-label", label);
    button.querySelector(".soft").textContent = psnr;
  }

  /** Return a row, or nothing as yet: then its page is asked for. */
  row(place) {
    const page = Math.floor(place / PAGE);
    const rows = this.pages.get(page);
    if (rows === undefined) this.fetch(page);
    return Array.isArray(rows) ? rows[place % PAGE] : undefined;
  }

  async fetch(page) {
    const asked = this.source.rows(this.set, this.query, page * PAGE, PAGE);
    this.pages.set(page, asked);
    try {
      const rows = await asked;
      if (this.pages.get(page) !== asked) return;
      this.pages.set(page, rows);
      this.draw();
    } catch (error) {
      tell(error.message);
    }
  }

  /** Ask anew for the rows in sight, of which more was measured meanwhile. */
  async refresh() {
    const seen = new Set([...this.layer.children].map((tile) => Math.floor(Number(tile.dataset.place) / PAGE)));
    const { pages } = this;
    for (const page of seen) {
      const old = pages.get(page);
      if (!Array.isArray(old) || old.every((row) => row.measured.psnr !== undefined)) continue;
      const rows = await this.source.rows(this.set, this.query, page * PAGE, PAGE).catch(() => old);
      if (pages === this.pages && pages.get(page) === old) pages.set(page, rows);
    }
    this.draw();
  }

  async rowAt(place) {
    this.row(place);
    const rows = await this.pages.get(Math.floor(place / PAGE));
    return rows[place % PAGE];
  }

  async open(place) {
    if (place < 0 || place >= this.count) return;
    this.focused = place;
    this.onopen(await this.rowAt(place), place);
  }

  key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns,
      PageUp: -this.columns * 4, PageDown: this.columns * 4, Home: -this.count, End: this.count }[event.key];
    if (steps === undefined || !this.count) return;
    event.preventDefault();
    this.focusOn(Math.max(0, Math.min(this.count - 1, this.focused + steps)));
  }

  /** Bring a place into sight and focus it. */
  async focusOn(place) {
    this.focused = place;
    const row = Math.floor(place / this.columns) * this.rowHeight;
    if (row < this.top) this.goTo(row);
    else if (row + this.rowHeight > this.top + this.seen) this.goTo(row + this.rowHeight - this.seen);
    await this.rowAt(place);
    this.draw();
    const button = this.layer.querySelector(`[data-place="${place}"] button`);
    if (button) button.focus({ preventScroll: true });
  }
}
