#!/usr/bin/env node
// Counts how many tests of one runner passed, failed and were skipped, from the runner's summary.
//
//   count-results.mjs KIND EXIT_CODE LOG [REPORT]
//
// Prints "passed failed skipped", and on stderr why a run counts as failed.
//
// A runner that crashed, printed no summary, or ran no test has failed, whatever else it says.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const colours = /\x1b\[[0-9;]*m/g;

/** One check, such as `cargo clippy`: its exit code is the result. */
function check(exitCode) {
  return exitCode === 0 ? tally(1, 0, 0) : tally(0, 1, 0);
}

/** `cargo test`: one `test result:` line per test binary, and per crate's doc tests. */
function cargo(exitCode, log) {
  const total = tally(0, 0, 0);
  const results = /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;/gm;
  for (const [, passed, failed, ignored] of log.matchAll(results)) {
    add(total, tally(Number(passed), Number(failed), Number(ignored)));
  }
  const started = log.match(/^ +(Running (unittests )?\S+ \(.*\)|Doc-tests \S+)$/gm)?.length ?? 0;
  const finished = log.match(/^test result: /gm)?.length ?? 0;
  const missing = started - finished;
  if (missing > 0) {
    fail(total, missing, `${missing} of ${started} test binaries ended without a summary`);
  }
  return checked(total, exitCode);
}

/** Playwright: its JSON report. A test that was flaky or never started has failed. */
function playwright(exitCode, _log, report) {
  const total = tally(0, 0, 0);
  let json;
  try {
    json = JSON.parse(report);
  } catch {
    fail(total, 1, "no readable report");
    return total;
  }
  for (const test of json.suites.flatMap(testsOf)) {
    if (test.status === "expected") total.passed += 1;
    else if (test.status === "skipped" && test.expectedStatus === "skipped") total.skipped += 1;
    else if (test.status === "skipped") fail(total, 1, "a test was never started");
    else if (test.status === "flaky") fail(total, 1, "a test passed only when it was retried");
    else total.failed += 1;
  }
  if (json.errors?.length) {
    fail(total, json.errors.length, `errors outside the tests: ${json.errors.length}`);
  }
  return checked(total, exitCode);
}

function testsOf(suite) {
  const own = (suite.specs ?? []).flatMap((spec) => spec.tests);
  return [...own, ...(suite.suites ?? []).flatMap(testsOf)];
}

/** Node's own test runner: `# pass 3` in TAP, `ℹ pass 3` in the spec reporter. */
function node(exitCode, log) {
  const count = (word) => Number(log.match(new RegExp(`^(?:#|ℹ) ${word} (\\d+)$`, "m"))?.[1] ?? 0);
  const failed = count("fail") + count("cancelled");
  const skipped = count("skipped") + count("todo");
  return checked(tally(count("pass"), failed, skipped), exitCode);
}

/** pytest: its last line, such as `==== 1 failed, 40 passed, 2 skipped in 3.21s ====`. */
function pytest(exitCode, log) {
  const summary = log.match(/^=+ (?:\d+ \w+, )*\d+ \w+ in [\d.]+s.* =+$/gm)?.at(-1) ?? "";
  const number = (word) => Number(summary.match(new RegExp(`\\b(\\d+) ${word}\\b`))?.[1] ?? 0);
  const count = (...words) => words.reduce((sum, word) => sum + number(word), 0);
  // An unexpected pass is a failure: the expectation is wrong.
  const failed = count("failed", "error", "errors", "xpassed");
  const skipped = count("skipped", "xfailed", "deselected");
  return checked(tally(count("passed"), failed, skipped), exitCode);
}

function tally(passed, failed, skipped) {
  return { passed, failed, skipped, why: [] };
}

function add(total, more) {
  total.passed += more.passed;
  total.failed += more.failed;
  total.skipped += more.skipped;
}

function fail(total, tests, why) {
  total.failed += tests;
  total.why.push(why);
}

/** Adds failures that the counts do not show. */
function checked(total, exitCode) {
  if (exitCode !== 0 && total.failed === 0) {
    fail(total, 1, `exit code ${exitCode}, although no test is known to have failed`);
  } else if (total.passed + total.failed === 0) {
    fail(total, 1, "it ran no test");
  }
  return total;
}

const kinds = { check, cargo, playwright, node, pytest };

export function count(kind, exitCode, log, report) {
  return kinds[kind](exitCode, log.replace(colours, ""), report);
}

function readOrEmpty(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [kind, exitCode, log, report] = process.argv.slice(2);
  const result = count(kind, Number(exitCode), readOrEmpty(log), report && readOrEmpty(report));
  for (const why of new Set(result.why)) console.error(why);
  console.log(result.passed, result.failed, result.skipped);
}
