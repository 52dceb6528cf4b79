"use strict";
/* Histograms with the selection in them, and curves of several runs in one plot. */

const TONES = 8;

/** Draw a histogram; dragging over it chooses a range, as a condition in the filter does by keyboard. */
function histogramPlot(quantity, onrange) {
  const { low, high, whole, chosen, label, unit } = quantity;
  const width = 240, height = 60, bar = width / whole.length;
  const most = Math.max(...whole, 1);
  const bars = (counts, name) => counts.map((count, place) => drawing("rect", {
    class: name, x: place * bar, width: Math.max(bar - 1, 1),
    y: height - (height * count) / most, height: (height * count) / most,
  }));
  const band = drawing("rect", { class: "band", y: 0, height, width: 0, x: 0 });
  const picture = drawing("svg", { viewBox: `0 0 ${width} ${height}`, class: "histogram", role: "img",
    "aria-label": `${label}: ${low === high ? "always" : `from ${shownNumber(low)} to`} ${shownNumber(high)} ${unit}` },
  bars(whole, "whole"), bars(chosen, "chosen"), band);
  const value = (event) => {
    const box = picture.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return low + share * (high - low);
  };
  let from = null;
  if (low < high) picture.addEventListener("pointerdown", (event) => {
    from = value(event);
    picture.setPointerCapture(event.pointerId);
  });
  picture.addEventListener("pointermove", (event) => {
    if (from === null) return;
    const [left, right] = [from, value(event)].sort((a, b) => a - b);
    band.setAttribute("x", ((left - low) / (high - low)) * width);
    band.setAttribute("width", ((right - left) / (high - low)) * width);
  });
  picture.addEventListener("pointerup", (event) => {
    if (from === null) return;
    const range = [from, value(event)].sort((a, b) => a - b);
    from = null;
    if (range[1] - range[0] > (high - low) / 200) onrange(range);
  });
  return element("figure", { className: "quantity" },
    element("figcaption", {}, label, element("span", { className: "soft" }, unit ? ` ${unit}` : "")),
    picture,
    element("div", { className: "ends soft" }, [...new Set([low, high])].map((end) => element("span", {}, shownNumber(end)))));
}

/** Draw curves {name -> points [[step, value], ...]} in one plot. */
function curvePlot(curves, { logarithmic = false, title = "" } = {}) {
  const width = 720, height = 320, left = 64, bottom = 28, top = 8, right = 8;
  const named = Object.entries(curves).map(([name, points]) =>
    [name, points.filter(([, y]) => !logarithmic || y > 0)]).filter(([, points]) => points.length);
  if (!named.length) return element("p", { className: "soft" }, "nothing was logged under this name");
  const scale = logarithmic ? Math.log10 : (value) => value;
  const xs = named.flatMap(([, points]) => points.map(([x]) => x));
  const ys = named.flatMap(([, points]) => points.map(([, y]) => scale(y)));
  const [x0, x1] = [Math.min(...xs), Math.max(...xs)];
  let [y0, y1] = [Math.min(...ys), Math.max(...ys)];
  if (y0 === y1) [y0, y1] = [y0 - 0.5, y1 + 0.5];
  const px = (x) => left + ((x - x0) / (x1 - x0 || 1)) * (width - left - right);
  const py = (y) => height - bottom - ((scale(y) - y0) / (y1 - y0)) * (height - top - bottom);
  const unscale = logarithmic ? (value) => 10 ** value : (value) => value;
  const ticks = [0, 1, 2, 3, 4].map((part) => unscale(y0 + ((y1 - y0) * part) / 4));
  const grid = ticks.map((tick) => [
    drawing("line", { class: "grid", x1: left, x2: width - right, y1: py(tick), y2: py(tick) }),
    drawing("text", { class: "tick", x: left - 6, y: py(tick) + 4, "text-anchor": "end" }, shownNumber(tick)),
  ]).flat();
  const steps = [x0, (x0 + x1) / 2, x1].map((step, place) => drawing("text", {
    class: "tick", x: px(step), y: height - 8, "text-anchor": ["start", "middle", "end"][place] }, shownNumber(Math.round(step))));
  const lines = named.map(([, points], place) => points.length === 1 ? drawing("circle", {
    class: `dot tone-${place % TONES}`, cx: px(points[0][0]), cy: py(points[0][1]), r: 3 }) : drawing("polyline", {
    class: `curve tone-${place % TONES}`, points: points.map(([x, y]) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`).join(" ") }));
  const legend = named.map(([name, points], place) => element("li", { className: `tone-${place % TONES}` },
    element("span", { className: "swatch" }), `${name}: ${shownNumber(points.at(-1)[1])}`));
  return element("figure", { className: "curves" },
    drawing("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${title}; the last values follow` }, grid, steps, lines),
    element("ul", { className: "legend" }, legend));
}
