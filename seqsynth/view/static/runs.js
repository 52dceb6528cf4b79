"use strict";
/* Runs: a quantity of several stages in one plot, and their panels by step. */

class RunsPage {
  constructor(source) {
    this.source = source;
    this.stages = source.head.runs;
    const columns = [...new Set(this.stages.flatMap((stage) => Object.entries(stage.columns).flatMap(([log, names]) => names.map((name) => `${log} ${name}`))))];
    const first = columns.find((name) => name === "validation.csv psnr") || columns[0];
    this.column = choice(columns.map((name) => [name, name.replace(".csv", ":")]), first, () => this.draw());
    this.log = element("input", { type: "checkbox", onchange: () => this.draw() });
    this.shown = this.stages.map((stage) => element("input", { type: "checkbox", checked: true, onchange: () => this.draw() }));
    this.plot = element("div", {});
    this.panels = element("div", { className: "panels" });
    this.root = element("div", { className: "page runs" },
      element("div", { className: "bar" }, labelled("quantity", this.column), labelled("logarithmic", this.log),
        this.stages.map((stage, place) => labelled(stage.name, this.shown[place]))),
      this.plot, this.panels);
    this.drawPanels();
    this.draw();
  }

  async draw() {
    const [log, name] = this.column.value.split(" ");
    const curves = {};
    try {
      for (const [place, stage] of this.stages.entries()) {
        if (!this.shown[place].checked) continue;
        const found = await this.source.curves(place, log);
        for (const suffix of ["", "_identity", "_linear", "_repeated"]) {
          const points = found[name + suffix];
          if (points) curves[`${stage.name}${suffix.replace("_", ", ")}`] = points;
        }
      }
      this.plot.replaceChildren(curvePlot(curves, { logarithmic: this.log.checked, title: name }));
    } catch (error) {
      tell(error.message);
    }
  }

  drawPanels() {
    for (const [place, stage] of this.stages.entries()) {
      if (!stage.panels.length) continue;
      const last = stage.panels.length - 1;
      const picture = element("img", { src: this.source.panel(place, last), alt: `panel of ${stage.name}: a row a sequence, the photo first` });
      const caption = element("span", {}, stage.panels[last]);
      const slider = element("input", { type: "range", min: 0, max: last, value: last, "aria-label": `step of the panel of ${stage.name}`,
        oninput: () => {
          picture.src = this.source.panel(place, Number(slider.value));
          caption.textContent = stage.panels[slider.value];
        } });
      this.panels.append(element("section", { className: "panel" }, element("h2", {}, stage.name), element("div", { className: "bar" }, slider, caption), picture));
    }
  }

  key() {
    return false;
  }
}
