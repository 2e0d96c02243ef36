// Load by wrk.
import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";

const THREADS = 2;

/** Fails with what to do if wrk is missing. */
export function checkWrk() {
  try {
    // Without an address it prints its usage and fails.
    execFileSync("wrk", ["--version"], { stdio: "ignore" });
  } catch (error) {
    if (error.code !== "ENOENT") return;
    throw new Error(
      "wrk is missing (Debian: wrk): it requests the pages. `scripts/setup bench` installs it.",
    );
  }
}

/**
 * Requests an address for some seconds. Returns requests per second and the 99th percentile of the
 * response times in milliseconds. Fails if an answer is an error or a connection breaks.
 */
export async function load(url, { seconds, connections = 25, headers = [], script, timeout = 5 }) {
  const args = ["--latency", `--threads=${THREADS}`, `--connections=${connections}`];
  args.push(`--duration=${seconds}s`, `--timeout=${timeout}s`);
  for (const header of headers) args.push("--header", header);
  if (script) args.push("--script", script);
  const { stdout } = await promisify(execFile)("wrk", [...args, url]);
  const broken = /^\s*(Socket errors: .*|Non-2xx or 3xx responses: .*)$/m.exec(stdout);
  if (broken) throw new Error(`${url}: ${broken[1]}`);
  const rate = Number(/^Requests\/sec:\s+([\d.]+)$/m.exec(stdout)?.[1]);
  const [, p99, unit] = /^\s+99%\s+([\d.]+)(us|ms|s|m)\s*$/m.exec(stdout) ?? [];
  const milliseconds = { us: 0.001, ms: 1, s: 1000, m: 60_000 }[unit];
  if (!(rate > 0) || !milliseconds) throw new Error(`${url}: wrk printed\n${stdout}`);
  return { rate, p99: Number(p99) * milliseconds };
}
