import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { defineConfig } from "@playwright/test";
import { sandboxAddress, shopAddress, shopUrl } from "./addresses";

const root = resolve(import.meta.dirname, "..");

// `make test` names the binary that it has just built.
const till = resolve(root, process.env.TILL_BIN ?? join(process.env.CARGO_TARGET_DIR ?? "target", "release/till"));

// Every run begins with an empty shop. Playwright reads this file once in its own process and once in each worker: only the first makes the folder.
if (!process.env.TILL_TEST_DATA) {
  const folder = mkdtempSync(join(tmpdir(), "till-end2end-"));
  process.env.TILL_TEST_DATA = folder;
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
}

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results/files",
  // One shop and one stock for all tests: they take turns.
  workers: 1,
  // A test that passes only at the second try has found something.
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  globalTimeout: 15 * 60_000,
  reporter: [["list"], ["json", { outputFile: "test-results/report.json" }]],
  use: {
    baseURL: shopUrl,
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: chromium(),
      args: [
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
        "--disable-gpu",
        // The browser talks to the shop only.
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
  webServer: {
    command: `'${till}' serve --demo`,
    cwd: root,
    url: `${shopUrl}/readyz`,
    env: {
      DATA_DIR: process.env.TILL_TEST_DATA,
      LEPTOS_SITE_ADDR: shopAddress,
      SANDBOX_ADDR: sandboxAddress,
      RUST_LOG: "warn",
      // A developer's own .env or environment must not point the tests at a real account or database. Empty counts as not set.
      DATABASE_URL: "",
      DATABASE_URL_FILE: "",
      PUBLIC_URL: "",
      SHOP_NAME: "",
      STRIPE_API_BASE: "",
      STRIPE_SECRET_KEY: "",
      STRIPE_SECRET_KEY_FILE: "",
      STRIPE_WEBHOOK_SECRET: "",
      STRIPE_WEBHOOK_SECRET_FILE: "",
    },
    // A server that is there already is another one, with another database.
    reuseExistingServer: false,
    timeout: 30_000,
    stdout: "pipe",
    stderr: "pipe",
    gracefulShutdown: { signal: "SIGTERM", timeout: 10_000 },
  },
});

/** CHROMIUM, the system's own, or nothing: then Playwright takes the one it has installed. */
function chromium(): string | undefined {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    } catch {
      // Not this one.
    }
  }
  return undefined;
}
