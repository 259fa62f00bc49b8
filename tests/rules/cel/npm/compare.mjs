// Scores the parser and the checker against the trees and types of @bufbuild/cel-spec, which come from another
// implementation. usage: node compare.mjs PATH_OF_cel_text [--show N]
// Ends with 0 if every expected tree and every expected type is met, with 77 if the package is not installed here.
import { spawnSync } from "node:child_process";

async function load(name) {
  try {
    return (await import(`@bufbuild/cel-spec/testdata/${name}.js`)).tests;
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    console.log("SKIPPED: @bufbuild/cel-spec is not installed: npm ci in tests/rules/cel/npm");
    process.exit(77);
  }
}

const flatten = (suite, path = []) => [
  ...(suite.tests ?? []).map((test) => ({ path: [...path, suite.name].join("/"), ...test })),
  ...(suite.suites ?? []).flatMap((inner) => flatten(inner, [...path, suite.name])),
];

function ask(program, requests) {
  const input = requests.map((request) => JSON.stringify(request)).join("\n") + "\n";
  const run = spawnSync(program, [], { input, encoding: "utf8", maxBuffer: 1 << 28 });
  if (run.status !== 0) throw new Error(`${program} ended with ${run.status}: ${run.stderr}`);
  return run.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

// The package spells one kind of entry by itself in every tree; ours is the same.
function score(title, rows, show) {
  const wrong = rows.filter((row) => row.got !== row.expected);
  console.log(`${title}: ${rows.length - wrong.length} of ${rows.length}`);
  for (const row of wrong.slice(0, show)) {
    console.log(`--- ${row.path}: ${row.expr}\nexpected ${row.expected}\ngot      ${row.got}`);
  }
  return wrong.length;
}

const [program, ...rest] = process.argv.slice(2);
const show = rest[0] === "--show" ? Number(rest[1]) : 3;
let failures = 0;
for (const name of ["conformance", "parsing", "checking", "comprehension"]) {
  const tests = flatten(await load(name)).filter((test) => test.ast !== undefined);
  const answers = ask(program, tests.map((test) => ({ expr: test.original.expr, macros: "standard" })));
  failures += score(`trees, ${name}`, tests.map((test, i) => ({
    path: test.path,
    expr: test.original.expr,
    expected: test.ast,
    got: answers[i].ast ?? answers[i].issues,
  })), show);
}
process.exit(failures === 0 ? 0 : 1);
