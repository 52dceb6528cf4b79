"use strict";
/* Elements are made of text and nodes alone: nothing that comes from data is ever parsed as HTML. */

/** Return an element: properties by name, "data-" and "aria-" attributes, "on" listeners; children. */
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && !name.includes("-") && name !== "list" && name !== "form") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** Return an SVG element with attributes and children. */
function drawing(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.flat());
  return made;
}

/** Return a labelled control. */
function labelled(text, control) {
  return element("label", { className: "labelled" }, element("span", {}, text), control);
}

/** Return a select of (value, text) pairs. */
function choice(pairs, chosen, onchange) {
  const options = pairs.map(([value, text]) =>
    element("option", { value, selected: String(value) === String(chosen) }, text));
  return element("select", { onchange: (event) => onchange(event.target.value) }, options);
}

/** Return a number as text: whole numbers with separators, others with four digits. */
function shownNumber(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "unknown";
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return Number(value.toPrecision(4)).toString();
}

/** Say something to everybody, a screen reader included. */
function tell(text) {
  document.getElementById("status").textContent = text;
}

/** Put text on the clipboard, and say so. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    tell("copied");
  } catch {
    tell("the browser does not allow copying here; mark the text and copy it by hand");
  }
}

/** Call a function once it has not been asked for during some milliseconds. */
function settled(wait, act) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...args), wait);
  };
}
