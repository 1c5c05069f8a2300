// Drives the status page in Chromium as people do: check.mjs TOOLS URL [PICTURES]. TOOLS has node_modules, URL is the
// demo's, after a scrape. Writes pictures into the folder PICTURES. A failure is printed, and is the exit status.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mkdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";

const [tools, url, pictures] = process.argv.slice(2);
const require = createRequire(join(resolve(tools), "x.js"));
const { chromium } = require("playwright-core");
const axe = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const failures = [];

// check runs one check in a browser of its own. Whatever the console says fails it, violations of the policy included.
async function check(name, options, run) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const said = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  try {
    await page.goto(url, { waitUntil: "load" });
    await run(page, context, said);
    assert.deepEqual(said, [], "the console says");
    console.log("ok   " + name);
  } catch (error) {
    failures.push(name);
    console.log("FAIL " + name + "\n" + error.stack);
  }
  await context.close();
}

const row = (page, cname) => page.locator("tbody tr", { has: page.getByRole("link", { name: cname, exact: true }) });
const names = (page) => page.locator("tbody th a").allTextContents();
const squeezed = (text) => text.replace(/\s+/g, " ");
const has = (text, part) => assert.ok(squeezed(text).includes(squeezed(part)), `no ${part} in ${text}`);
const path = (page) => new URL(page.url()).pathname + new URL(page.url()).search;

// patience is how long a page has to become what it should be, in milliseconds.
const patience = 120_000;

