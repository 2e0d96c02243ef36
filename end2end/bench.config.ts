// `npm run bench`: Lighthouse on the release build, with nothing else running.
import { defineConfig } from "@playwright/test";
import config from "./playwright.config";

const servers = config.webServer as { command: string }[];

export default defineConfig({
  ...config,
  testDir: "bench",
  reporter: "list",
  webServer: servers.slice(0, 1),
});
