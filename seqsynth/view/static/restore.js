"use strict";
/* A photo that is dropped here is restored where seqsynth view runs. */

class RestorePage {
  constructor(source) {
    this.source = source;
    const pick = element("input", { type: "file", accept: "image/*", id: "photo", onchange: () => pick.files.length && this.restore(pick.files[0]) });
    this.place = element("div", { className: "drop" }, element("p", {}, "Drop a photo here, or "), labelled("choose one", pick));
    this.result = element("div", {});
    for (const name of ["dragover", "drop"]) this.place.addEventListener(name, (event) => event.preventDefault());
    this.place.addEventListener("drop", (event) => event.dataTransfer.files.length && this.restore(event.dataTransfer.files[0]));
    this.root = element("div", { className: "page restore" }, this.place, this.result);
  }

  async restore(file) {
    this.stage = null;
    this.result.replaceChildren(element("p", {}, `restoring ${file.name} …`));
    tell(`restoring ${file.name}`);
    try {
      const restored = await this.source.restore(file);
      this.stage = new Stage([
        { id: "input", label: "input", load: async () => URL.createObjectURL(file) },
        { id: "restored", label: "restored", load: async () => restored },
      ], { first: "restored", second: "input", name: file.name });
      this.stage.setMode("wipe");
      this.result.replaceChildren(element("h2", {}, file.name), this.stage.root, element("a", { href: restored, download: `${file.name.replace(/\.[^.]*$/, "")}-restored.png` }, "save the restored photo"));
      tell(`${file.name} is restored`);
    } catch (error) {
      this.result.replaceChildren(element("p", { className: "fault", role: "alert" }, error.message));
    }
  }

  key(key) {
    return this.stage ? this.stage.key(key) : false;
  }
}
