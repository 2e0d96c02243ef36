// Runs `till` as a child process, and reads the address that it listens on from its log.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const root = resolve(import.meta.dirname, "../../../..");

/** `make test` sets `TILL_BIN` to the binary that it has built. */
const binary = resolve(
  root,
  process.env.TILL_BIN ?? join(process.env.CARGO_TARGET_DIR ?? "target", "debug/till"),
);

/**
 * Starts `till` in a temporary folder and waits until it logs `announcement` with an address.
 * `options` is called with the folder. The returned `stop` stops the program.
 */
export async function startTill(announcement, options) {
  const folder = mkdtempSync(join(tmpdir(), "till-conformance-"));
  const { args, env = {} } = options(folder);
  // A clean environment: the developer's could contain the keys of a real account.
  // The shop's pages are not requested, so its assets need not be built.
  const site = join(root, "server/tests/site");
  const child = spawn(binary, args, {
    cwd: folder,
    env: { RUST_LOG: "info", LEPTOS_SITE_ROOT: site, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const remove = () => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  // Clean up even if the test process exits early.
  process.on("exit", remove);
  const ended = once(child, "exit");
  const address = await new Promise((found, failed) => {
    child.on("error", failed);
    child.on("exit", (code) =>
      failed(new Error(`${binary} ended with exit code ${code} before it was ready`)),
    );
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [, url] = line.match(new RegExp(`${announcement} (http://[0-9.:]+)`)) ?? [];
      if (url) found(url);
    });
  });
  return {
    address,
    async stop() {
      child.kill("SIGINT");
      const [code] = await ended;
      process.off("exit", remove);
      remove();
      return code;
    },
  };
}
