"use strict";
/* Where documents and pictures come from: a server, or the files of a static site. Both answer the same questions. */

/** Ask a server. */
class LiveSource {
  constructor(head) {
    this.head = head;
    this.canDecide = true;
  }

  async ask(path, options = {}) {
    const answer = await fetch(path, options);
    if (answer.ok) return answer;
    let fault = "";
    try {
      fault = (await answer.json()).fault;
    } catch {
      fault = `${answer.status} ${answer.statusText}`;
    }
    throw new Error(fault);
  }

  async document(path) {
    return (await this.ask(path)).json();
  }

  parameters(query, more = {}) {
    const given = new URLSearchParams(more);
    if (query.split) given.set("split", query.split);
    for (const text of query.where) given.append("where", text);
    if (query.sort) given.set("sort", query.sort);
    if (query.descending) given.set("descending", "1");
    return given;
  }

  select(set, query) {
    return this.document(`api/sets/${set}/selection?${this.parameters(query)}`);
  }

  rows(set, query, first, count) {
    return this.document(`api/sets/${set}/rows?${this.parameters(query, { first, count })}`);
  }

  histograms(set, query) {
    return this.document(`api/sets/${set}/histograms?${this.parameters(query)}`);
  }

  namesLink(set, query) {
    return `api/sets/${set}/names?${this.parameters(query)}`;
  }

  sequence(set, number) {
    return this.document(`api/sets/${set}/sequences/${number}`);
  }

  strip(set, number) {
    return `strip/${this.head.run}/${set}/${number}`;
  }

  async frame(set, number, kind, view) {
    return `frame/${this.head.run}/${set}/${number}/${kind}/${view}`;
  }

  captures() {
    return this.document("api/captures");
  }

  async decide(scene, verdict) {
    const answer = await this.ask(`api/captures/${scene}`, this.post(verdict));
    return answer.json();
  }

  photo(scene, place) {
    return `photo/${this.head.run}/${scene}/${place}`;
  }

  curves(stage, log) {
    return this.document(`api/runs/${stage}/${log}`);
  }

  panel(stage, panel) {
    return `panel/${this.head.run}/${stage}/${panel}`;
  }

  results() {
    return this.document("api/results");
  }

  async output(number, method) {
    return `output/${this.head.run}/${number}/${method}`;
  }

  async restore(photo) {
    const answer = await this.ask("api/restore", this.post(photo));
    return URL.createObjectURL(await answer.blob());
  }

  post(body) {
    return { method: "POST", body, headers: { "x-seqsynth-view": "1" } };
  }
}

/** Read the files that "seqsynth view --export" wrote: scripts, since a page from disk may fetch nothing. */
class StaticSource {
  constructor(head) {
    this.head = head;
    this.canDecide = false;
    this.loaded = new Map();
  }

  document(name) {
    if (!this.loaded.has(name)) this.loaded.set(name, loadScript(`data/${name}.js`).then(() => delivered.get(name)));
    return this.loaded.get(name);
  }

  async chosen(set, query) {
    const { rows } = await this.document(`set-${set}`);
    const conditions = query.where.map(parseCondition);
    const meets = (row) => conditions.every((one) => {
      const measured = one.key.startsWith("measured.");
      const value = row.measured[one.key.slice("measured.".length)];
      return holds(one, measured ? (value === undefined ? [] : [value]) : valuesOf(row.facts, one.key));
    });
    const chosen = rows.filter((row) => (!query.split || row.split === query.split) && meets(row));
    if (!query.sort) return chosen;
    const value = (row) => row.numbers[query.sort];
    const unknown = (row) => value(row) === undefined;
    const sign = query.descending ? -1 : 1;
    return [...chosen].sort((a, b) =>
      unknown(a) - unknown(b) || (unknown(a) ? 0 : sign * (value(a) - value(b))));
  }

  async select(set, query) {
    const chosen = await this.chosen(set, query);
    const { rows } = await this.document(`set-${set}`);
    const words = query.where.map((text) => ` --where '${text.replaceAll("'", "'\\''")}'`).join("");
    const byNames = query.where.some((text) => text.trim().startsWith("measured."));
    const split = query.split ? ` --split ${query.split}` : "";
    const command = `seqsynth subset ${this.head.sets[set].shell_path}${byNames ? " --names-from names.txt" : split + words} --out chosen`;
    return { count: chosen.length, scanned: rows.length, total: rows.length, done: true, fault: "", command, by_names: byNames, measured: rows.length };
  }

  async rows(set, query, first, count) {
    return (await this.chosen(set, query)).slice(first, first + count);
  }

  async histograms(set, query) {
    const { quantities, rows } = await this.document(`set-${set}`);
    const chosen = new Set((await this.chosen(set, query)).map((row) => row.number));
    return quantities.map((quantity) => {
      const { low, high, whole, key } = quantity;
      const part = new Array(whole.length).fill(0);
      for (const row of rows) {
        const value = row.numbers[key];
        if (value === undefined || !chosen.has(row.number)) continue;
        part[Math.min(whole.length - 1, Math.floor(((value - low) / (high - low)) * whole.length))] += 1;
      }
      return { ...quantity, chosen: part };
    });
  }

  namesLink() {
    return "";
  }

  async names(set, query) {
    return (await this.chosen(set, query)).map((row) => `${row.name}\n`).join("");
  }

  sequence(set, number) {
    return this.document(`sequence-${set}-${number}`);
  }

  strip(set, number) {
    return `pictures/strip-${set}-${number}.jpg`;
  }

  async frame(set, number, kind, view) {
    return (await this.sequence(set, number)).frames[`${kind}-${view}`];
  }

  captures() {
    return this.document("captures");
  }

  photo(scene, place) {
    return `pictures/photo-${scene}-${place}.webp`;
  }

  async curves(stage, log) {
    return (await this.document(`run-${stage}`))[log] || {};
  }

  panel(stage, panel) {
    return `pictures/panel-${stage}-${panel}.png`;
  }

  results() {
    return this.document("results");
  }

  async output(number, method) {
    return (await this.document(`outputs-${number}`))[method];
  }
}

const delivered = new Map();

/** Called by the scripts of a static site. */
function deliver(name, content) {
  delivered.set(name, content);
}

function loadScript(path) {
  return new Promise((resolve, reject) => {
    const script = element("script", { src: path, onload: resolve });
    script.addEventListener("error", () => reject(new Error(`${path} is missing from this site`)));
    document.head.append(script);
  });
}

/** Return the source of this page. */
async function openSource() {
  if (location.protocol !== "file:") {
    const answer = await fetch("api/head").catch(() => null);
    const isServer = answer && answer.ok && (answer.headers.get("content-type") || "").includes("json");
    if (isServer) return new LiveSource(await answer.json());
  }
  await loadScript("data/head.js");
  return new StaticSource(delivered.get("head"));
}