// accessible asks axe, which must run outside the page's own policy.
async function accessible(page, what) {
  const result = await page.evaluate(async (source) => {
    (0, eval)(source);
    return (await window.axe.run(document, { resultTypes: ["violations"] })).violations;
  }, axe);
  const bad = result.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).slice(0, 3).join(" | ")}`);
  assert.deepEqual(bad, [], `axe on ${what}`);
}

await check("every state", {}, async (page) => {
  const want = {
    "plenty.example.com": ["ok", "awaiting_dns", "publish the token as the TXT record", "_dnsauth.plenty.example.com.  TXT"],
    "hours.example.com": ["critical", "ready_to_bind", "bind the domain before the token expires"],
    "never.example.com": ["warning", "token_missing", "create a token"],
    "*.wildcard.example.com": ["ok", "awaiting_dns", "_dnsauth.wildcard.example.com."],
    "bound.example.com": ["ok", "bound", "certificate"],
    "disabled.example.com": ["critical", "disabled", "its visitors get errors"],
    "blocked.example.com": ["critical", "Blocked"],
    "dangling.example.com": ["critical", "no bucket serves the domain", "bind the domain to the bucket"],
    "elsewhere.example.com": ["warning", "wrong_endpoint"],
    "denied.example.com": ["warning", "access_denied"],
    "rubbish.example.com": ["warning", "bad_response"],
  };
  for (const [cname, texts] of Object.entries(want)) {
    const text = await row(page, cname).innerText();
    for (const part of texts) has(text, part);
  }
  assert.match(await page.title(), /^\(\d+\) OSS CNAME$/);
  for (let i = 0; i < 300 && !(await page.locator("#found").innerText()).includes("forgotten.example.com"); i++) { // it is looked for in the background
    await page.waitForTimeout(100);
    await page.reload();
  }
  has(await page.locator("#found").innerText(), "forgotten.example.com");
});

await check("the most urgent first", {}, async (page) => {
  const order = (await page.locator("tbody .tag").allTextContents()).map((s) => ["critical", "warning", "unknown", "ok"].indexOf(s));
  assert.deepEqual(order, [...order].sort(), "severities in order");
});

await check("counts, filters, search, sort", {}, async (page) => {
  await page.getByRole("link", { name: /\d+ critical/ }).click();
  assert.equal(path(page), "/?severity=critical");
  assert.deepEqual([...new Set(await page.locator("tbody .tag").allTextContents())], ["critical"]);
  await page.getByRole("link", { name: /\d+ domains/ }).click();
  await row(page, "bound.example.com").waitFor();
  assert.equal(await page.locator("select[name=state]").isVisible(), false);
  await page.getByText("Filter, sort, group").click();
  await page.locator("select[name=state]").selectOption("bound");
  await page.getByRole("button", { name: "Show" }).click();
  assert.ok((await names(page)).includes("bound.example.com") && !(await names(page)).includes("plenty.example.com"));
  await page.goto(url);
  await page.keyboard.press("/");
  await page.keyboard.type("MEDIA");
  await page.keyboard.press("Enter");
  await page.waitForURL(/q=MEDIA/);
  assert.ok((await names(page)).includes("slow.example.com") && !(await names(page)).includes("plenty.example.com"));
  await page.goto(url + "?label=team%3Dweb");
  assert.ok((await names(page)).includes("plenty.example.com") && !(await names(page)).includes("slow.example.com"));
  await page.goto(url);
  await page.getByRole("columnheader").getByRole("link", { name: "Domain" }).click();
  const sorted = await names(page);
  assert.deepEqual(sorted.map((n) => n.replace("*.", "")), sorted.map((n) => n.replace("*.", "")).sort());
  await page.getByRole("columnheader").getByRole("link", { name: "Domain" }).click();
  assert.deepEqual(await names(page), sorted.reverse());
  await page.goto(url + "?q=nonsense");
  await page.getByRole("link", { name: "Show all" }).click();
  await row(page, "bound.example.com").waitFor();
  await page.getByText("Filter, sort, group").click();
  await page.locator("select[name=group]").selectOption("team");
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForURL(/group=team/);
  const groups = (await page.locator("tbody tr.group").allInnerTexts()).map(squeezed);
  assert.match(groups.join("; "), /critical team: web .*critical, .*of \d+ domains; .*team: media/);
  await page.getByRole("link", { name: "team: media" }).click();
  await page.waitForURL(/label=team/);
  assert.ok((await names(page)).includes("slow.example.com") && !(await names(page)).includes("plenty.example.com"));
  await page.goto(url);
  assert.ok((await names(page)).length > 10);
});

await check("the page of a domain", {}, async (page) => {
  await page.getByRole("link", { name: "plenty.example.com", exact: true }).click();
  const text = await page.locator("main").innerText();
  for (const part of ["_dnsauth.plenty.example.com.  TXT", "there is no TXT record of that name", "plenty.example.com.  CNAME  demo-bucket.cn-hangzhou.taihangcda.cn.", "demo-bucket.oss-cn-hangzhou.aliyuncs.com.", "not bound to the bucket", "oss_cname_token_expires_in_seconds{"]) {
    has(text, part);
  }
  await page.goto(url + "domains/demo-bucket/hours.example.com");
  await page.getByRole("link", { name: "runbook of OSSCnameTokenExpiresSoon" }).click();
  assert.equal(await page.locator("h1").innerText(), "OSSCnameTokenExpiresSoon");
  has(await page.locator("pre").first().innerText(), "ossutil api get-cname-token --bucket demo-bucket --cname hours.example.com dig +short TXT _dnsauth.hours.example.com");
  assert.equal(await page.getByRole("button", { name: /^copy ossutil/ }).count(), 1);
  await page.getByRole("link", { name: "All runbooks" }).click();
  await page.getByRole("link", { name: "OSSCnameReadyToBind" }).click();
  await page.getByLabel("Bucket").fill("demo-bucket");
  await page.getByLabel("Domain").fill("hours.example.com");
  await page.getByRole("button", { name: "Fill in" }).click();
  await page.getByRole("link", { name: "hours.example.com" }).click();
  assert.equal(squeezed(await page.locator("h1").innerText()), "hours.example.com critical");
  await page.getByRole("link", { name: "Ask now" }).click();
  assert.ok((await page.locator("body").innerText()).includes("What happened"));
  await page.goBack();
  await page.getByRole("link", { name: "As JSON" }).click();
  assert.ok((await page.locator("body").innerText()).includes('"cname":"hours.example.com"'));
});

await check("what is not there leads back", {}, async (page, _, said) => {
  for (const at of ["nothing", "domains/demo-bucket/other.example.com", "runbooks/Nothing", "?sort=nothing"]) {
    const response = await page.goto(url + at);
    assert.ok(response.status() >= 400);
    await page.locator("main").getByRole("link", { name: "All domains" }).click();
    await row(page, "bound.example.com").waitFor();
  }
  said.length = 0; // the browser itself says that a request got 404
});

await check("copying", { permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
  const button = row(page, "plenty.example.com").getByRole("button", { name: /^copy/ });
  await button.click();
  await page.waitForFunction(() => document.getElementById("live").textContent.startsWith("Copied"));
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^_dnsauth\.plenty\.example\.com\. {2}TXT {2}"[^"]+"$/);
});

await check("refresh keeps place, focus and selection, and can be switched off", {}, async (page, context) => {
  await page.clock.install();
  await page.goto(url + "?refresh=10");
  await page.getByRole("link", { name: "plenty.example.com", exact: true }).focus();
  await page.evaluate(() => scrollTo(0, 400));
  const before = await page.locator("#time small").innerText();
  await page.waitForTimeout(0);
  for (const end = Date.now() + patience; Date.now() < end && ((await page.locator("#time small").innerText()) === before);) await page.clock.runFor(10_000);
  assert.notEqual(await page.locator("#time small").innerText(), before, "it refreshes");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "plenty.example.com");
  assert.ok(await page.evaluate(() => scrollY > 300), "it stays in its place");
  const same = await page.locator("#time small").innerText();
  await page.evaluate(() => getSelection().selectAllChildren(document.querySelector("tbody th")));
  await page.clock.runFor(30_000);
  assert.equal(await page.locator("#time small").innerText(), same, "a selection is left alone");
  assert.ok((await page.evaluate(() => String(getSelection()))).length > 0);
  await page.evaluate(() => getSelection().removeAllRanges());
  await page.getByRole("link", { name: "switch off" }).click();
  await page.waitForURL(/refresh=off/);
  let asked = 0;
  page.on("request", () => asked++);
  await page.clock.runFor(600_000);
  assert.equal(asked, 0, "nothing is fetched");
  await page.getByRole("link", { name: /refresh every/ }).click();
  assert.ok(!page.url().includes("off"));
  const plain = await (await context.browser().newContext({ javaScriptEnabled: false })).newPage();
  await plain.goto(url);
  assert.equal(await plain.locator('meta[http-equiv="refresh"]').count(), 1, "it refreshes without JavaScript too");
  assert.equal(await plain.locator("button.copy").count(), 0);
  await plain.getByRole("link", { name: /\d+ critical/ }).click();
  assert.deepEqual([...new Set(await plain.locator("tbody .tag").allTextContents())], ["critical"]);
  await plain.context().close();
});

await check("the order changes, the focus stays with its domain", {}, async (page) => {
  await page.clock.install();
  await page.goto(url + "?refresh=10");
  await page.route("**/*", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace(/(<tbody[^>]*>)([^]*)(<\/tbody>)/, (all, open, rows, close) => open + rows.split(/(?=<tr )/).reverse().join("") + close) });
  });
  const order = await names(page);
  await page.getByRole("link", { name: "plenty.example.com", exact: true }).focus();
  for (const end = Date.now() + patience; Date.now() < end && ((await names(page)).join() === order.join());) await page.clock.runFor(10_000);
  assert.notDeepEqual(await names(page), order, "the order has changed");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "plenty.example.com");
  await page.unrouteAll({ behavior: "ignoreErrors" });
});

await check("a dead exporter", { viewport: { width: 360, height: 740 } }, async (page, _, said) => {
  await page.clock.install();
  await page.goto(url + "?refresh=10");
  const title = await page.title(), asked = await row(page, "plenty.example.com").locator(".asked time").textContent();
  assert.equal(await page.locator("#banner").isVisible(), false);
  await page.route("**/*", (route) => route.fulfill({ status: 502, body: "bad gateway" }));
  for (const end = Date.now() + patience; Date.now() < end && (!(await page.locator("#banner").isVisible()));) await page.clock.runFor(10_000);
  has(await page.locator("#banner").innerText(), "status 502");
  assert.match(await page.locator("#banner").innerText(), /Last answer: .* ago \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
  assert.equal(await page.title(), "(?) " + title);
  await page.clock.runFor(300_000);
  assert.notEqual(await row(page, "plenty.example.com").locator(".asked time").textContent(), asked, "the times go on counting");
  await page.unroute("**/*");
  for (const end = Date.now() + patience; Date.now() < end && ((await page.locator("#banner").isVisible()));) await page.clock.runFor(10_000);
  assert.equal(await page.locator("#banner").isVisible(), false, "the banner goes");
  said.length = 0; // the browser itself says that a request got 502
});

await check("keyboard only", {}, async (page) => {
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  const seen = new Set();
  for (let i = 0; i < 150; i++) {
    await page.keyboard.press("Tab");
    const it = await page.evaluate(() => ({ what: document.activeElement.textContent.trim() || document.activeElement.name, ring: getComputedStyle(document.activeElement).outlineStyle }));
    if (it.what === "" || seen.has("switch off")) break;
    assert.notEqual(it.ring, "none", `${it.what} shows its focus`);
    seen.add(it.what);
    if (it.what === "plenty.example.com") {
      await page.keyboard.press("Enter");
      await page.waitForURL(/domains/);
      assert.ok((await page.locator("h1").innerText()).includes("plenty.example.com"));
      return;
    }
  }
  assert.fail("the keyboard does not get to a domain: " + [...seen].join(", "));
});

// Every page, at every width: no finding of axe, nothing to scroll sideways, and no name in two lines.
const looks = ["", "?severity=critical", "?group=team", "?q=nonsense", "nothing", "domains/demo-bucket/hours.example.com", "domains/demo-bucket/dangling.example.com", "runbooks/", "runbooks/OSSCnameTokenExpiresSoon?target=demo-bucket/hours.example.com", "runbooks/OSSCnameProbeFailing"];
for (const colorScheme of ["light", "dark"]) {
  for (const width of [360, 768, 1024, 1280, 1440]) {
    await check(`${colorScheme}, ${width} px`, { bypassCSP: true, colorScheme, viewport: { width, height: 900 } }, async (page, _, said) => {
      for (const at of looks) {
        await page.goto(url + at);
        if (width === 360 || width === 1440) await accessible(page, at || "/");
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${at}: it is wider than the screen`);
        const broken = await page.locator("tbody th[scope=row] a").evaluateAll((all) => all.filter((e) => {
          const lines = new Set([...e.getClientRects()].map((r) => Math.round(r.top)));
          return lines.size > 1;
        }).map((e) => e.textContent));
        assert.deepEqual(broken, [], `${at}: names in two lines`);
        assert.equal(await page.locator("h1").count(), 1);
      }
      said.length = 0; // the browser itself says that a page is not there
    });
  }
}

