"use strict";
/* Results: a test set with every method's output beside input and truth, ordered by what they gain. */

class ResultsPage {
  constructor(source) {
    this.source = source;
    this.table = element("div", { className: "scroll" });
    this.large = element("section", { className: "large", hidden: true, "aria-label": "one photo" });
    this.order = element("select", { onchange: () => this.draw() });
    this.measure = element("select", { onchange: () => this.draw() });
    this.note = element("p", { className: "soft" });
    this.root = element("div", { className: "page results" },
      element("div", { className: "bar" }, labelled("order", this.order), labelled("score", this.measure)), this.note, this.large, this.table);
    this.begin();
  }

  async begin() {
    try {
      this.document = await this.source.results();
      const learning = this.document.methods.slice(1);
      if (!this.order.options.length) {
        this.order.append(...learning.map((name) => element("option", { value: name }, `made worse by ${name} first`)), element("option", { value: "" }, "the set's order"));
        this.measure.append(...this.document.scores.map((name) => element("option", { value: name }, name)));
      }
      this.draw();
      if (this.document.scored < this.document.photos.length) this.timer = setTimeout(() => this.begin(), 1500);
    } catch (error) {
      tell(error.message);
    }
  }

  /** Return what a method gains over the photo as it is; positive is better. */
  gain(photo, method) {
    const score = this.measure.value;
    const [mine, input] = [photo.scores[method], photo.scores.input].map((one) => one && one[score]);
    if (mine === undefined || input === undefined) return undefined;
    return score === "lmse" ? input - mine : mine - input;
  }

  ordered() {
    const method = this.order.value;
    const photos = [...this.document.photos];
    if (!method) return photos;
    const key = (photo) => this.gain(photo, method);
    return photos.sort((a, b) => (key(a) === undefined) - (key(b) === undefined) || key(a) - key(b) || 0);
  }

  draw() {
    const { methods, photos, scored } = this.document;
    const score = this.measure.value;
    this.note.textContent = scored < photos.length ? `${scored} of ${photos.length} photos scored so far` : `${photos.length} photos; of each method its score and what it gains over the input`;
    this.shown = this.ordered();
    const rows = this.shown.map((photo, place) => element("tr", {},
      element("td", {}, element("button", { type: "button", className: "link", "data-photo": photo.number, onclick: () => this.open(place) }, photo.sequence.name)),
      methods.map((method) => {
        const value = photo.scores[method] && photo.scores[method][score];
        const gain = method === "input" ? undefined : this.gain(photo, method);
        const fault = photo.faults[method];
        return element("td", { className: `number ${gain < 0 ? "worse" : ""}`, title: fault || "" }, fault ? "unreadable" : value === undefined && photo.scores[method] ? "not finite" : shownNumber(value),
          gain === undefined ? "" : element("span", { className: "soft" }, ` ${gain < 0 ? "−" : "+"}${Math.abs(gain).toPrecision(2)}`));
      })));
    const means = methods.map((method) => {
      const values = photos.map((photo) => photo.scores[method] && photo.scores[method][score]).filter((value) => value !== undefined);
      return element("td", { className: "number" }, values.length ? shownNumber(values.reduce((a, b) => a + b, 0) / values.length) : "");
    });
    this.table.replaceChildren(element("table", {},
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "photo"), methods.map((method) => element("th", { scope: "col", className: "number" }, method)))),
      element("tbody", {}, element("tr", { className: "mean" }, element("th", { scope: "row" }, "mean"), means), rows)));
  }

  async open(place) {
    const photo = this.shown[place];
    if (!photo) return;
    const set = this.source.head.sets.findIndex((one) => one.name === photo.set);
    const sequence = await this.source.sequence(set, photo.sequence.number);
    const centre = sequence.centre_view;
    const choices = [
      { id: "input", label: "input", load: () => this.source.frame(set, sequence.number, "blended", centre) },
      { id: "truth", label: "truth", load: () => this.source.frame(set, sequence.number, "transmission", centre) },
      ...photo.methods.map((method) => ({ id: `method ${method}`, label: method, load: () => this.source.output(photo.number, this.document.methods.indexOf(method)) })),
    ];
    this.stage = new Stage(choices, { first: "input", second: "truth", name: photo.sequence.name });
    this.place = place;
    const button = (text, act) => element("button", { type: "button", onclick: act }, text);
    this.large.replaceChildren(
      element("div", { className: "bar" }, element("h2", { tabIndex: -1 }, photo.sequence.name), button("previous", () => this.open(place - 1)),
        button("next", () => this.open(place + 1)), button("close", () => this.close())),
      this.stage.root, factsTable({ scores: photo.scores, ...(Object.keys(photo.faults).length ? { faults: photo.faults } : {}) }));
    this.large.hidden = false;
    this.large.querySelector("h2").focus({ preventScroll: true });
    this.large.scrollIntoView({ block: "start" });
  }

  close() {
    this.large.hidden = true;
    this.stage = null;
    const button = this.table.querySelectorAll("button")[this.place];
    if (button) button.focus();
  }

  key(key) {
    if (!this.stage) return false;
    if (key === "Escape") this.close();
    else if (key === "n") this.open(this.place + 1);
    else if (key === "p") this.open(this.place - 1);
    else return this.stage.key(key);
    return true;
  }
}
