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
  if (requests.length === 0) return [];
  const input = requests.map((request) => JSON.stringify(request)).join("\n") + "\n";
  const run = spawnSync(program, [], { input, encoding: "utf8", maxBuffer: 1 << 28 });
  if (run.status !== 0) throw new Error(`${program} ended with ${run.status}: ${run.stderr}`);
  return run.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

// Prints how many rows are as expected and the first that are not; returns the number of those.
function score(title, rows) {
  if (rows.length === 0) return 0;
  const wrong = rows.filter((row) => row.got !== row.expected);
  console.log(`${title}: ${rows.length - wrong.length} of ${rows.length}`);
  for (const row of wrong.slice(0, show)) {
    console.log(`--- ${row.path}: ${row.expr}\nexpected ${row.expected}\ngot      ${row.got}`);
  }
  return wrong.length;
}

const treesOf = (name, tests) => {
  const rows = tests.filter((test) => test.ast !== undefined);
  const answers = ask(program, rows.map((test) => ({ expr: test.original.expr, macros: "standard" })));
  return score(`trees, ${name}`, rows.map((test, i) => ({
    path: test.path,
    expr: test.original.expr,
    expected: test.ast,
    got: answers[i].ast ?? answers[i].issues,
  })));
};

// What the library leaves out: messages, enums, wrappers and Any, and the extensions that only those tests declare.
const leavesOut = (test) =>
  /TestAllTypes|TestRequired|GlobalEnum|NestedEnum|google\.protobuf\.(?!Timestamp|Duration)|wrapper\(|~any/
    .test(`${test.original.expr} ${JSON.stringify(test.original.typeEnv ?? "")} ${test.checkedAst}`) ||
  /block_ext|encoders_ext|network_ext|proto2|proto3|enums/.test(test.path);

// Trees that differ by intent: optMap and optFlatMap bind their target once instead of writing it twice, and comparing
// int with double is not declared, though values of dyn may be so compared.
const hasOtherShape = (test) =>
  /optMap|optFlatMap/.test(test.original.expr) || test.original.expr === "lists.filter(x, x > 1.5)";

// The checker's tests have these names without saying so.
const ident = (name, type) => ({ name, ident: { type } });
const primitive = (name) => ({ primitive: name });
const overload = (overloadId, params, isInstanceFunction) =>
  ({ overloads: [{ overloadId, params, resultType: primitive("STRING"), isInstanceFunction }] });
const checkingEnvironment = [
  ident("is", primitive("STRING")), ident("ii", primitive("INT64")), ident("iu", primitive("UINT64")),
  ident("iz", primitive("BOOL")), ident("id", primitive("DOUBLE")), ident("ib", primitive("BYTES")),
  ident("ix", { null: null }),
  { name: "fg_s", function: overload("fg_s_0", [], false) },
  { name: "fi_s_s", function: overload("fi_s_s_0", [primitive("STRING")], true) },
];

// Where the package's type is not the one that the test itself asks for, the test is right: here optional_type(int).
const isCorrected = (test) => test.path.endsWith("/legacy_nullable_types") && test.type === "null";

const typesOf = (name, tests) => {
  const rows = tests.filter((test) => test.type !== undefined && !leavesOut(test) && !isCorrected(test));
  const answers = ask(program, rows.map((test) => ({
    expr: test.original.expr,
    check: true,
    container: test.original.container ?? "",
    type_env: [...(name === "checking" ? checkingEnvironment : []), ...(test.original.typeEnv ?? [])],
  })));
  const results = rows.map((test, i) => ({ test, answer: answers[i] })).filter(({ answer }) => !answer.unsupported);
  const wrong = score(`types, ${name}`, results.map(({ test, answer }) => ({
    path: test.path,
    expr: test.original.expr,
    expected: test.type,
    got: answer.type ?? answer.issues,
  })));
  return wrong + score(`checked trees, ${name}`, results.filter(({ test }) => !hasOtherShape(test)).map(({ test, answer }) => ({
    path: test.path,
    expr: test.original.expr,
    expected: test.checkedAst,
    got: answer.checked_ast ?? answer.issues,
  })));
};

const [program, ...rest] = process.argv.slice(2);
const show = rest[0] === "--show" ? Number(rest[1]) : 3;
let failures = 0;
for (const name of ["conformance", "parsing", "checking", "comprehension"]) {
  const tests = flatten(await load(name));
  failures += treesOf(name, tests) + typesOf(name, tests);
}
process.exit(failures === 0 ? 0 : 1);
