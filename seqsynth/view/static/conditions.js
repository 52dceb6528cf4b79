"use strict";
/* The conditions of "seqsynth subset --where", for a site without a server; docs/view.md. */

const CONDITION = /^\s*([^\s=!<>~]+)\s*(==|!=|<=|>=|=|<|>|~)\s*(.*?)\s*$/;

/** Turn "sigma>=3" into {key, sign, value}; throws an Error whose message is for the user. */
function parseCondition(text) {
  const match = CONDITION.exec(text);
  if (!match || !match[3]) throw new Error(`condition '${text}' is not KEY OPERATOR VALUE with one of = != < <= > >= ~`);
  const [, key, sign, value] = match;
  if ("<=>=".includes(sign) && sign !== "=" && sign !== "==" && !Number.isFinite(Number(value || NaN)))
    throw new Error(`condition '${text}': ${sign} wants a number, not '${value}'; use = != or ~`);
  return { key, sign: sign === "==" ? "=" : sign, value };
}

/** Return the values of a key, or of everything below it. */
function valuesOf(facts, key) {
  return Object.entries(facts)
    .filter(([name]) => name === key || name.startsWith(`${key}.`))
    .flatMap(([, values]) => values);
}

/** Say whether a condition holds for values: of several, "=" and "~" want one, "!=" none, an order all. */
function holds({ key, sign, value }, values) {
  if (!values.length) return false;
  const equals = (one) => (typeof one === "number" ? one === Number(value) && value !== "" : String(one) === value);
  if (sign === "=") return values.some(equals);
  if (sign === "!=") return !values.some(equals);
  if (sign === "~") return values.some((one) => String(one).includes(value));
  const bound = Number(value);
  const order = { "<": (a) => a < bound, "<=": (a) => a <= bound, ">": (a) => a > bound, ">=": (a) => a >= bound }[sign];
  if (values.some((one) => typeof one !== "number")) throw new Error(`${key} may be text, which has no order; use = != or ~`);
  return values.every(order);
}
