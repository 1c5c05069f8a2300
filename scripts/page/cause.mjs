// Looks at the page of an exporter whose every question fails for one cause: cause.mjs TOOLS URL TEXT. The cause must be
// seen without scrolling on a small phone, in light and in dark. A failure is printed, and is the exit status.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [tools, url, text] = process.argv.slice(2);
const { chromium } = createRequire(join(resolve(tools), "x.js"))("playwright-core");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  for (const colorScheme of ["light", "dark"]) {
    const page = await browser.newPage({ viewport: { width: 360, height: 640 }, colorScheme });
    await page.goto(url);
    const cause = page.locator("#causes .box").first(), box = await cause.boundingBox();
    assert.ok((await cause.innerText()).includes(text), await cause.innerText());
    assert.ok(box.y >= 0 && box.y + box.height <= 640, `the cause ends at ${box.y + box.height} of 640 px`);
  }
} finally {
  await browser.close();
}
