// The servers that `scripts/bench-pages` compares: each is started on a free port, and stopped in
// the end.
import { execFile, execFileSync, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import http from "node:http";
import net from "node:net";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const peers = import.meta.dirname;
const root = resolve(peers, "../../..");
const target = resolve(root, process.env.CARGO_TARGET_DIR ?? "target");
const till = resolve(root, process.env.TILL ?? join(target, "release/till"));
const bare = resolve(root, process.env.TILL_BARE ?? join(target, "release/bare"));
const venv = join(target, "bench-venv");

/** A log is emptied above this size: at full load it grows by megabytes a second. */
const MAX_LOG_BYTES = 100_000_000;

/** Fails if something is missing that cannot be installed from here. */
export function checkPrograms() {
  if (!existsSync(till)) throw new Error(`${till} is missing: run \`make build\` first.`);
  if (!existsSync(bare)) {
    throw new Error(
      `${bare} is missing: run \`cargo build --release --package bare\` first.`,
    );
  }
}

/** All servers of a run. */
export class Servers {
  /** `folder` is temporary, and removed by the caller after `stop`. */
  constructor(folder) {
    this.folder = folder;
    this.running = new Set();
    this.count = 0;
    this.emptying = setInterval(() => this.emptyLogs(), 2000);
    this.emptying.unref();
  }

  /** A new folder for a server. */
  newFolder() {
    this.count += 1;
    const folder = join(this.folder, String(this.count));
    mkdirSync(folder);
    return folder;
  }

  /** Imports a product file into a new database of Till, and returns its folder. */
  async database(productFile) {
    const folder = this.newFolder();
    const file = join(folder, "products.csv");
    writeFileSync(file, productFile);
    const options = { cwd: folder, env: tillEnvironment(folder) };
    await run(till, ["migrate"], options);
    await run(till, ["import", file], options);
    return folder;
  }

  /** Adds paid orders to the database in a folder. */
  async addOrders(folder, count) {
    const args = [join(peers, "orders.py"), join(folder, "till.db"), String(count)];
    await run("python3", args, { cwd: folder, env: { PATH: process.env.PATH } });
  }

  /**
   * Starts Till on a database, as an owner would: with the default settings, except for those
   * given. Its log goes into a file.
   */
  async till(folder, settings = {}) {
    const [port, sandbox] = [await freePort(), await freePort()];
    const env = {
      ...tillEnvironment(folder),
      LEPTOS_SITE_ADDR: `127.0.0.1:${port}`,
      // A release contains these files. An older build reads them.
      LEPTOS_SITE_ROOT: process.env.LEPTOS_SITE_ROOT ?? join(root, "target/site"),
      SANDBOX_ADDR: `127.0.0.1:${sandbox}`,
      ...settings,
    };
    return this.start("Till", till, ["serve"], { cwd: folder, env, port, ready: "/readyz" });
  }

  /** Starts the bare handler, which serves these bytes at every address. */
  async bare(bytes) {
    const folder = this.newFolder();
    const [file, port] = [join(folder, "page.html"), await freePort()];
    writeFileSync(file, bytes);
    return this.start("the bare handler", bare, [file, String(port)], { cwd: folder, port });
  }

  /** Starts Node's server with the products of a JSON file. */
  async node(products) {
    const port = await freePort();
    const args = [join(peers, "node.mjs"), products, String(port)];
    const env = { PATH: process.env.PATH, NODE_ENV: "production" };
    return this.start("Node", process.execPath, args, { cwd: this.newFolder(), env, port });
  }

  /** Installs Django, unless it is installed, and starts it with the products of a JSON file. */
  async django(products) {
    installDjango();
    const [folder, port] = [this.newFolder(), await freePort()];
    // A copy, because Python writes compiled files beside the sources.
    cpSync(join(peers, "django"), folder, { recursive: true });
    const env = { PATH: process.env.PATH, BENCH_DATABASE: join(folder, "shop.db") };
    const python = join(venv, "bin/python");
    await run(python, ["load.py", products], { cwd: folder, env });
    const args = ["-m", "gunicorn", "--workers=2", ...GUNICORN, `--bind=127.0.0.1:${port}`];
    return this.start("Django", python, [...args, "wsgi"], { cwd: folder, env, port });
  }

  async start(name, program, args, { cwd, env, port, ready = "/" }) {
    const log = join(cwd, "log");
    const output = openSync(log, "a");
    const begin = process.hrtime.bigint();
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", output, output] });
    closeSync(output);
    const server = { name, child, log, port, url: `http://127.0.0.1:${port}` };
    server.exited = new Promise((done) => child.once("close", done).once("error", done));
    this.running.add(server);
    await untilReady(server, ready);
    server.startMilliseconds = Number(process.hrtime.bigint() - begin) / 1e6;
    return server;
  }

  /** Stops one server. */
  async stop(server) {
    this.running.delete(server);
    server.child.kill("SIGTERM");
    const timeout = setTimeout(() => server.child.kill("SIGKILL"), 15_000);
    await server.exited;
    clearTimeout(timeout);
  }

  async stopAll() {
    clearInterval(this.emptying);
    await Promise.all([...this.running].map((server) => this.stop(server)));
  }

  /** Ends all servers without waiting for them. */
  killAll() {
    for (const { child } of this.running) child.kill("SIGKILL");
  }

  /** Servers append to their logs, so a log that was cut begins anew. */
  emptyLogs() {
    for (const { log } of this.running) {
      if (statSync(log).size > MAX_LOG_BYTES) truncateSync(log);
    }
  }
}

// The fastest of its classes here: the default one closes the connection after each response.
const GUNICORN = ["--worker-class=gthread", "--threads=4"];

// Nothing of this process's environment, and no `.env` in the folder: RUST_LOG has its default.
const tillEnvironment = (folder) => ({ PATH: process.env.PATH, DATA_DIR: folder });

async function untilReady(server, path) {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    if (server.child.exitCode !== null || server.child.pid === undefined) {
      const log = existsSync(server.log) ? readFileSync(server.log, "utf8").slice(-2000) : "";
      throw new Error(`${server.name} has exited:\n${log}`);
    }
    const response = await request(server, path).catch(() => undefined);
    if (response?.status === 200) return;
    await new Promise((done) => setTimeout(done, 1));
  }
  throw new Error(`${server.name} was not ready within 20 seconds.`);
}

