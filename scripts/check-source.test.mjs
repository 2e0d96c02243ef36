import assert from "node:assert/strict";
import { test } from "node:test";
import { circles, longLines, oldWords, unescaped } from "./check-source.mjs";

test("a line of 100 columns passes and one of 101 does not", () => {
  const words = "word ".repeat(20);
  assert.deepEqual(longLines("a.rs", words.slice(0, 99) + "."), []);
  assert.deepEqual(longLines("a.rs", `fine\n${words}.`), ["a.rs:2: 101 columns, at most 100"]);
});

test("columns are characters, not bytes", () => {
  assert.deepEqual(longLines("a.rs", "äöü ".repeat(25)), []);
});

test("an address that cannot be broken may be longer", () => {
  assert.deepEqual(longLines("a.rs", `// see https://docs.example/${"a".repeat(90)} and more`), []);
});

test("a replaced identifier is found as a whole word in code", () => {
  assert.equal(oldWords("a.rs", "let x = Patience::new();").length, 1);
  assert.deepEqual(oldWords("a.rs", "let x = Patiences::new();"), []);
  assert.deepEqual(oldWords("a.rs", 'let x = "Patience";'), []);
  assert.deepEqual(oldWords("a.md", "Patience is a virtue."), []);
});

test("a replaced phrase is found in every file, whatever its case", () => {
  assert.equal(oldWords("a.md", "It was tried In Vain.").length, 1);
  assert.equal(oldWords("a.rs", "// once more").length, 1);
  assert.deepEqual(oldWords("a.rs", "// once, more or less"), []);
});

test("an error logged without its causes is found", () => {
  const line = "error = &error as &dyn std::error::Error,";
  assert.equal(oldWords("a.rs", line).length, 1);
  assert.deepEqual(oldWords("a.rs", "error = with_causes(&error),"), []);
});

test("files that use each other are a circle, also by way of a third", () => {
  const files = [
    ["src/lib.rs", "mod a; mod b; mod c;"],
    ["src/a.rs", "use crate::{b::{self, Thing}, d};"],
    ["src/b.rs", "fn f() { crate::c::g() }"],
    ["src/c.rs", "use super::a::Other;"],
    ["src/d.rs", ""],
  ];
  assert.deepEqual(circles("src", files), [["a", "b", "c"]]);
});

test("a parent and its child may use each other, and tests may use anything", () => {
  const files = [
    ["src/lib.rs", "mod a; mod b;"],
    ["src/a.rs", "mod child; use child::Thing;"],
    ["src/a/child.rs", "use super::Other; use crate::a::More;"],
    ["src/b.rs", "use crate::a;"],
    ["src/a/other.rs", "#[cfg(test)]\nmod tests {\n use crate::b;\n}"],
  ];
  assert.deepEqual(circles("src", files), []);
});

test("a circle between the children of two modules is one", () => {
  const files = [
    ["src/lib.rs", "mod a; mod b;"],
    ["src/a.rs", "mod x;"],
    ["src/a/x.rs", "use crate::b::y::Y;"],
    ["src/b.rs", "mod y;"],
    ["src/b/y.rs", "use crate::a::x::X;"],
  ];
  assert.deepEqual(circles("src", files), [["a::x", "b::y"]]);
});

test("comments and texts are no use", () => {
  const files = [
    ["src/lib.rs", "mod a; mod b;"],
    ["src/a.rs", "use crate::b;"],
    ["src/b.rs", '// crate::a\nlet x = "crate::a";'],
  ];
  assert.deepEqual(circles("src", files), []);
});

test("elements whose content is not escaped are used in one file only", () => {
  for (const line of ["<textarea>{typed}</textarea>", "use leptos_meta::{Link, Title};", "<Title text=name />", "<script>{data}</script>", "<noscript><p>{name}</p></noscript>"]) {
    assert.equal(unescaped("app/src/pages/product.rs", line).length, 1, line);
    assert.deepEqual(unescaped("app/ui/src/head.rs", line), []);
  }
  assert.deepEqual(unescaped("app/src/pages/order.rs", '<script src="/order-refresh.js"></script>'), []);
  assert.deepEqual(unescaped("app/src/pages/order.rs", "<PageTitle text=name />"), []);
});
