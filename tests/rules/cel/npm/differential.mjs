// Compares random expressions with @bufbuild/cel, another implementation of the language: the same value, or both an
// error. usage: node differential.mjs PATH_OF_cel_random [COUNT [SEED]]
// The expressions leave out what this package is known to do otherwise than the language's definition says: it takes
// the number in timestamp(1) for milliseconds, gives the day after in the first hour of a day in a named zone, refuses
// quotients of uints from 2^63, lets -(-(x)) cancel out, gives 0 for -9223372036854775808 % -1, and counts UTF-16 units.
// Ends with 0 if nothing differs, with 77 if the package is not installed here.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

async function load() {
  try {
    const cel = await import("@bufbuild/cel");
    const { strings } = await import("@bufbuild/cel/ext");
    return { ...cel, strings };
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    console.log("SKIPPED: @bufbuild/cel is not installed: npm ci in tests/rules/cel/npm");
    process.exit(77);
  }
}
const cel = await load();

// ---- Our functions, written a second time

const { INT, STRING, DYN } = cel.CelScalar;
const inRange = (x) => {
  if (x < -(2n ** 63n) || x >= 2n ** 63n) throw new Error("out of range");
  return x;
};

function mulDiv(x, num, den, rounding = "DOWN") {
  if (den <= 0n) throw new Error("the divisor must be positive");
  const product = x * num;
  const size = product < 0n ? -product : product;
  let quotient = size / den;
  const rest = size % den;
  const up = { DOWN: false, UP: rest > 0n, HALF_UP: 2n * rest >= den,
    HALF_EVEN: 2n * rest > den || (2n * rest === den && quotient % 2n === 1n) }[rounding];
  if (up === undefined) throw new Error("no such rounding");
  if (up) quotient += 1n;
  if (quotient >= 2n ** 63n) throw new Error("out of range");
  return product < 0n ? -quotient : quotient;
}

function percent(x, share, rounding) {
  const [whole, fraction = ""] = share.split(".");
  return mulDiv(x, BigInt(whole + fraction.padEnd(4, "0")), 1000000n, rounding);
}

function extreme(list, isBetter) {
  const [first, ...rest] = [...list];
  if (first === undefined) throw new Error("nothing to choose from");
  return rest.reduce((best, element) => (isBetter(element, best) ? element : best), first);
}

const LIST = cel.listType(DYN);
const functions = [
  cel.celMethod("sum", LIST, [], INT, function () { return [...this].reduce((a, b) => inRange(a + b), 0n); }),
  cel.celMethod("min", LIST, [], INT, function () { return extreme(this, (a, b) => a < b); }),
  cel.celMethod("max", LIST, [], INT, function () { return extreme(this, (a, b) => a > b); }),
  cel.celMethod("distinct", LIST, [], LIST, function () { return [...new Set(this)]; }),
  cel.celFunc("mul_div", [INT, INT, INT], INT, mulDiv),
  cel.celFunc("mul_div", [INT, INT, INT, STRING], INT, mulDiv),
  cel.celFunc("percent", [INT, STRING], INT, percent),
  cel.celFunc("percent", [INT, STRING, STRING], INT, percent),
];

// ---- Values

function fromJson(value) {
  const [[kind, content]] = Object.entries(value);
  switch (kind) {
    case "int64_value": return BigInt(content);
    case "uint64_value": return cel.celUint(BigInt(content));
    case "double_value": return Number(content);
    case "bytes_value": return new Uint8Array(Buffer.from(content, "base64"));
    case "list_value": return content.values.map(fromJson);
    case "map_value": return new Map(content.entries.map(({ key, value: v }) => [fromJson(key), fromJson(v)]));
    default: return content;
  }
}

const quote = (text) => JSON.stringify(text);
const showDouble = (x) => (Object.is(x, -0) ? "-0" : String(x));

// One text for each value, the same for both sides.
function showOurs(value) {
  const [[kind, content]] = Object.entries(value);
  switch (kind) {
    case "int64_value": return content;
    case "uint64_value": return `${content}u`;
    case "double_value": return `double ${showDouble(Number(content))}`;
    case "string_value": return quote(content);
    case "bytes_value": return `bytes ${content}`;
    case "list_value": return `[${content.values.map(showOurs).join(", ")}]`;
    case "map_value":
      return `{${content.entries.map(({ key, value: v }) => `${showOurs(key)}: ${showOurs(v)}`).sort().join(", ")}}`;
    case "timestamp": return `timestamp ${BigInt(content.seconds) * 1000000000n + BigInt(content.nanos)}`;
    case "duration": return `duration ${content}`;
    default: return String(content);
  }
}

function showTheirs(value) {
  if (value === null || typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return `double ${showDouble(value)}`;
  if (typeof value === "string") return quote(value);
  if (cel.isCelUint(value)) return `${value.value}u`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("base64")}`;
  if (cel.isCelList(value)) return `[${[...value].map(showTheirs).join(", ")}]`;
  if (cel.isCelMap(value)) {
    return `{${[...value].map(([k, v]) => `${showTheirs(k)}: ${showTheirs(v)}`).sort().join(", ")}}`;
  }
  const { message } = value;
  const nanos = message.seconds * 1000000000n + BigInt(message.nanos);
  return `${value.desc.name.toLowerCase()} ${nanos}`;
}

function theirs(expr, bindings) {
  try {
    const value = cel.run(expr, bindings, { funcs: [...cel.strings, ...functions] });
    return cel.isCelError(value) ? "error" : showTheirs(value);
  } catch {
    return "error";
  }
}

// ---- The comparison

const [program, count = "100000", seed = "1"] = process.argv.slice(2);
const child = spawn(program, [count, seed], { stdio: ["ignore", "pipe", "inherit"] });
const ended = new Promise((resolve) => child.on("close", resolve));
let bindings;
let compared = 0;
let errors = 0;
const differences = [];
for await (const line of createInterface({ input: child.stdout })) {
  const row = JSON.parse(line);
  if (row.bindings) {
    bindings = Object.fromEntries(Object.entries(row.bindings).map(([name, value]) => [name, fromJson(value)]));
    continue;
  }
  const ours = row.error ? "error" : showOurs(row.value);
  const other = theirs(row.expr, bindings);
  compared += 1;
  errors += ours === "error" ? 1 : 0;
  if (ours !== other) differences.push({ expr: row.expr, ours: row.error ? `error: ${row.error}` : ours, other });
}
const status = await ended;
if (status !== 0) throw new Error(`${program} ended with ${status}`);
differences.sort((a, b) => a.expr.length - b.expr.length);
console.log(`${compared} expressions, ${errors} of them errors, ${differences.length} differences (seed ${seed})`);
for (const { expr, ours, other } of differences.slice(0, 20)) {
  console.log(`--- ${expr}\nours   ${ours}\ntheirs ${other}`);
}
process.exit(differences.length === 0 && compared === Number(count) ? 0 : 1);
