"use strict";
/* The stage: one picture at full size, or two with a wipe or their difference; magnifier and motion arrows. */

const LENS = 9; // pixels along a side of the magnifier
const LENS_SCALE = 14;
const LAYERS = ["transmission", "reflection"];

/** Load a picture as a bitmap whose pixels can be read. */
async function loadPicture(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  return image;
}

/** Return SVG path data of an arrow [x, y, right, down] with a dot where it begins. */
function arrowPath([x, y, right, down], longest) {
  const turn = Math.atan2(down, right), head = Math.min(longest, Math.hypot(right, down) / 2);
  const tip = [x + right, y + down];
  const side = (angle) => `${(tip[0] - head * Math.cos(turn + angle)).toFixed(2)} ${(tip[1] - head * Math.sin(turn + angle)).toFixed(2)}`;
  return `M ${x} ${y} h 0 M ${x} ${y} L ${tip.map((one) => one.toFixed(2)).join(" ")} M ${side(-0.5)} L ${tip.join(" ")} L ${side(0.5)}`;
}

/**
 * The stage of pictures that share a frame.
 *
 * choices: [{id, label, load() -> Promise<address>, view?}]; arrows: {layer -> per view [[x, y, dx, dy]]}.
 */
class Stage {
  constructor(choices, { first, second, arrows = {}, centre = 0, name = "" }) {
    this.choices = choices;
    this.arrows = arrows;
    this.centre = centre;
    this.first = first || choices[0].id;
    this.second = second || (choices[1] || choices[0]).id;
    this.mode = "one";
    this.wipe = 0.5;
    this.cursor = null;
    this.showsArrows = false;
    this.showsLens = false;
    this.pictures = new Map();
    this.canvas = element("canvas", { className: "pictures", tabIndex: 0, role: "img", "aria-label": `pictures of ${name}` });
    this.lens = element("canvas", { className: "lens", width: LENS * LENS_SCALE, height: LENS * LENS_SCALE, hidden: true });
    // Lines of one width on the screen, which the pixels below know nothing of.
    this.marks = drawing("svg", { class: "marks", preserveAspectRatio: "none", "aria-hidden": "true" });
    // Spoken where a key moved the cursor; a pointer would have it chatter.
    this.readout = element("output", { className: "readout", "aria-live": "off" });
    this.legend = element("p", { className: "soft motions", hidden: true }, "motion from the centre to the view shown (of the centre: to the last): ",
      LAYERS.map((layer) => element("span", { className: `layer-${layer}` }, `${layer} `)));
    this.handle = element("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": "where the wipe stands",
      oninput: () => this.setWipe(Number(this.handle.value) / 100) });
    this.controls = element("div", { className: "controls" });
    this.root = element("div", { className: "stage" }, this.controls,
      element("div", { className: "surface" }, this.canvas, this.marks, this.lens), this.handle, this.readout, this.legend);
    this.canvas.addEventListener("pointermove", (event) => this.point(event));
    this.canvas.addEventListener("pointerleave", () => this.leave());
    this.canvas.addEventListener("keydown", (event) => this.moveCursor(event));
    this.drawControls();
    this.show();
  }

  pairs() {
    return this.choices.map(({ id, label }) => [id, label]);
  }

  drawControls() {
    const modes = [["one", "one picture"], ["wipe", "wipe between two"], ["difference", "difference of two"]];
    const toggle = (text, key, on, act) => element("button", { type: "button", "aria-pressed": String(on), onclick: act, title: `key ${key}` }, text);
    this.controls.replaceChildren(
      labelled("picture", choice(this.pairs(), this.first, (id) => this.choose(id))),
      labelled("against", choice(this.pairs(), this.second, (id) => this.against(id))),
      labelled("show", choice(modes, this.mode, (mode) => this.setMode(mode))),
      toggle("magnifier", "m", this.showsLens, () => this.toggleLens()),
      ...(Object.keys(this.arrows).length ? [toggle("motion", "a", this.showsArrows, () => this.toggleArrows())] : []),
    );
    this.handle.hidden = this.mode !== "wipe";
  }

  choose(id) {
    this.first = id;
    return this.show();
  }

  against(id) {
    this.second = id;
    if (this.mode === "one") this.mode = "wipe";
    return this.show();
  }

  setMode(mode) {
    this.mode = mode;
    return this.show();
  }

  setWipe(share) {
    this.wipe = Math.min(1, Math.max(0, share));
    this.handle.value = this.wipe * 100;
    this.draw();
  }

  toggleLens() {
    this.showsLens = !this.showsLens;
    if (this.showsLens && !this.cursor) this.cursor = { x: this.canvas.width >> 1, y: this.canvas.height >> 1 };
    this.drawControls();
    this.draw();
  }

  toggleArrows() {
    this.showsArrows = !this.showsArrows;
    this.drawControls();
    this.draw();
  }

  async picture(id) {
    if (!this.pictures.has(id)) {
      const made = this.choices.find((one) => one.id === id).load().then(loadPicture);
      this.pictures.set(id, made);
    }
    return this.pictures.get(id);
  }

  async show() {
    this.drawControls();
    const asked = [this.first, this.second, this.mode].join();
    this.asked = asked;
    try {
      const first = await this.picture(this.first);
      const second = this.mode === "one" ? null : await this.picture(this.second);
      if (this.asked !== asked) return;
      [this.a, this.b] = [first, second];
      this.canvas.width = first.naturalWidth;
      this.canvas.height = first.naturalHeight;
      this.root.dataset.shown = asked;
      this.draw();
    } catch (error) {
      tell(`a picture cannot be shown: ${error.message}`);
    }
  }

  draw() {
    if (!this.a) return;
    const { width, height } = this.canvas;
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    context.globalCompositeOperation = "source-over";
    context.drawImage(this.a, 0, 0, width, height);
    if (this.mode === "wipe" && this.b) {
      const edge = Math.round(this.wipe * width);
      context.save();
      context.beginPath();
      context.rect(edge, 0, width - edge, height);
      context.clip();
      context.drawImage(this.b, 0, 0, width, height);
      context.restore();
    }
    if (this.mode === "difference" && this.b) this.drawDifference(context, width, height);
    this.drawMarks(width, height);
    this.legend.hidden = !this.showsArrows;
    this.drawLens();
  }

  /** Show (first - second) about middle grey, twice as strong as it is. */
  drawDifference(context, width, height) {
    const pixels = context.getImageData(0, 0, width, height);
    const other = this.pixelsOf(this.b, width, height);
    for (let place = 0; place < pixels.data.length; place += 1) {
      if (place % 4 !== 3) pixels.data[place] = 128 + 2 * (pixels.data[place] - other.data[place]);
    }
    context.putImageData(pixels, 0, 0);
  }

  pixelsOf(image, width, height) {
    const hidden = new OffscreenCanvas(width, height).getContext("2d");
    hidden.drawImage(image, 0, 0, width, height);
    return hidden.getImageData(0, 0, width, height);
  }

  view() {
    const chosen = this.choices.find((one) => one.id === this.first);
    return chosen.view === undefined || chosen.view === this.centre ? null : chosen.view;
  }

  drawMarks(width, height) {
    const edge = Math.round(this.wipe * width);
    const line = this.mode === "wipe" && this.b ? [drawing("path", { class: "edge", d: `M ${edge} 0 V ${height}` })] : [];
    this.marks.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.marks.replaceChildren(...line, ...(this.showsArrows ? this.arrowPaths(width) : []));
  }

  arrowPaths(width) {
    const views = Object.values(this.arrows)[0] || [];
    // On the centre view itself: how it moves to the last.
    const view = this.view() ?? views.length - 1;
    return Object.entries(this.arrows).map(([layer, byView]) => drawing("path", { class: `arrow ${layer}`,
      d: (byView[view] || []).map((arrow) => arrowPath(arrow, width / 50)).join(" ") }));
  }

  point(event) {
    this.readout.setAttribute("aria-live", "off");
    const box = this.canvas.getBoundingClientRect();
    this.cursor = {
      x: Math.min(this.canvas.width - 1, Math.floor(((event.clientX - box.left) / box.width) * this.canvas.width)),
      y: Math.min(this.canvas.height - 1, Math.floor(((event.clientY - box.top) / box.height) * this.canvas.height)),
    };
    if (this.mode === "wipe" && event.buttons) this.setWipe((event.clientX - box.left) / box.width);
    this.drawLens();
  }

  leave() {
    this.lens.hidden = true;
  }

  moveCursor(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!steps || !event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    const at = this.cursor || { x: this.canvas.width >> 1, y: this.canvas.height >> 1 };
    this.cursor = {
      x: Math.min(this.canvas.width - 1, Math.max(0, at.x + steps[0])),
      y: Math.min(this.canvas.height - 1, Math.max(0, at.y + steps[1])),
    };
    this.showsLens = true;
    this.readout.setAttribute("aria-live", "polite");
    this.drawLens();
  }

  /** Enlarge what is under the cursor, and say its values. */
  drawLens() {
    this.lens.hidden = !(this.showsLens && this.cursor && this.a);
    if (!this.cursor || !this.a) return;
    const { x, y } = this.cursor;
    const values = (image) => {
      const hidden = new OffscreenCanvas(1, 1).getContext("2d");
      hidden.drawImage(image, -x, -y, this.canvas.width, this.canvas.height);
      return [...hidden.getImageData(0, 0, 1, 1).data.slice(0, 3)].join(" ");
    };
    const against = this.b && this.mode !== "one" ? ` · ${this.labelOf(this.second)} ${values(this.b)}` : "";
    this.readout.textContent = `row ${y}, column ${x}: ${this.labelOf(this.first)} ${values(this.a)}${against}`;
    if (this.lens.hidden) return;
    const reach = LENS >> 1;
    const context = this.lens.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.fillStyle = "#000";
    context.fillRect(0, 0, this.lens.width, this.lens.height);
    context.drawImage(this.canvas, x - reach, y - reach, LENS, LENS, 0, 0, this.lens.width, this.lens.height);
    context.strokeStyle = "#fff";
    context.strokeRect(reach * LENS_SCALE, reach * LENS_SCALE, LENS_SCALE, LENS_SCALE);
    const left = (x / this.canvas.width) * 100;
    this.lens.style.left = left > 60 ? "0" : "auto";
    this.lens.style.right = left > 60 ? "auto" : "0";
  }

  labelOf(id) {
    return this.choices.find((one) => one.id === id).label;
  }

  /** Act on a key; true where it meant something here. */
  key(key) {
    const digit = Number(key);
    if (Number.isInteger(digit) && digit >= 1 && digit <= Math.min(9, this.choices.length)) this.choose(this.choices[digit - 1].id);
    else if (key === "w") this.setMode(this.mode === "wipe" ? "one" : "wipe");
    else if (key === "d") this.setMode(this.mode === "difference" ? "one" : "difference");
    else if (key === "m") this.toggleLens();
    else if (key === "a" && Object.keys(this.arrows).length) this.toggleArrows();
    else if (key === "[" || key === "]") this.setWipe(this.wipe + (key === "[" ? -0.05 : 0.05));
    else return false;
    return true;
  }
}