/** One request on a connection of its own: status, headers and body. */
export function request(server, path, { method = "GET", headers = {}, body } = {}) {
  return new Promise((answered, failed) => {
    const sent = http.request({
      agent: false,
      headers,
      host: "127.0.0.1",
      method,
      path,
      port: server.port,
      timeout: 10_000,
    });
    sent.on("response", (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        const { statusCode: status, headers } = response;
        answered({ status, headers, body: Buffer.concat(chunks) });
      });
      response.on("error", failed);
    });
    sent.on("timeout", () => {
      sent.destroy(new Error(`${server.name} did not answer ${path} within 10 seconds.`));
    });
    sent.on("error", failed);
    sent.end(body);
  });
}

/** The response to a request that must succeed. */
export async function page(server, path, headers = {}) {
  const response = await request(server, path, { headers });
  if (response.status !== 200) {
    throw new Error(`${server.name} answers ${path} with ${response.status}.`);
  }
  return response;
}

function freePort() {
  return new Promise((found) => {
    const listener = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = listener.address();
      listener.close(() => found(port));
    });
  });
}

function installDjango() {
  const requirements = join(peers, "django/requirements.txt");
  const installed = join(venv, "installed-requirements.txt");
  const wanted = readFileSync(requirements, "utf8");
  if (existsSync(installed) && readFileSync(installed, "utf8") === wanted) return;
  console.log(`installing Django into ${venv}`);
  const options = { stdio: ["ignore", "ignore", "inherit"] };
  try {
    execFileSync("python3", ["-m", "venv", "--clear", venv], options);
    const args = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    args.push("--require-hashes", "-r", requirements);
    execFileSync(join(venv, "bin/python"), args, options);
  } catch (error) {
    throw new Error(
      "Django could not be installed: it needs Python 3.11 or newer with venv (Debian: python3 "
        + "and python3-venv), and a connection to PyPI.",
      { cause: error },
    );
  }
  writeFileSync(installed, wanted);
}