await check("dark", { colorScheme: "dark" }, async (page) => {
  const [background, text] = await page.evaluate(() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color].map((c) => Number(c.match(/\d+/)[0])));
  assert.ok(background < 60 && text > 200);
});

await check("up to 1,100 px a row is a card", { viewport: { width: 1000, height: 800 } }, async (page) => {
  assert.equal(await row(page, "plenty.example.com").evaluate((e) => getComputedStyle(e).display), "flex");
});

await check("local time beside UTC", { timezoneId: "Asia/Shanghai" }, async (page, context) => {
  const asked = row(page, "plenty.example.com").locator(".asked");
  assert.match(squeezed(await asked.innerText()), /(ago|just now) \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \d{4}-\d\d-\d\d \d\d:\d\d:\d\d (GMT\+8|CST)$/);
});

await check("print", {}, async (page) => {
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator("form").isVisible(), false);
  assert.equal(await page.locator("button.copy").first().isVisible(), false);
  assert.equal(await row(page, "plenty.example.com").isVisible(), true);
  const pdf = await page.pdf({ format: "A4" });
  assert.ok(pdf.length > 10_000);
  for (const at of ["", "domains/demo-bucket/hours.example.com", "runbooks/OSSCnameTokenExpiresSoon"]) {
    await page.goto(url + at);
    const larger = await page.locator("small, code, td, dd, li").evaluateAll((all) => all.filter((e) => parseFloat(getComputedStyle(e).fontSize) > parseFloat(getComputedStyle(document.body).fontSize)).map((e) => e.outerHTML));
    assert.deepEqual(larger, [], `${at}: larger than the text`);
  }
});

if (pictures) {
  await mkdir(pictures, { recursive: true });
  for (const [name, at, options] of [
    ["page-light", "?refresh=off", { viewport: { width: 1280, height: 1000 } }],
    ["page-dark", "domains/demo-bucket/minutes.example.com?refresh=off", { viewport: { width: 1100, height: 900 }, colorScheme: "dark" }],
    ["page-phone", "?refresh=off", { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
  ]) {
    await check("picture " + name, options, async (page) => {
      await page.goto(url + at);
      await page.screenshot({ path: join(pictures, name + ".png") });
    });
  }
}

await browser.close();
console.log(failures.length ? `${failures.length} failed: ${failures.join("; ")}` : "all well");
process.exitCode = failures.length ? 1 : 0;
