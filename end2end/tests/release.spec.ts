// The release is one file: nothing that a browser needs lies beside it.
import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "@playwright/test";
import { aloneSandboxAddress, aloneShopAddress } from "../addresses";

const root = resolve(import.meta.dirname, "../..");
const target = process.env.CARGO_TARGET_DIR ?? "target";
const till = resolve(root, process.env.TILL_BIN ?? join(target, "release/till"));
const url = `http://${aloneShopAddress}`;

test.skip(!till.endsWith("release/till"), "a development build serves its files from a folder");

test("the binary alone serves the shop from any folder", async () => {
  const folder = mkdtempSync(join(tmpdir(), "till-alone-"));
  copyFileSync(till, join(folder, "till"));
  const shop = spawn(join(folder, "till"), ["serve", "--demo"], {
    cwd: folder,
    env: { LEPTOS_SITE_ADDR: aloneShopAddress, SANDBOX_ADDR: aloneSandboxAddress },
    stdio: "ignore",
  });
  const ended = new Promise((done) => shop.once("exit", done));
  try {
    await expect(async () => {
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
    }).toPass({ timeout: 20_000 });
    const page = await (await fetch(url)).text();
    const found = (pattern: RegExp) => page.match(pattern)?.[1] ?? "";
    const files = [
      [found(/rel="stylesheet" href="(\/pkg\/[^"]+)"/), "text/css"],
      [found(/data-module="(\/pkg\/[^"]+)"/), "text/javascript"],
      [found(/data-wasm="(\/pkg\/[^"]+)"/), "application/wasm"],
      [found(/src="(\/islands\.js\?v=[^"]+)"/), "text/javascript"],
      [found(/src="(\/finding\.js\?v=[^"]+)"/), "text/javascript"],
    ];
    for (const [path, kind] of files) {
      const file = await fetch(url + path, { headers: { "accept-encoding": "br" } });
      expect(file.status, path).toBe(200);
      expect(file.headers.get("content-type"), path).toContain(kind);
      expect(file.headers.get("content-encoding"), path).toBe("br");
      expect(file.headers.get("cache-control"), path).toContain("immutable");
      const tag = file.headers.get("etag") ?? "";
      const again = await fetch(url + path, { headers: { "if-none-match": tag } });
      expect(again.status, path).toBe(304);
    }
    const picture = await fetch(url + found(/src="(\/pictures\/[^"]+)"/));
    expect(picture.headers.get("content-type")).toBe("image/svg+xml");
    expect((await fetch(`${url}/favicon.svg`)).status).toBe(200);
    for (const path of ["/pkg/nothing.js", "/finding.js.br", "/nothing.svg"]) {
      expect((await fetch(url + path)).status, path).toBe(404);
    }
  } finally {
    shop.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
});
