#!/usr/bin/env node
// Reads how many tests of one runner passed, failed and were skipped, from the runner's own closing lines.
//
//   count-results.mjs KIND EXIT_CODE LOG [REPORT]     →  "passed failed skipped", and on stderr why a run counts as failed
//
// It takes nothing on trust: a runner that crashed, closed without its closing line, or ran no test has failed, whatever else it says.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const colours = /\x1b\[[0-9;]*m/g;

/** One check, such as `cargo clippy`: its exit code says everything. */
function check(exitCode) {
  return exitCode === 0 ? tally(1, 0, 0) : tally(0, 1, 0);
}

/** `cargo test`: one `test result:` line for each test binary and each crate's doc tests. */
function cargo(exitCode, log) {
  const total = tally(0, 0, 0);
  for (const [, passed, failed, ignored] of log.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;/gm)) {
    add(total, tally(Number(passed), Number(failed), Number(ignored)));
  }
  const begun = log.match(/^ +(Running (unittests )?\S+ \(.*\)|Doc-tests \S+)$/gm)?.length ?? 0;
  const closed = log.match(/^test result: /gm)?.length ?? 0;
  if (begun > closed) {
    fail(total, begun - closed, `${begun - closed} of ${begun} test binaries ended without their closing line`);
  }
  return judged(total, exitCode);
}

/** Playwright: its JSON report. A flaky test has failed; a test that was never begun has failed too. */
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
    else if (test.status === "skipped") fail(total, 1, "a test was never begun");
    else if (test.status === "flaky") fail(total, 1, "a test passed only when it was run again");
    else total.failed += 1;
  }
  if (json.errors?.length) {
    fail(total, json.errors.length, `errors outside the tests: ${json.errors.length}`);
  }
  return judged(total, exitCode);
}

function testsOf(suite) {
  return [...(suite.specs ?? []).flatMap((spec) => spec.tests), ...(suite.suites ?? []).flatMap(testsOf)];
}

/** Node's own test runner: `# pass 3` in TAP, `ℹ pass 3` for people. */
function node(exitCode, log) {
  const count = (word) => Number(log.match(new RegExp(`^(?:#|ℹ) ${word} (\\d+)$`, "m"))?.[1] ?? 0);
  return judged(tally(count("pass"), count("fail") + count("cancelled"), count("skipped") + count("todo")), exitCode);
}

/** pytest: its last line, such as `==== 1 failed, 40 passed, 2 skipped in 3.21s ====`. */
function pytest(exitCode, log) {
  const closing = log.match(/^=+ (?:\d+ \w+, )*\d+ \w+ in [\d.]+s.* =+$/gm)?.at(-1) ?? "";
  const count = (...words) => words.reduce((sum, word) => sum + Number(closing.match(new RegExp(`\\b(\\d+) ${word}\\b`))?.[1] ?? 0), 0);
  // A test that was expected to fail and passed says that the expectation is wrong.
  return judged(tally(count("passed"), count("failed", "error", "errors", "xpassed"), count("skipped", "xfailed", "deselected")), exitCode);
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

/** What the sums cannot show. */
function judged(total, exitCode) {
  if (exitCode !== 0 && total.failed === 0) {
    fail(total, 1, `it ended with exit code ${exitCode} although no test is known to have failed`);
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
