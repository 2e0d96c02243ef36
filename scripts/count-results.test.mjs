// `make test` relies on these counts, so it runs these tests first.
import assert from "node:assert/strict";
import { test } from "node:test";
import { count } from "./count-results.mjs";

function assertCounts(result, passed, failed, skipped) {
  assert.deepEqual([result.passed, result.failed, result.skipped], [passed, failed, skipped]);
}

const cargoLog = `
   Compiling shop v0.1.0
     Running unittests src/lib.rs (target/debug/deps/shop-1f2e)

running 2 tests
test money::adds ... ok
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s

     Running tests/webhook.rs (target/debug/deps/webhook-77aa)
test result: ok. 30 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 2.01s

   Doc-tests shop
test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
`;

test("cargo: the lines of all test binaries are added up", () => {
  assertCounts(count("cargo", 0, cargoLog), 42, 0, 1);
});

test("cargo: failures are counted once, though the exit code says it again", () => {
  const log = cargoLog.replace("ok. 30 passed; 0 failed", "FAILED. 28 passed; 2 failed");
  assertCounts(count("cargo", 101, log), 40, 2, 1);
});

test("cargo: coloured output is read too", () => {
  const log = "test result: \x1b[32mok\x1b[0m. 3 passed; 0 failed; 0 ignored; 0 measured";
  assertCounts(count("cargo", 0, log), 3, 0, 0);
});

test("cargo: a test binary that was killed is a failure beside the others' results", () => {
  const log = cargoLog.replace(
    /^test result: ok\. 30.*$/m,
    "error: test failed (signal: 6, SIGABRT)",
  );
  assertCounts(count("cargo", 101, log), 12, 1, 1);
});

test("cargo: code that does not compile is a failure", () => {
  const log = "error[E0308]: mismatched types\nerror: could not compile `shop`";
  assertCounts(count("cargo", 101, log), 0, 1, 0);
});

test("cargo: a summary inside a sentence is not a summary", () => {
  const log = "note: test result: ok. 9 passed; 0 failed; 0 ignored;";
  assertCounts(count("cargo", 0, log), 0, 1, 0);
});

test("any runner: an empty log is a failure, even with exit code 0", () => {
  for (const kind of ["cargo", "node", "playwright", "pytest"]) {
    assertCounts(count(kind, 0, "", ""), 0, 1, 0);
  }
});

test("any runner: no test at all is a failure", () => {
  const cargo = "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured";
  assertCounts(count("cargo", 0, cargo), 0, 1, 0);
  assertCounts(count("node", 0, "# tests 0\n# pass 0\n# fail 0\n"), 0, 1, 0);
  assertCounts(count("playwright", 1, "Error: No tests found", report()), 0, 1, 0);
  assertCounts(count("pytest", 5, "===== no tests ran in 0.01s =====\n"), 0, 1, 0);
});

test("any runner: a bad exit code is a failure although all known tests passed", () => {
  assertCounts(count("cargo", 137, cargoLog), 42, 1, 1);
  assertCounts(count("node", 1, "# pass 4\n# fail 0\n"), 4, 1, 0);
  assertCounts(count("playwright", 130, "", report(done("expected"))), 1, 1, 0);
  assertCounts(count("pytest", 137, "===== 4 passed in 0.10s =====\n"), 4, 1, 0);
});

test("any runner: skipped tests have not passed", () => {
  const cargo = "test result: ok. 0 passed; 0 failed; 5 ignored; 0 measured";
  assertCounts(count("cargo", 0, cargo), 0, 1, 5);
  assertCounts(count("playwright", 0, "", report(done("skipped"))), 0, 1, 1);
});

function done(status) {
  const expectedStatus = status === "skipped" ? "skipped" : "passed";
  return { status, expectedStatus, results: [{ status }] };
}

function report(...tests) {
  const specs = tests.map((one) => ({ tests: [one] }));
  return JSON.stringify({ suites: [{ suites: [{ specs }] }], errors: [] });
}

test("playwright: tests in nested suites are counted by their status", () => {
  const log = report(done("expected"), done("expected"), done("unexpected"), done("skipped"));
  assertCounts(count("playwright", 1, "", log), 2, 1, 1);
});

test("playwright: a flaky test has failed", () => {
  assertCounts(count("playwright", 0, "", report(done("expected"), done("flaky"))), 1, 1, 0);
});

test("playwright: a test that was never started has failed", () => {
  const notStarted = { status: "skipped", expectedStatus: "passed" };
  const afterABrokenHook = { ...notStarted, results: [{ status: "skipped" }] };
  const afterTheTimeLimit = { ...notStarted, results: [] };
  const json = report(done("expected"), afterABrokenHook, afterTheTimeLimit);
  assertCounts(count("playwright", 1, "", json), 1, 2, 0);
});

test("playwright: an error outside the tests, such as a missing server, is a failure", () => {
  const errors = [{ message: "Timed out waiting 60000ms from config.webServer." }];
  assertCounts(count("playwright", 1, "", JSON.stringify({ suites: [], errors })), 0, 1, 0);
});

test("playwright: a report that was cut off is a failure", () => {
  const json = '{"suites": [{"specs": [';
  assertCounts(count("playwright", 0, "  9 passed (3s)", json), 0, 1, 0);
});

test("node: both forms of its summary are read", () => {
  const spec = "ℹ tests 5\nℹ pass 4\nℹ fail 0\nℹ cancelled 0\nℹ skipped 1\nℹ todo 0\n";
  assertCounts(count("node", 0, spec), 4, 0, 1);
  const tap = "# tests 3\n# pass 1\n# fail 1\n# cancelled 1\n# skipped 0\n# todo 0\n";
  assertCounts(count("node", 1, tap), 1, 2, 0);
});

test("pytest: every word of its summary is counted", () => {
  const plain = "tests/test_refunds.py ....\n\n===== 44 passed in 3.21s =====\n";
  assertCounts(count("pytest", 0, plain), 44, 0, 0);
  const coloured =
    "\x1b[32m===== \x1b[1m44 passed\x1b[0m\x1b[32m in 61.21s (0:01:01)\x1b[0m =====\n";
  assertCounts(count("pytest", 0, coloured), 44, 0, 0);
  const log =
    "===== 2 failed, 40 passed, 1 skipped, 3 deselected, 1 xfailed, 1 xpassed, 4 warnings, " +
    "2 errors in 3.21s =====\n";
  assertCounts(count("pytest", 1, log), 40, 5, 5);
  assertCounts(count("pytest", 1, "===== 40 passed, 1 error in 3.21s =====\n"), 40, 1, 0);
});

test("pytest: a run without its summary has failed, whatever else it printed", () => {
  const killed = "===== test session starts =====\ntests/test_refunds.py ....\nKilled\n";
  assertCounts(count("pytest", 2, killed), 0, 1, 0);
  assertCounts(count("pytest", 0, "note: 44 passed in 3.21s\n"), 0, 1, 0);
});

test("check: the exit code decides", () => {
  assertCounts(count("check", 0, ""), 1, 0, 0);
  assertCounts(count("check", 1, "all fine"), 0, 1, 0);
});
