import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { problems } from "./check-env.mjs";

test("what cargo-leptos reads passes", () => {
  for (const line of [
    "SHOP_NAME='Pens and Paper'",
    'SHOP_NAME="It\'s here"',
    "export A=b",
    "A = b",
    "A=",
    "A='b' # a comment",
    "P=pa$$word#1",
    "P='${x}\\'",
    "# A=b c",
    "",
    "\uFEFFA=b",
    "A=b\r",
  ]) {
    assert.deepEqual(problems(line), [], line);
  }
});

test("what it cannot read is named by its line, without the value", () => {
  for (const value of [
    "hidden words",
    "it's-hidden",
    "hid\\den",
    "${hidden",
    '"hid\\den"',
    '"hidden" "',
    '"hidden',
    "'hid'den'",
  ]) {
    const found = problems(`A=b\nB=${value}\nC=d`);
    assert.equal(found.length, 1, value);
    assert.match(found[0], /^line 2: put the value into quotes/);
    assert.doesNotMatch(found[0], /hid/);
  }
});

test("make watch ends at such a line before anything is built", () => {
  const file = join(mkdtempSync(join(tmpdir(), "till-env-")), ".env");
  writeFileSync(file, "A=b\nSHOP_NAME=hidden words\n");
  const script = new URL("check-env.mjs", import.meta.url).pathname;
  const { status, stderr } = spawnSync(process.execPath, [script, file], { encoding: "utf8" });
  assert.equal(status, 1);
  assert.match(stderr, /\.env, line 2: put/);
  assert.doesNotMatch(stderr, /hidden/);
  assert.equal(spawnSync(process.execPath, [script, `${file}.none`]).status, 0);
  const cwd = new URL("..", import.meta.url);
  const plan = spawnSync("make", ["--dry-run", "watch"], { cwd, encoding: "utf8" }).stdout;
  assert.match(plan, /check-env\.mjs[^]*cargo leptos/, plan);
});
