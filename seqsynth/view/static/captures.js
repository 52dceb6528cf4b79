"use strict";
/* Captures: findings beside the pictures, rejected scenes first; accept or reject by hand. */

class CapturesPage {
  constructor(source) {
    this.source = source;
    this.list = element("ol", { className: "scenes" });
    this.note = element("p", { className: "command-line" });
    this.only = choice([["", "all scenes"], ["reject", "rejected"], ["accept", "accepted"], ["decided", "decided by hand"]], "", () => this.draw());
    this.root = element("div", { className: "page captures" }, element("div", { className: "bar" }, labelled("show", this.only)), this.note, this.list);
    this.begin();
  }

  async begin() {
    this.document = await this.source.captures();
    this.note.append(this.source.canDecide ? "Decisions are kept in " : "Decisions are taken where seqsynth view runs; this is a copy. ",
      this.source.canDecide ? element("code", {}, this.document.decisions) : "",
      this.source.canDecide ? " as soon as you take one; use them with " : "", this.source.canDecide ? element("code", {}, this.document.command) : "");
    this.draw();
  }

  draw() {
    const only = this.only.value;
    const shown = this.document.scenes.filter((scene) => !only || scene.verdict === only || (only === "decided" && scene.decision));
    this.list.replaceChildren(...shown.map((scene) => this.card(scene)));
    this.at = 0;
  }

  card(scene) {
    const findings = scene.findings.map((one) => element("li", { className: `finding ${one.severity}` },
      element("strong", {}, `${one.cannot_tell ? "cannot tell" : one.severity} ${one.code}`), ` ${one.photo ? `(${one.photo}) ` : ""}${one.message}`));
    const photos = scene.shown.map((there, place) => (there
      ? element("img", { src: this.source.photo(scene.number, place), alt: `photo ${scene.photos[place].file}`, title: scene.photos[place].file, loading: "lazy" })
      : element("span", { className: "missing" }, `${scene.photos[place].file} is not at hand`)));
    if (!photos.length && scene.stored) {
      const { number, frames, centre, width, height, set } = scene.stored;
      const place = this.source.head.sets.findIndex((one) => one.name === set);
      const film = element("span", { className: "film" }, element("img", { src: this.source.strip(place, number), alt: `views of ${scene.scene}`, loading: "lazy" }));
      film.style.setProperty("--frames", frames);
      film.style.setProperty("--rest", centre);
      film.style.setProperty("--aspect", width / height);
      photos.push(film);
    }
    if (!photos.length) photos.push(element("p", { className: "soft" }, "its photos are not at hand; name their folder with --scenes"));
    const buttons = this.source.canDecide ? ["accept", "reject", ""].map((verdict) => element("button", { type: "button",
      "aria-pressed": String(scene.decision === verdict && verdict !== ""), onclick: () => this.decide(scene, verdict) }, verdict || "leave to the checks")) : [];
    const checked = scene.findings.some((one) => one.severity === "reject") ? "reject" : "accept";
    const state = scene.decision ? `${checked} by the checks, ${scene.decision} by hand` : `${checked} by the checks`;
    return element("li", { className: `scene ${scene.decision || scene.verdict}`, tabIndex: -1, "data-scene": scene.scene },
      element("h2", {}, scene.scene), element("p", { className: "verdict" }, state),
      element("div", { className: "photos" }, photos),
      element("ul", { className: "findings" }, findings.length ? findings : element("li", { className: "soft" }, "nothing was found")),
      element("div", { className: "bar" }, buttons));
  }

  async decide(scene, verdict) {
    try {
      const changed = await this.source.decide(scene.number, verdict);
      this.document.scenes[this.document.scenes.findIndex((one) => one.number === scene.number)] = changed;
      const old = [...this.list.children].find((card) => card.dataset.scene === scene.scene);
      const card = this.card(changed);
      if (old) old.replaceWith(card);
      card.focus();
      tell(`${scene.scene}: ${changed.decision || "left to the checks"}`);
    } catch (error) {
      tell(error.message);
    }
  }

  key(key) {
    const cards = [...this.list.children];
    if (!cards.length) return false;
    if (key === "n" || key === "p") this.at = Math.max(0, Math.min(cards.length - 1, cards.indexOf(document.activeElement.closest(".scene")) + (key === "n" ? 1 : -1)));
    else if ("arl".includes(key) && this.source.canDecide) {
      const at = cards.indexOf(document.activeElement.closest(".scene"));
      if (at < 0) return false;
      const scene = this.document.scenes.find((one) => one.scene === cards[at].dataset.scene);
      this.decide(scene, { a: "accept", r: "reject", l: "" }[key]);
      return true;
    } else return false;
    cards[this.at].focus();
    cards[this.at].scrollIntoView({ block: "nearest" });
    return true;
  }
}
